#!/usr/bin/env python3
"""Writes docs/model-card.md from the JSON files that `reelmend-train … --evaluate` made (setting evaluate_json), and
resources/models/lite.json, the request that made the weights, with its footage by hash.

    model_card.py --evaluation a.json b.json --packs pack1.safetensors pack2.safetensors --settings r.json … \
        --steps 10500 … --speed speed.json --root .

Several settings with as many numbers of steps are stages one after another.
"""
import argparse, hashlib, json, math, os, re, struct

TASKS = [("x2.18", "upscale x2, crf 18", "Lanczos", 0.6, -33), ("x2.28", "upscale x2, crf 28", "Lanczos", 0.28, -28),
         ("x4.18", "upscale x4, crf 18", "Lanczos", 0.5, -47), ("x4.28", "upscale x4, crf 28", "Lanczos", 0.22, -46),
         ("restore.20", "restore, sigma 15 + crf 20", "best of input, hqdn3d, nlmeans", 1.8, -35),
         ("restore.34", "restore, sigma 15 + crf 34", "best of input, hqdn3d, nlmeans", 0.3, -14),
         ("inpaint", "inpaint, in the hole", "classical fill", 0.5, -10),
         ("repair", "repair", "best of input, temporal median", 1.5, -25),
         ("repair-unseen", "repair, artifacts never trained on", "best of input, temporal median", 1.5, -25),
         ("harmonise", "harmonise, in the object", "input", 2.0, None),
         ("harmonise-transfer", "harmonise, in the object", "colour transfer", 1.0, None)]


def header(path):
    with open(path, "rb") as file:
        return json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))


def mean(rows, when, score):
    return sum(r[when][score] for r in rows) / len(rows)


def change(rows, score):
    return 100 * (mean(rows, "after", score) / mean(rows, "before", score) - 1)


def table(rows, detail):
    lines = ["| task | against | PSNR | LPIPS | GMSD | flicker | asked for |", "|---|---|---|---|---|---|---|"]
    for damage, name, against, gain, lpips in TASKS:
        of = [r for r in rows if r["damage"] == damage and abs(r["detail"] - detail) < 1e-6]
        if not of:
            continue
        better = mean(of, "after", "psnr") - mean(of, "before", "psnr")
        asked = f"{gain:+.2f} dB" + (f", {lpips} %" if lpips is not None else "")
        met = better >= gain and (lpips is None or change(of, "lpips") <= lpips) and change(
            of, "gmsd") <= 0 and change(of, "flicker") <= 0
        lines.append(f"| {name} | {against}: {mean(of, 'before', 'psnr'):.2f} dB | {better:+.2f} dB | "
                     f"{change(of, 'lpips'):+.0f} % | {change(of, 'gmsd'):+.0f} % | {change(of, 'flicker'):+.0f} % | "
                     f"{asked}: {'met' if met else 'missed'} |")
    return lines


def clips(rows, detail):
    names = sorted({r["clip"] for r in rows})
    lines = ["| clip | " + " | ".join(t[0] for t in TASKS) + " |", "|---|" + "---|" * len(TASKS)]
    for name in names:
        cells = []
        for damage, *_ in TASKS:
            of = [r for r in rows if r["clip"] == name and r["damage"] == damage and abs(r["detail"] - detail) < 1e-6]
            cells.append(f"{of[0]['after']['psnr'] - of[0]['before']['psnr']:+.2f}, "
                         f"{100 * (of[0]['after']['lpips'] / max(of[0]['before']['lpips'], 1e-6) - 1):+.0f} %" if of else "")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def ablation(trainings):
    """What trainings that differ in one thing came to, at detail 50 %; with time and memory where those were measured."""
    columns = [t for t in TASKS if all(t[0] in e["scores"] for e in trainings) and not t[0].startswith("repair")]
    more = [(name, key, text) for name, key, text in (
        ("seconds of a step", "seconds", lambda v: f"{v:.2f}"), ("peak of a step", "bytes", lambda v: f"{v / 1e6:,.0f} MB"))
        if any(key in e for e in trainings)]
    lines = ["| training | " + " | ".join([t[0] for t in columns] + [m[0] for m in more]) + " |",
             "|---|" + "---|" * (len(columns) + len(more))]
    for e in trainings:
        cells = ["%+.2f dB, %+.0f %%" % tuple(e["scores"][t[0]]) for t in columns] + [
            text(e[key]) if key in e else "" for _, key, text in more]
        lines.append(f"| {e['name']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def request(options, digest):
    """resources/models/lite.json: the settings of every stage, and all footage by hash."""
    stages = []
    for path, steps in zip(options.settings, options.steps, strict=True):
        settings = json.load(open(path))
        for key in ("pack", "held_out", "lpips", "threads", "evaluate_json", "evaluate_details", "evaluate_frames",
                    "device", "data_threads"):
            settings.pop(key, None)
        settings.get("adapter", {}).pop("base", None)  # the weights of the stage before
        stages.append({"steps": steps, "settings": settings})
    footage = {e["sha256"]: {"name": e["name"], "frames": e["frames"], "sha256": e["sha256"]} for path in options.packs
               for e in json.loads(header(path)["__metadata__"]["segments"])}
    if options.earlier:
        earlier = json.load(open(options.earlier))
        stages = earlier.get("stages", [{k: earlier[k] for k in ("steps", "settings") if k in earlier}]) + stages
        footage = {e["sha256"]: e for e in earlier["footage"]} | footage
    json.dump({"weights": "lite.safetensors", "sha256": digest, "stages": stages,
               "made_with": ["tools/train/pack_clips.py", "tools/train/pack_fills.py", "reelmend-train"],
               "footage": list(footage.values())},
              open(os.path.join(options.root, "resources/models/lite.json"), "w"), indent=1)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--evaluation", nargs="+", required=True)
    options.add_argument("--packs", nargs="+", required=True)
    options.add_argument("--settings", nargs="+", required=True)
    options.add_argument("--steps", nargs="+", type=int, required=True)
    options.add_argument("--earlier", help="lite.json of the weights that the run began from")
    options.add_argument("--speed", help="JSON: list of {what, fps, seconds, peakBytes}")
    options.add_argument("--root", default=".")
    options = options.parse_args()
    rows = [r for path in options.evaluation for r in json.load(open(path))]
    weights = os.path.join(options.root, "resources/models/lite.safetensors")
    digest = hashlib.sha256(open(weights, "rb").read()).hexdigest()
    request(options, digest)
    lines = open(os.path.join(options.root, "tools/train/model_card.in.md")).read().split("@TABLES@")
    stored = {name: entry["shape"] for name, entry in header(weights).items() if name.startswith("adapter.")}
    top = lines[0].rstrip().replace("@SHA@", digest[:16])
    top = top.replace("@ADAPTERS@", f"{sum(map(math.prod, stored.values())) / 1e6:.2f}")
    text = [top.replace("@MEGABYTES@", f"{os.path.getsize(weights) / 1e6:.1f}"), ""]
    for detail, title in ((0.5, "Detail 50 %, the default"), (0.0, "Detail 0 %, most faithful"), (1.0, "Detail 100 %, crispest")):
        if not any(abs(r["detail"] - detail) < 1e-6 for r in rows):
            continue
        text += [f"### {title}", "", *table(rows, detail), ""]
    text += ["### Every clip at detail 50 %", "", "PSNR gain in dB and change of LPIPS against the row's baseline.", "",
             *clips(rows, 0.5), ""]
    if options.speed:
        text += ["## Speed", "", "| what | frames per second | peak memory |", "|---|---|---|"]
        text += [f"| {s['what']} | {s['fps']:.2f} | {s['peakBytes'] / 1e9:.2f} GB |" for s in json.load(open(options.speed))]
        text += [""]
    rest = lines[1].strip()
    ablations = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ablations.json")
    for name, trainings in json.load(open(ablations)).items():
        rest = rest.replace(f"@ABLATION {name}@", ablation(trainings))
    if left := re.search(r"@[A-Z][A-Z a-z0-9]*@", rest):
        raise SystemExit(f"model_card.in.md has no text for {left.group()}")
    text += [rest, ""]
    open(os.path.join(options.root, "docs/model-card.md"), "w").write("\n".join(text))


if __name__ == "__main__":
    main()
