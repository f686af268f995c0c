#!/usr/bin/env python3
"""Adds trainings that differ in one thing to tools/train/ablations.json, from which model_card.py makes its tables.

    ablation.py GROUP --detail 0.5 "everything=eval.json,RUN/steps.jsonl[,PEAK_BYTES[,QUIET/steps.jsonl]]" "without skips=…" …

The first file is what `reelmend-train … --evaluate` wrote (setting evaluate_json). A group is replaced as a whole. Per
training: mean gain of PSNR in dB and change of LPIPS in % over the clips, for every damage; the median of the steps'
seconds where their record is given, or that of a few steps on a quiet machine; the peak of a step's memory where that was
measured.
"""
import argparse, gzip, json, os, statistics

PLACE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ablations.json")


def scores(path, detail):
    rows, out = [r for r in json.load(open(path)) if abs(r["detail"] - detail) < 1e-6], {}
    for damage in dict.fromkeys(r["damage"] for r in rows):
        of = [r for r in rows if r["damage"] == damage]
        lpips = [sum(r[when]["lpips"] for r in of) for when in ("before", "after")]
        out[damage] = [round(sum(r["after"]["psnr"] - r["before"]["psnr"] for r in of) / len(of), 3),
                       round(100 * (lpips[1] / lpips[0] - 1), 1)]
    return out


def seconds_of(path):
    lines = (gzip.open if path.endswith(".gz") else open)(path, "rt")
    return [json.loads(line)["seconds"] for line in lines]


def median_of(seconds):
    return round(statistics.median(seconds[len(seconds) // 10 + 1:]), 4)


def training(text, detail):
    name, files = text.split("=", 1)
    evaluation, *rest = files.split(",")
    entry = {"name": name, "scores": scores(evaluation, detail)}
    if rest and rest[0]:
        seconds = seconds_of(rest[0])
        entry |= {"steps": len(seconds), "seconds": median_of(seconds_of(rest[2]) if len(rest) > 2 else seconds)}
    if len(rest) > 1 and rest[1]:
        entry["bytes"] = int(rest[1])
    return entry


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("group")
    options.add_argument("trainings", nargs="+")
    options.add_argument("--detail", type=float, default=0.5)
    options = options.parse_args()
    groups = json.load(open(PLACE)) if os.path.exists(PLACE) else {}
    groups[options.group] = [training(t, options.detail) for t in options.trainings]
    json.dump(groups, open(PLACE, "w"), indent=1)


if __name__ == "__main__":
    main()
