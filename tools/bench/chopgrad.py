"""Gradients of a pixel loss through Wan2.1's decoder at full width: memory and time of every mode, and of Python PyTorch.

  python chopgrad.py --cli build/dev/app/cli/reelmend-cli [--frames 17,93] [--size 128x64] [--threads 2] [--raw FILE] [--chart FILE]

ChopGrad's figure-6 case: random weights, frames of 128x64, float32, weights frozen, mean squared error. Every measurement is a
process of its own; peak memory is what the kernel says the step added (weights, latents and target were there before), with
LibTorch's own count of tensors beside it. Under a Python with diffusers (tools/reference) stock autograd and
torch.utils.checkpoint are measured in the same run on the same weights; else they are left out and the page says so.
--raw keeps what was measured, so that an interrupted run goes on. Prints the lines that tools/bench/render.py reads.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import threading
import time

from svg_panels import document

CHILD = r"""
import json, sys, time
import torch
from torch.utils.checkpoint import checkpoint
from diffusers import AutoencoderKLWan
folder, mode, frames, width, height, threads = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:7])
torch.set_num_threads(threads)
model = AutoencoderKLWan.from_pretrained(folder, low_cpu_mem_usage=True).eval().requires_grad_(False)
for p in model.encoder.parameters():
    p.data = torch.empty(0)
generator = torch.Generator().manual_seed(1)

def status(field):
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith(field))

def group(z, first, *cache):
    model._feat_map, model._conv_idx = list(cache), [0]
    x = model.decoder(model.post_quant_conv(z), feat_cache=model._feat_map, feat_idx=model._conv_idx, first_chunk=first)
    return (x, *model._feat_map)

def step(z, target):
    leaf = z.clone().requires_grad_(True)
    model.clear_cache()
    cache, loss, begin = list(model._feat_map), 0, 0
    for i in range(z.shape[2]):
        part = leaf[:, :, i : i + 1]
        out = checkpoint(group, part, i == 0, *cache, use_reentrant=False) if mode == "checkpoint" else group(part, i == 0, *cache)
        x, cache = out[0], list(out[1:])
        loss = loss + ((x - target[:, :, begin : begin + x.shape[2]]) ** 2).sum()
        begin += x.shape[2]
        del out, x, part
    model.clear_cache()
    (loss / target.numel()).backward()
    return leaf.grad

def data(latents, h, w):
    return (torch.randn(1, 16, latents, h // 8, w // 8, generator=generator),
            torch.rand(1, 3, 1 + 4 * (latents - 1), h, w, generator=generator) * 2 - 1)

step(*data(1, 32, 32))
z, target = data(1 + (frames - 1) // 4, height, width)
open("/proc/self/clear_refs", "w").write("5")
before = status("VmRSS")
start = time.monotonic()
step(z, target)
print(json.dumps({"seconds": time.monotonic() - start, "peak_bytes": status("VmHWM") - before}))
"""

MODES = [  # name, arguments, longest clip too
    ("chop D=1", ["--mode", "chop", "--distance", "1"]),
    ("exact, caches on disk", ["--mode", "exact", "--store", "disk"]),
    ("full, stock operators", ["--mode", "full", "--ops", "stock"]),
    ("chop D=0", ["--mode", "chop", "--distance", "0"]),
    ("chop D=2", ["--mode", "chop", "--distance", "2"]),
    ("gradient checkpointing", ["--mode", "checkpoint"]),
    ("full, lean operators", ["--mode", "full"]),
    ("exact, caches in memory", ["--mode", "exact"]),
]


def machine(threads):
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    return f"{model}, {threads} threads, load {os.getloadavg()[0]:.0f}"


def line(value):
    print(json.dumps(value), flush=True)


class Bench:
    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.raw = pathlib.Path(options.raw or self.folder / "raw.json")
        self.known = {}
        self.lock = threading.Lock()
        if self.raw.exists():
            for text in self.raw.read_text().splitlines():
                row = json.loads(text)
                self.known[row["name"], row["frames"]] = row
        self.has_python = self.make_model()

    def make_model(self):
        try:
            import torch
            from diffusers import AutoencoderKLWan
        except ImportError:
            return False
        sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "reference"))
        from make_wan_fixtures import randomise

        model = AutoencoderKLWan().eval()
        randomise(model, torch.Generator().manual_seed(5))
        model.save_pretrained(self.folder / "vae", safe_serialization=True)
        return True

    def keep(self, row):
        with self.lock:
            self.known[row["name"], row["frames"]] = row
            with open(self.raw, "a") as file:
                file.write(json.dumps(row) + "\n")

    def native(self, name, arguments, frames):
        if (name, frames) in self.known:
            return
        model = str(self.folder / "vae") if self.has_python else "wan2.1"
        child = subprocess.run([self.options.cli, "measure", "memory", "--model", model, "--frames", str(frames), "--size", self.options.size,
                                "--threads", str(self.options.threads), "--device", "cpu", "--json", *arguments],
                               stdout=subprocess.PIPE, check=True)
        told = json.loads(child.stdout.decode().splitlines()[0])
        self.keep({"name": name, "frames": frames, "groups": told["groups"], "load": os.getloadavg()[0], "seconds": told["seconds"]["median"],
                   "peak_bytes": told["process_peak_bytes"]["median"], "tensor_bytes": told["tensor_peak_bytes"]["median"],
                   "clip_bytes": told["frame_bytes"] + told["latent_bytes"], "disk_bytes": told["caches"]["disk_bytes"]})

    def python(self, name, mode, frames):
        if not self.has_python or (name, frames) in self.known:
            return
        width, height = self.options.size.split("x")
        child = subprocess.run([sys.executable, "-c", CHILD, str(self.folder / "vae"), mode, str(frames), width, height,
                                str(self.options.threads)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        self.keep({"name": name, "frames": frames, "groups": 1 + (frames - 1) // 4, "load": os.getloadavg()[0], **json.loads(child.stdout.decode().splitlines()[-1])})

    def report(self):
        frames = sorted(map(int, self.options.frames.split(",")))
        few, many = frames[0], frames[-1]
        line({"title": "ChopGrad: gradients through Wan2.1's decoder", "date": time.strftime("%Y-%m-%d"), "machine": machine(self.options.threads),
              "note": f"Full width, random weights, {self.options.size}, float32, weights frozen, MSE. Memory is what the step adds to the process: "
                      "weights (293 MB), latents and target are not in it. One step each, every one a process of its own"
                      + ("." if self.has_python else "; Python was not at hand.")})
        order = [name for name, _ in MODES] + ["Python, stock autograd", "Python, torch.utils.checkpoint"]
        for count in frames:
            group = f"{count} frames ({1 + (count - 1) // 4} groups)"
            for name in order:
                row = self.known.get((name, count))
                if row:
                    extra = f"tensors {row['tensor_bytes'] / 1e6:,.0f} MB" if "tensor_bytes" in row else ""
                    extra += f", disk {row['disk_bytes'] / 1e6:,.0f} MB" if row.get("disk_bytes") else ""
                    line({"group": group, "name": f"{name}, peak", "value": row["peak_bytes"] / 1e6, "unit": "MB", "note": extra})
            for name in order:
                row = self.known.get((name, count))
                if row:
                    line({"group": group, "name": f"{name}, time of a step", "value": row["seconds"], "unit": "s",
                          "note": f"load {row['load']:.0f}" if "load" in row else ""})
        self.growth(few, many)

    def draw(self, path):
        """Peak memory and time against frames, and of chop against D."""
        frames = sorted({count for _, count in self.known})
        names = list(dict.fromkeys(name for name, _ in self.known))
        order = [name for name, _ in MODES] + ["Python, stock autograd", "Python, torch.utils.checkpoint"]
        names.sort(key=lambda name: order.index(name) if name in order else len(order))

        def against_frames(field, scale):
            return {name: [(f, self.known[name, f][field] * scale) for f in frames if (name, f) in self.known] for name in names}

        def against_distance(field, scale):
            lines = {}
            for count in frames:
                points = [(d, self.known[f"chop D={d}", count][field] * scale) for d in range(24) if (f"chop D={d}", count) in self.known]
                if len(points) > 1:
                    lines[f"chop, {count} frames"] = points
            return lines

        pathlib.Path(path).write_text(document([
            (f"Peak memory of a step, GB ({self.options.size})", "frames", against_frames("peak_bytes", 1e-9), True),
            ("Time of a step, s", "frames", against_frames("seconds", 1), False),
            ("Peak memory of chop, GB", "truncation distance D", against_distance("peak_bytes", 1e-9), False),
            ("Time of chop, s", "truncation distance D", against_distance("seconds", 1), False)]))

    def growth(self, few, many):
        get = self.known.get
        group = f"From {1 + (few - 1) // 4} to {1 + (many - 1) // 4} groups"
        between = (many - few) // 4
        lean = [get(("full, lean operators", f)) for f in (few - 8, few)]
        lean = [row for row in lean if row]
        one = (lean[1]["tensor_bytes"] - lean[0]["tensor_bytes"]) / ((lean[1]["frames"] - lean[0]["frames"]) / 4) if len(lean) > 1 else 0
        if one:
            line({"group": group, "name": "activations of one lean group", "value": one / 1e6, "unit": "MB"})
        for name, _ in MODES:
            a, b = get((name, few)), get((name, many))
            if not (a and b):
                continue
            # Latents, frames and their gradients grow with every clip: target and two more copies, of which one is there before.
            clip = 2 * (b["clip_bytes"] - a["clip_bytes"])
            for kind in ("tensor_bytes", "peak_bytes"):
                grown = b[kind] - a[kind] - clip
                label = "tensors" if kind == "tensor_bytes" else "process"
                constant = name.startswith("chop") or "disk" in name
                if one:
                    line({"group": group, "name": f"{name}: growth per group, {label}", "value": 100 * grown / between / one, "unit": "% of a group",
                          **({"aim": "< 2"} if constant else {})})
        stock = get(("full, stock operators", many))
        for name, aim in (("chop D=1", 12), ("exact, caches on disk", 15)):
            row = get((name, many))
            if stock and row:
                line({"group": group, "name": f"stock full against {name}, process", "value": stock["peak_bytes"] / row["peak_bytes"], "unit": "x",
                      "aim": f">= {aim}"})
        for count in (few, many):
            ours = get(("exact, caches on disk", count))
            theirs = get(("Python, torch.utils.checkpoint", count))
            if ours and theirs:
                line({"group": "Against Python", "name": f"torch.utils.checkpoint's time against exact on disk, {count} frames",
                      "value": theirs["seconds"] / ours["seconds"], "unit": "x", "aim": ">= 1"})
                line({"group": "Against Python", "name": f"torch.utils.checkpoint's memory against exact on disk, {count} frames",
                      "value": theirs["peak_bytes"] / ours["peak_bytes"], "unit": "x", "aim": ">= 1"})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cli", required=True)
    parser.add_argument("--frames", default="17,93")
    parser.add_argument("--size", default="128x64")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--raw", help="measurements so far; they are not made again")
    parser.add_argument("--report-only", action="store_true")
    parser.add_argument("--chart", help="draw memory and time against frames and against D into this SVG file")
    parser.add_argument("--jobs", type=int, default=1, help="measurements at once; memory does not mind, times do")
    parser.add_argument("--essential", action="store_true", help="what the aims need, and nothing else")
    options = parser.parse_args()
    counts = sorted(map(int, options.frames.split(",")))
    bench = Bench(options)
    if not options.report_only:
        few, many = counts[0], counts[-1]
        by_name = dict(MODES)
        # What the claims need comes first: an interrupted run still says something.
        essential = [(name, count) for name, count in (("exact, caches on disk", many), ("full, stock operators", many), ("chop D=1", many), ("chop D=1", few),
                            ("exact, caches on disk", few), ("full, lean operators", few - 8), ("full, lean operators", few),
                            ("full, stock operators", few), ("chop D=0", few), ("chop D=2", few), ("chop D=0", many), ("chop D=2", many))]
        work = [lambda name=name, count=count: bench.native(name, by_name[name], count) for name, count in essential]
        work += [lambda name=name, mode=mode: bench.python(name, mode, few)
                 for name, mode in (("Python, torch.utils.checkpoint", "checkpoint"), ("Python, stock autograd", "full"))]
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for done in [pool.submit(step) for step in work]:
                done.result()
        for count in () if options.essential else counts:
            for name, arguments in MODES:
                bench.native(name, arguments, count)
            for name, mode in (("Python, torch.utils.checkpoint", "checkpoint"), ("Python, stock autograd", "full")):
                bench.python(name, mode, count)
    bench.report()
    if options.chart:
        bench.draw(options.chart)


if __name__ == "__main__":
    main()
