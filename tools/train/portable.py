#!/usr/bin/env python3
"""Training footage small enough to take to another machine, and back to packs there.

    portable.py footage --shared DIR --photographs DIR --out FOLDER   # here: clips without the held-out ones, halved
                                                                      # DAVIS frames, cuts of photographs; about 40 MB
    portable.py fills FILLS.safetensors FILLS.npz                     # here: what pack_fills.py made, holes alone
    pack_clips.py --shared FOLDER --stills FOLDER/stills …            # there
    portable.py expand FILLS.npz PACKS FILLS.safetensors              # there: fills again, over the packs' own frames

Needs ffmpeg, numpy, pillow and safetensors; `expand` needs no ffmpeg.
"""
import argparse, glob, io, json, os, random, shutil, subprocess, zlib
import numpy as np
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import save_file
from pack_clips import CLIPS, DAVIS

# Seconds that are enough for the segments of pack_clips.py; a clip that is absent here travels whole.
ENOUGH = {"bbb_480p_30s.mp4": 23.04, "intel_car_detection.mp4": 18.5, "intel_person_bicycle_car.mp4": 18.5,
          "BART_2021-02-07.m4v": 25, "Dinky_2015-06-11.m4v": 25, "mdn_crystal.mp4": 7, "flutter_bee.mp4": 25,
          "fishes.wmv": 8}
FRAMES = 13
CUT = (1280, 860)


def footage(options):
    clips = os.path.join(options.out, "clips")
    os.makedirs(clips, exist_ok=True)
    for name in sorted({clip[0] for clip in CLIPS}):
        source, target = os.path.join(options.shared, "clips", name), os.path.join(clips, name)
        if name in ENOUGH:
            subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", source, "-c:v", "copy", "-an", "-t", str(ENOUGH[name]),
                            target], check=True)
        else:
            shutil.copyfile(source, target)
    for sequence in DAVIS:
        halved(os.path.join(options.shared, "davis", sequence), os.path.join(options.out, "davis", sequence))
    if options.photographs:
        cuts(options.photographs, os.path.join(options.out, "stills"), options.cuts)


def halved(source, target):
    """The frames of both of pack_clips.py's segments, numbered so that the second begins in the middle."""
    files = sorted(glob.glob(os.path.join(source, "frames", "*.jpg")))
    middle = int(0.5 * len(files))
    for folder in ("frames", "masks"):
        os.makedirs(os.path.join(target, folder), exist_ok=True)
    for number, path in enumerate(files[:FRAMES] + files[middle:middle + FRAMES]):
        picture = Image.open(path).convert("RGB")
        matte = Image.open(path.replace("frames", "masks").replace(".jpg", ".png")).convert("L")
        size = (picture.width // 2, picture.height // 2)
        picture.resize(size, Image.BOX).save(os.path.join(target, "frames", f"{number:05d}.jpg"), quality=90, subsampling=0)
        matte.resize(size, Image.BOX).save(os.path.join(target, "masks", f"{number:05d}.png"))


def cuts(photographs, target, count):
    """Cuts of every photograph that is large enough, without those that are nearly flat."""
    os.makedirs(target, exist_ok=True)
    rng, number = random.Random(3), 0
    for path in sorted(glob.glob(os.path.join(photographs, "**", "*"), recursive=True)):
        if os.path.islink(path) or not path.lower().endswith((".jpg", ".jpeg", ".png", ".webp")):
            continue
        picture = Image.open(path).convert("RGB")
        if picture.width < CUT[0] or picture.height < CUT[1]:
            continue
        for _ in range(count):
            scale = rng.uniform(1.0, min(1.6, picture.width / CUT[0], picture.height / CUT[1]))
            x = rng.randint(0, int(picture.width - CUT[0] * scale))
            y = rng.randint(0, int(picture.height - CUT[1] * scale))
            cut = picture.crop((x, y, x + int(CUT[0] * scale), y + int(CUT[1] * scale))).resize(CUT, Image.LANCZOS)
            out = os.path.join(target, f"{number:02d}_{os.path.basename(path).split('.')[0][:12]}.jpg")
            cut.save(out, quality=86)
            if os.path.getsize(out) < 70_000:
                os.unlink(out)
            number += 1


def packed_bits(mask):
    return np.frombuffer(zlib.compress(np.packbits(mask > 127).tobytes(), 9), np.uint8)


def unpacked_bits(data, shape):
    bits = np.unpackbits(np.frombuffer(zlib.decompress(data.tobytes()), np.uint8))
    return (bits[:int(np.prod(shape))].reshape(shape) * 255).astype(np.uint8)


def fills(options):
    out, names = {}, []
    with safe_open(options.source, "np") as pack:
        for i, segment in enumerate(json.loads(pack.metadata()["segments"])):
            filled, mask, trust = (pack.get_tensor(f"{segment['key']}.inpaint{part}") for part in ("", ".mask", ".trust"))
            hole = mask > 127
            mean = filled[hole].mean(0).astype(np.uint8) if hole.any() else np.zeros(3, np.uint8)
            pictures = []
            for frame, where in zip(filled, hole):
                data = io.BytesIO()
                Image.fromarray(np.where(where[..., None], frame, mean)).save(data, "WEBP", quality=options.quality)
                pictures.append(data.getvalue())
            out |= {f"{i}.sizes": np.array([len(p) for p in pictures]), f"{i}.mask": packed_bits(mask),
                    f"{i}.trust": packed_bits(trust), f"{i}.fill": np.frombuffer(b"".join(pictures), np.uint8)}
            names.append({"name": segment["name"], "shape": list(mask.shape)})
    np.savez(options.out, names=np.frombuffer(json.dumps(names).encode(), np.uint8), **out)


def expand(options):
    stored, cleans = np.load(options.source), {}
    for path in glob.glob(os.path.join(options.packs, "*.safetensors")):
        with safe_open(path, "np") as pack:
            cleans |= {s["name"]: (path, s["key"], s["sha256"]) for s in json.loads(pack.metadata()["segments"])}
    tensors, entries = {}, []
    for i, entry in enumerate(json.loads(stored["names"].tobytes())):
        if entry["name"] not in cleans:
            continue
        path, key, digest = cleans[entry["name"]]
        with safe_open(path, "np") as pack:
            clean = pack.get_tensor(key + ".clean")
        if list(clean.shape[:3]) != entry["shape"]:
            continue
        mask, trust = (unpacked_bits(stored[f"{i}.{part}"], entry["shape"]) for part in ("mask", "trust"))
        ends = np.cumsum(stored[f"{i}.sizes"])
        pictures = np.split(stored[f"{i}.fill"], ends[:-1])
        filled = np.stack([np.asarray(Image.open(io.BytesIO(p.tobytes())).convert("RGB")) for p in pictures])
        own = f"s{len(entries):03d}"
        tensors |= {f"{own}.clean": clean, f"{own}.inpaint": np.where((mask > 127)[..., None], filled, clean),
                    f"{own}.inpaint.mask": mask, f"{own}.inpaint.trust": trust}
        entries.append({"key": own, "name": entry["name"], "frames": len(clean), "height": clean.shape[1],
                        "width": clean.shape[2], "mask": False, "sha256": digest,
                        "variants": [{"key": f"{own}.inpaint", "kind": "inpaint", "scale": 1, "sigma": 0, "crf": 0}]})
    save_file(tensors, options.out, metadata={"format": "reelmend-pack-1", "segments": json.dumps(entries)})
    print(len(entries), "fills")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("footage")
    command.add_argument("--shared", required=True)
    command.add_argument("--photographs")
    command.add_argument("--cuts", type=int, default=2, help="of every photograph")
    command.add_argument("--out", required=True)
    command.set_defaults(run=footage)
    for name, run, arguments in (("fills", fills, ("source", "out")), ("expand", expand, ("source", "packs", "out"))):
        command = commands.add_parser(name)
        for argument in arguments:
            command.add_argument(argument)
        command.set_defaults(run=run)
    commands.choices["fills"].add_argument("--quality", type=int, default=92, help="of WebP")
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
