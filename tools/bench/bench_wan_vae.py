"""Wan2.1 autoencoder at full width with random weights: diffusers against reelmend-cli, on this machine, in one run.

  python bench_wan_vae.py --cli build/dev/app/cli/reelmend-cli [--size 416x240] [--frames 9] [--repeat 3] [--threads 2]

Each measurement is a process of its own (peak memory as the kernel counts it, weights and libraries included; time without
loading). The two programs take turns within each repeat, so that a busy machine harms both alike; the best
of the repeats counts. Prints the JSON lines that tools/bench/render.py reads. Needs the environment of tools/reference.
"""

import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

CHILD = r"""
import json, resource, sys, time
import torch
from diffusers import AutoencoderKLWan
from safetensors.torch import load_file
folder, source, part, dtype, threads = sys.argv[1:6]
torch.set_num_threads(int(threads))
torch.set_grad_enabled(False)
model = AutoencoderKLWan.from_pretrained(folder, torch_dtype=getattr(torch, dtype), low_cpu_mem_usage=True).eval()
del_part = model.encoder if part == "decode" else model.decoder  # what the other program does not load either
for p in del_part.parameters():
    p.data = torch.empty(0)
x = load_file(source)["z" if part == "decode" else "x"].to(getattr(torch, dtype))
start = time.monotonic()
y = model.decode(x).sample if part == "decode" else model.encode(x).latent_dist.parameters
seconds = time.monotonic() - start
print(json.dumps({"seconds": seconds, "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
"""


def make_inputs(folder, width, height, frames):
    import torch
    from diffusers import AutoencoderKLWan
    from safetensors.torch import save_file

    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "reference"))
    from make_wan_fixtures import randomise

    model = AutoencoderKLWan().eval()
    randomise(model, torch.Generator().manual_seed(5))
    model.save_pretrained(folder / "vae", safe_serialization=True)
    generator = torch.Generator().manual_seed(6)
    save_file({"z": torch.randn(1, 16, 1 + (frames - 1) // 4, height // 8, width // 8, generator=generator)}, folder / "z.safetensors")
    save_file({"x": torch.rand(1, 3, frames, height, width, generator=generator) * 2 - 1}, folder / "x.safetensors")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cli", required=True)
    parser.add_argument("--size", default="416x240")
    parser.add_argument("--frames", type=int, default=9)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--parts", default="decode,encode")
    parser.add_argument("--dtypes", default="float32,bfloat16")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    print(json.dumps({"title": "Wan2.1 autoencoder at full width", "date": time.strftime("%Y-%m-%d"), "machine": machine(options.threads),
                      "note": f"Random weights, {options.frames} frames of {options.size}, diffusers 0.42.1 with torch 2.11.0 and reelmend-cli "
                              f"in turn, best of {options.repeat}; peak memory is the whole process."}), flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_inputs(folder, width, height, options.frames)
        for part in options.parts.split(","):
            for dtype in options.dtypes.split(","):
                measure(options, folder, part, dtype)


def machine(threads):
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    return f"{model}, {threads} threads, load {os.getloadavg()[0]:.0f}"


def measure(options, folder, part, dtype):
    source = folder / ("z.safetensors" if part == "decode" else "x.safetensors")
    runs = {"diffusers": [], "reelmend": []}
    for _ in range(options.repeat):
        child = subprocess.run([sys.executable, "-c", CHILD, str(folder / "vae"), str(source), part, dtype, str(options.threads)],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        runs["diffusers"].append(json.loads(child.stdout.decode().splitlines()[-1]))
        child = subprocess.run([options.cli, "latent", part, "--model", str(folder / "vae"), "--in", str(source), "--out",
                                str(folder / "result.safetensors"), "--dtype", dtype, "--device", "cpu", "--threads", str(options.threads),
                                "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        told = json.loads(child.stdout)
        runs["reelmend"].append({"seconds": told["compute_seconds"], "peak_bytes": told["peak_bytes"]})
    group = f"{part}, {dtype}"
    for program, measured in runs.items():
        seconds = sorted(run["seconds"] for run in measured)
        line({"group": group, "name": f"{program}, time", "value": seconds[0], "unit": "s", "minimum": seconds[0], "maximum": seconds[-1]})
    for program, measured in runs.items():
        line({"group": group, "name": f"{program}, peak memory", "value": min(run["peak_bytes"] for run in measured) / 1e6, "unit": "MB"})
    best = {program: min(run["seconds"] for run in measured) for program, measured in runs.items()}
    peak = {program: min(run["peak_bytes"] for run in measured) for program, measured in runs.items()}
    line({"group": group, "name": "times as fast as diffusers", "value": best["diffusers"] / best["reelmend"], "unit": "x",
          "aim": ">= 1.3" if part == "decode" else ">= 1"})
    line({"group": group, "name": "memory against diffusers", "value": peak["reelmend"] / peak["diffusers"], "unit": "x", "aim": "<= 0.5"})


def line(value):
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main()
