#!/usr/bin/env python3
"""Packs footage into one safetensors file that `reelmend-cli finetune` trains on without FFmpeg.

Every segment is a short run of clean frames (reduced, so that the source's own compression is mostly gone) and
variants of it that a codec has degraded. Degradations that need no codec are made by the trainer on the fly.

With --jobs, OUT is a folder of such files: name them all as `pack` of a run.

Tensors: `<segment>.clean` u8 [T,H,W,3], `<segment>.<variant>` u8 [T,h,w,3], `<segment>.mask` u8 [T,H,W] where the
footage has object masks. Metadata `segments`: JSON, see segment_entry().

Needs ffmpeg (with libx264), numpy, pillow and safetensors; never needed to build or run the program.
"""
import argparse, functools, glob, hashlib, json, multiprocessing, os, random, subprocess, tempfile
import numpy as np
from PIL import Image
from safetensors.numpy import save_file

# (file, reduction, first second, seconds between segments, segments, frames); the held-out clips of the model card
# (goat, dog, scooter-black, flutter_butterfly, solidWhiteRight, mdn_rabbit, bbb_720p, bbb_480p from 23.04 s) are absent.
CLIPS = [
    ("flutter_bee.mp4", 2, 0.2, 1.1, 3, 13), ("flutter_bee.mp4", 3, 0.6, 1.1, 3, 13),
    ("mdn_flower.mp4", 2, 0.2, 1.2, 4, 13), ("mdn_flower.mp4", 3, 0.7, 1.4, 3, 13),
    ("mdn_friday_oldfilm.mp4", 3, 0.5, 2.5, 2, 13), ("mdn_bug.mp4", 2, 0.3, 1.3, 5, 13),
    ("mdn_stream_of_water.mp4", 2, 0.1, 0.9, 3, 13), ("mdn_crystal.mp4", 2, 0.3, 1.4, 8, 13),
    ("mdn_frog.mp4", 2, 0.2, 1.3, 6, 13), ("bbb_480p_30s.mp4", 2, 0.5, 1.1, 20, 13),
    ("bbb_480p_30s.mp4", 1.5, 1.2, 2.3, 9, 13), ("tears_of_steel_clip.webm", 2, 1.0, 1.7, 40, 13),
    ("udacity_vehicle_test.mp4", 2, 0.0, 0.7, 2, 13), ("udacity_vehicle_test.mp4", 3, 0.3, 0.6, 2, 13),
    ("intel_car_detection.mp4", 2, 1.0, 4.0, 4, 13), ("intel_person_bicycle_car.mp4", 2, 1.0, 4.0, 4, 13),
    ("BART_2021-02-07.m4v", 1.4, 1.0, 3.5, 5, 13), ("Dinky_2015-06-11.m4v", 1.4, 1.0, 3.0, 7, 13),
    ("PSR63_2012-06-02.mov", 1.4, 0.5, 3.0, 3, 13),
    ("fishes.wmv", 2, 0.5, 2.2, 5, 13), ("ladybug.wmv", 2, 0.5, 2.2, 5, 13),
]
HELD_OUT = [("flutter_butterfly.mp4", 2, 2.0), ("udacity_solidWhiteRight.mp4", 2, 3.0), ("mdn_rabbit.mp4", 2, 3.0),
            ("bbb_720p_5s.mp4", 2, 1.0), ("bbb_480p_30s.mp4", 2, 23.1)]
HELD_OUT_DAVIS = ["goat", "dog", "scooter-black"]
DAVIS = ["blackswan", "bmx-trees", "camel", "car-shadow", "drift-chicane", "drift-straight", "horsejump-high",
         "motocross-jump", "paragliding-launch"]


def run(args, data=None):
    done = subprocess.run(["ffmpeg", "-v", "error", "-nostdin" if data is None else "-y", *args], input=data,
                          stdout=subprocess.PIPE, check=True)
    return done.stdout


def decode(path, extra, width, height):
    raw = run([*extra, "-i", path, "-an", "-fps_mode", "passthrough", "-vf",
               f"scale={width}:{height}:flags=area+accurate_rnd+full_chroma_int,format=rgb24", "-f", "rawvideo", "-"])
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)


def encode_decode(frames, crf, scale, codec, preset):
    """What a codec leaves of the frames, reduced by `scale` beforehand (bicubic)."""
    t, h, w, _ = frames.shape
    ow, oh = w // scale, h // scale
    out = os.path.join(tempfile.gettempdir(), f"pack-{os.getpid()}.mkv")
    quality = ["-crf", str(crf), "-preset", preset] if codec == "libx264" else ["-q:v", str(crf)]
    run(["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{w}x{h}", "-r", "25", "-i", "-", "-vf",
         f"scale={ow}:{oh}:flags=bicubic+accurate_rnd+full_chroma_int,format=yuv420p", "-c:v", codec, *quality,
         "-threads", "1", out], frames.tobytes())
    back = decode(out, [], ow, oh)
    os.unlink(out)
    assert back.shape == (t, oh, ow, 3), (back.shape, t, oh, ow)
    return back


def probe_size(path):
    text = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height",
                           "-of", "csv=p=0", path], stdout=subprocess.PIPE, check=True).stdout.decode()
    return [int(v) for v in text.strip().split(",")[:2]]


def crop8(frames):
    h, w = frames.shape[1] // 8 * 8, frames.shape[2] // 8 * 8
    y, x = (frames.shape[1] - h) // 2, (frames.shape[2] - w) // 2
    return np.ascontiguousarray(frames[:, y:y + h, x:x + w])


def held_out(shared, length=13):
    for name, factor, first in HELD_OUT:
        yield name.split(".")[0], (clip_segment_whole, shared, name, factor, first, length)
    for name in HELD_OUT_DAVIS:
        yield f"davis-{name}-0", (davis_segment, shared, name, 0, length)


def clip_segment_whole(shared, name, factor, first, length):
    path = os.path.join(shared, "clips", name)
    w, h = (int(v / factor) // 2 * 2 for v in probe_size(path))
    return crop8(decode(path, ["-ss", f"{first:.3f}", "-t", "3"], w, h)[:length]), None


FILTERS = ["hqdn3d", "hqdn3d=8:6:12:9", "nlmeans=s=3", "nlmeans=s=6", "nlmeans=s=10"]


def filtered(frames, text):
    t, h, w, _ = frames.shape
    raw = run(["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{w}x{h}", "-r", "25", "-i", "-", "-vf",
               f"format=yuv420p,{text},scale=flags=accurate_rnd+full_chroma_int,format=rgb24", "-f", "rawvideo", "-"],
              frames.tobytes())
    return np.frombuffer(raw, np.uint8).reshape(t, h, w, 3)


def held_out_variants(clean, rng, full):
    for scale in (2, 4):
        for crf in (18, 28):
            yield f"x{scale}.{crf}", "upscale", scale, 0, crf, encode_decode(clean, crf, scale, "libx264", "medium")
    noise = np.random.default_rng(7).normal(0, 15, clean.shape)
    noisy = np.clip(np.rint(clean + noise), 0, 255).astype(np.uint8)
    for crf in (20, 34):
        yield f"restore.{crf}", "restore", 1, 15, crf, encode_decode(noisy, crf, 1, "libx264", "medium")


def clip_segment(shared, name, factor, first, length):
    path = os.path.join(shared, "clips", name)
    w, h = (int(v / factor) // 2 * 2 for v in probe_size(path))
    frames = decode(path, ["-ss", f"{first:.3f}", "-t", "3"], w, h)[:length]
    if name.startswith("bbb_480p"):
        frames = frames[:max(0, int((23.0 - first) * 24))]
    return crop8(frames), None


def footage(shared):
    """(name, function that returns the frames and the mask) of every segment."""
    for name, factor, first, step, count, length in CLIPS:
        for i in range(count):
            yield f"{name.split('.')[0]}-{factor}-{i}", (clip_segment, shared, name, factor, first + i * step, length)
    for name in DAVIS:
        for part, place in enumerate((0, 0.5)):
            yield f"davis-{name}-{part}", (davis_segment, shared, name, place, 13)


def davis_segment(shared, name, place, length):
    files = sorted(glob.glob(os.path.join(shared, "davis", name, "frames", "*.jpg")))
    masks = sorted(glob.glob(os.path.join(shared, "davis", name, "masks", "*.png")))
    begin, frames, alphas = int(place * len(files)), [], []
    for f, m in list(zip(files, masks))[begin:begin + length]:
        picture, matte = Image.open(f).convert("RGB"), Image.open(m).convert("L")
        size = (picture.width // 2, picture.height // 2) if picture.width > 500 else picture.size  # halved already
        frames.append(np.asarray(picture.resize(size, Image.BOX)))
        alphas.append(np.asarray(matte.resize(size, Image.BOX)))
    return crop8(np.stack(frames)), crop8(np.stack(alphas)[..., None])[..., 0]


def moving_still(picture, rng, length=13, width=384, height=256):
    """A camera move over a photograph: pan, zoom and roll with slow changes of speed, then halved."""
    w, h = width * 2, height * 2
    zoom0 = rng.uniform(1.0, max(1.0, min(2.4, min(picture.width / w, picture.height / h) * 0.85)))
    zoom1 = zoom0 * rng.uniform(0.93, 1.07)
    cx, cy = (rng.uniform(0.5 * zoom0 * w + 60, p - 0.5 * zoom0 * w - 60) if p > zoom0 * s + 120 else p / 2
              for p, s in ((picture.width, w), (picture.height, h)))
    angle, speed = rng.uniform(0, 6.283), rng.choice([0.5, 2, 4, 8, 16]) * rng.uniform(0.5, 1.5)
    roll0, roll1 = rng.uniform(-0.2, 0.2), rng.uniform(-0.02, 0.02)
    frames = []
    for i in range(length):
        u = i / (length - 1)
        z, r = zoom0 + (zoom1 - zoom0) * u, roll0 + roll1 * i
        px, py = cx + np.cos(angle) * speed * i, cy + np.sin(angle) * speed * i * 0.7
        a, b = z * np.cos(r), -z * np.sin(r)
        coefficients = (a, b, px - a * w / 2 - b * h / 2, -b, a, py + b * w / 2 - a * h / 2)
        frame = picture.transform((w, h), Image.AFFINE, coefficients, Image.BICUBIC)
        frames.append(np.asarray(frame.resize((width, height), Image.BOX)))
    return np.stack(frames)


def stills(folder, count, seed):
    files = sorted(p for p in glob.glob(os.path.join(folder, "**", "*"), recursive=True)
                   if p.lower().endswith((".jpg", ".jpeg", ".png", ".webp")) and os.path.getsize(p) > 50_000)
    for i in range(count if files else 0):
        path = files[i % len(files)]
        yield f"still-{i}-{os.path.basename(path).split('.')[0][:16]}", (still_segment, path, seed * 1000 + i)


def still_segment(path, seed):
    picture = Image.open(path).convert("RGB")
    if min(picture.width / 768, picture.height / 512) < 1.05:
        return np.zeros((0, 0, 0, 3), np.uint8), None
    return moving_still(picture, random.Random(seed)), None


def variants(kinds, clean, rng, full):
    """(name, kind, scale, sigma, crf, frames); sigma in 8-bit levels, added before the codec."""
    preset = lambda: rng.choice(["medium", "medium", "veryfast", "slow"])
    ranges2 = [(14, 20), (21, 26), (26, 32)]
    ranges4 = [(12, 18), (18, 24), (24, 31)]
    restores = [((6, 18), (17, 22)), ((10, 25), (22, 30)), ((6, 20), (30, 37)), ((0, 0), (22, 32)), ((0, 0), (30, 38)),
                ((12, 18), (18, 23)), ((10, 18), (31, 36))]
    if not full:
        ranges2, ranges4, restores = ranges2[::2], ranges4[::2], [restores[0], rng.choice(restores[1:3]), restores[4]]
    for scale, ranges in ((2, ranges2), (4, ranges4)):
        for i, (lo, hi) in enumerate(ranges):
            crf, speed = rng.randint(lo, hi), preset()
            if "upscale" in kinds:
                yield f"x{scale}.{i}", "upscale", scale, 0, crf, encode_decode(clean, crf, scale, "libx264", speed)
    for i, (sigma, crfs) in enumerate(restores):
        sigma, crf = rng.uniform(*sigma), rng.randint(*crfs)
        noise = np.random.default_rng(rng.getrandbits(32)).normal(0, 1, clean.shape) * sigma
        noisy = np.clip(np.rint(clean + noise), 0, 255).astype(np.uint8)
        codec = "mpeg4" if i == 4 and rng.random() < 0.4 else "libx264"
        crf, speed = rng.randint(4, 16) if codec == "mpeg4" else crf, preset()
        if "restore" in kinds:
            yield f"restore.{i}", "restore", 1, round(sigma, 2), crf, encode_decode(noisy, crf, 1, codec, speed)


def no_variants(clean, rng, full):
    return ()


def packed(task):
    """One segment with its variants: its entry and its tensors, keys without the segment's own."""
    name, (make, *arguments), damage, seed, full = task
    clean, mask = make(*arguments)
    if len(clean) < 9:
        return None
    tensors, rng = {"clean": clean}, random.Random(seed)
    entry = {"name": name, "frames": len(clean), "height": clean.shape[1], "width": clean.shape[2],
             "sha256": hashlib.sha256(clean.tobytes()).hexdigest(), "mask": mask is not None, "variants": []}
    if mask is not None:
        tensors["mask"] = mask
    for variant, kind, scale, sigma, crf, frames in damage(clean, rng, full):
        tensors[variant] = frames
        entry["variants"].append({"key": variant, "kind": kind, "scale": scale, "sigma": sigma, "crf": crf})
        if damage is held_out_variants and kind == "restore":
            names = [f"{variant}.filter{i}" for i in range(len(FILTERS))]
            tensors.update(zip(names, (filtered(frames, text) for text in FILTERS)))
            entry["variants"][-1]["baselines"] = names
    return entry, tensors


def shard(arguments):
    """Packs some of the segments into one file; returns how many segments and frames it holds."""
    out, tasks = arguments
    tensors, entries = {}, []
    for made in map(packed, tasks):
        if made is None:
            continue
        entry, own = made
        key = f"s{len(entries):03d}"
        tensors.update({f"{key}.{name}": value for name, value in own.items()})
        for v in entry["variants"]:
            v["key"] = f"{key}.{v['key']}"
            if "baselines" in v:
                v["baselines"] = [f"{key}.{b}" for b in v["baselines"]]
        entries.append({"key": key, **entry})
    save_file(tensors, out + ".part", metadata={"format": "reelmend-pack-1", "segments": json.dumps(entries)})
    os.replace(out + ".part", out)
    return len(entries), sum(e["frames"] for e in entries), os.path.getsize(out)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--shared", required=True, help="folder with clips/ and davis/")
    options.add_argument("--stills", help="folder with large photographs to move a camera over")
    options.add_argument("--still-count", type=int, default=60)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--damage-seed", type=int, help="of the codecs' settings and noise; default: the seed")
    options.add_argument("--held-out", action="store_true", help="pack the clips of the model card instead")
    options.add_argument("--clean", action="store_true", help="without variants")
    options.add_argument("--kinds", nargs="+", default=["upscale", "restore"], help="of variants; the others' draws stay")
    options.add_argument("--every", type=int, default=1, help="only every n-th segment")
    options.add_argument("--jobs", type=int, default=1, help="more than 1: as many processes; --out is then a folder")
    options.add_argument("--out", required=True)
    options = options.parse_args()
    damage = functools.partial(variants, options.kinds)
    if options.held_out or options.clean:
        damage = held_out_variants if options.held_out else no_variants
    sources = list(held_out(options.shared)) if options.held_out else list(footage(options.shared))
    if options.stills and not options.held_out:
        sources += stills(options.stills, options.still_count, options.seed)
    damage_seed = options.seed if options.damage_seed is None else options.damage_seed
    tasks = [(name, make, damage, damage_seed * 100_003 + i, not name.startswith("still"))
             for i, (name, make) in enumerate(sources)][::options.every]
    if options.jobs > 1:
        os.makedirs(options.out, exist_ok=True)
        parts = [(os.path.join(options.out, f"{i:03d}.safetensors"), tasks[i::options.jobs * 2])
                 for i in range(options.jobs * 2)]
        with multiprocessing.get_context("fork").Pool(options.jobs) as pool:
            done = list(pool.imap_unordered(shard, [p for p in parts if p[1]]))
    else:
        done = [shard((options.out, tasks))]
    print("%d segments, %d frames, %d bytes" % tuple(map(sum, zip(*done))))


if __name__ == "__main__":
    main()
