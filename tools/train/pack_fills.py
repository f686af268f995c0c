#!/usr/bin/env python3
"""Packs footage with holes that the program's own flow-guided fill has filled, for `reelmend-train`.

Object masks of one sequence, or drawn shapes that move, are laid over another sequence whose background is known.
Tensors as in pack_clips.py, and `<variant>.mask`, `<variant>.trust` u8 [T,H,W] (255 = hole; 255 = footage was found).

Needs the packs of pack_clips.py, build/dev/app/reelmend-fill, numpy, pillow and safetensors.
"""
import argparse, hashlib, json, os, random, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from PIL import Image, ImageDraw
from safetensors import safe_open
from safetensors.numpy import save_file


def drawn(rng, frames, height, width):
    """A few blobs, boxes and strokes on straight, slightly uneven paths."""
    out = np.zeros((frames, height, width), np.uint8)
    for _ in range(rng.randint(1, 3)):
        kind, size = rng.choice(["ellipse", "rectangle", "line"]), rng.uniform(0.05, 0.2) * height
        x, y = rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.9) * height
        angle, speed = rng.uniform(0, 6.28), rng.choice([0, 0.7, 2, 4, 7])
        ratio = rng.uniform(0.5, 2)
        for t in range(frames):
            picture = Image.fromarray(out[t])
            draw = ImageDraw.Draw(picture)
            cx = x + np.cos(angle) * speed * t + rng.gauss(0, 0.4)
            cy = y + np.sin(angle) * speed * t * 0.6 + rng.gauss(0, 0.4)
            if kind == "line":
                draw.line([cx - size * 1.5, cy - size * ratio, cx + size * 1.5, cy + size * ratio], fill=255,
                          width=int(3 + size / 4))
            else:
                getattr(draw, kind)([cx - size, cy - size * ratio, cx + size, cy + size * ratio], fill=255)
            out[t] = np.asarray(picture)
    return out


def fill(tool, clean, mask):
    t, h, w, _ = clean.shape
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        names = [os.path.join(folder, n) for n in ("frames", "masks", "filled", "seen")]
        clean.tofile(names[0]), mask.tofile(names[1])
        subprocess.run([tool, names[0], names[1], str(t), str(h), str(w), names[2], names[3]], check=True)
        return (np.fromfile(names[2], np.uint8).reshape(t, h, w, 3), np.fromfile(names[3], np.uint8).reshape(t, h, w))


def segments_of(paths):
    """The segments of several packs, each with the pack that it lies in."""
    found = []
    for path in paths:
        with safe_open(path, "np") as pack:
            found += [s | {"pack": path} for s in json.loads(pack.metadata()["segments"])]
    return found


def tensor(segment, part):
    with safe_open(segment["pack"], "np") as pack:
        return pack.get_tensor(f"{segment['key']}.{part}")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pack", required=True, nargs="+")
    options.add_argument("--tool", default="build/dev/app/reelmend-fill")
    options.add_argument("--count", type=int, default=80)
    options.add_argument("--seed", type=int, default=5)
    options.add_argument("--stills", type=float, default=0.25, help="share drawn from all footage, camera moves included")
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("--mattes", nargs="+", help="packs whose object masks are laid over the footage; default: the same")
    options.add_argument("--all", action="store_true", help="every segment once, in order, with an object mask")
    options.add_argument("--out", required=True)
    options = options.parse_args()
    rng, tensors, entries = random.Random(options.seed), {}, []
    segments = segments_of(options.pack)
    masked = [s for s in (segments_of(options.mattes) if options.mattes else segments) if s["mask"]]
    real = [s for s in segments if not s["name"].startswith("still")]
    jobs = []
    for i in range(len(segments) if options.all else options.count):
        s = segments[i] if options.all else rng.choice(segments if rng.random() < options.stills else real)
        clean = tensor(s, "clean")
        t, h, w, _ = clean.shape
        if options.all or rng.random() < 0.6:
            other = rng.choice([m for m in masked if m["name"] != s["name"]])
            matte = tensor(other, "mask") > 127
            matte = np.stack([np.asarray(Image.fromarray(m).resize((w, h))) for m in matte])
            index = np.minimum(np.arange(t), len(matte) - 1)
            dx, dy = rng.randint(-w // 4, w // 4), rng.randint(-h // 4, h // 4)
            mask = np.roll(matte[index], (dy, dx), (1, 2)).astype(np.uint8) * 255
            share = (mask > 0).mean()
            if not 0.01 < share < 0.25:
                mask = drawn(rng, t, h, w)
        else:
            mask = drawn(rng, t, h, w)
        jobs.append((s, clean, mask))
    with ThreadPoolExecutor(options.jobs) as pool:
        results = pool.map(lambda job: fill(options.tool, job[1], job[2]), jobs)
        for (s, clean, mask), (filled, seen) in zip(jobs, results):
            t, h, w, _ = clean.shape
            key = f"s{len(entries):03d}"
            tensors[f"{key}.clean"] = clean
            tensors[f"{key}.inpaint"], tensors[f"{key}.inpaint.mask"], tensors[f"{key}.inpaint.trust"] = filled, mask, seen
            entries.append({"key": key, "name": s["name"], "frames": t, "height": h, "width": w, "mask": False,
                            "sha256": hashlib.sha256(clean.tobytes()).hexdigest(),
                            "variants": [{"key": f"{key}.inpaint", "kind": "inpaint", "scale": 1, "sigma": 0, "crf": 0}]})
            hole = mask > 0
            error = ((filled[hole].astype(float) - clean[hole]) ** 2).mean() if hole.any() else 1
            print(f"{s['name']}: {hole.mean():.3f} hole, {(seen[hole] > 0).mean():.2f} seen, "
                  f"{10 * np.log10(65025 / error):.2f} dB", file=sys.stderr, flush=True)
    save_file(tensors, options.out + ".part", metadata={"format": "reelmend-pack-1", "segments": json.dumps(entries)})
    os.replace(options.out + ".part", options.out)


if __name__ == "__main__":
    main()
