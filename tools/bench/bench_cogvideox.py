"""CogVideoX at full width with random weights: diffusers against reelmend-cli, on this machine, in one run.

  python bench_cogvideox.py --cli build/dev/app/cli/reelmend-cli [--size 128x96] [--frames 9] [--repeat 2] [--threads 2]

The autoencoder whole; of the 1.5-5b transformer four blocks of 42. Each measurement is a process of its own (peak memory as the
kernel counts it, weights and libraries included; time without loading). The two programs take turns within each repeat, so that a
busy machine harms both alike; the best of the repeats counts. Prints the JSON lines that tools/bench/render.py reads. Needs the
environment of tools/reference.
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
import json, pathlib, resource, sys, time
import torch
from diffusers import AutoencoderKLCogVideoX, CogVideoXTransformer3DModel
from safetensors.torch import load_file
folder, source, part, dtype, threads, reference = sys.argv[1:7]
sys.path.insert(0, reference)
torch.set_num_threads(int(threads))
torch.set_grad_enabled(False)
dtype = getattr(torch, dtype)
given = load_file(source)
if part == "transformer":
    from make_cogvideox_fixtures import rotary
    model = CogVideoXTransformer3DModel.from_pretrained(folder, torch_dtype=dtype, low_cpu_mem_usage=True).eval()
    hidden, text = given["hidden_states"].to(dtype), given["encoder_hidden_states"].to(dtype)
    run = lambda: model(hidden, text, given["timestep"], image_rotary_emb=rotary(model.config, hidden))
else:
    model = AutoencoderKLCogVideoX.from_pretrained(folder, torch_dtype=dtype, low_cpu_mem_usage=True).eval()
    unused = model.encoder if part == "decode" else model.decoder  # what the other program does not load either
    for p in unused.parameters():
        p.data = torch.empty(0)
    x = given["z" if part == "decode" else "x"].to(dtype)
    run = lambda: model.decode(x) if part == "decode" else model.encode(x)
start = time.monotonic()
run()
print(json.dumps({"seconds": time.monotonic() - start, "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
"""
REFERENCE = pathlib.Path(__file__).resolve().parents[1] / "reference"
TRANSFORMER = dict(num_attention_heads=48, attention_head_dim=64, num_layers=4, patch_size_t=2, patch_bias=False, sample_width=300,
                   sample_height=300, sample_frames=81, use_rotary_positional_embeddings=True)
LATENTS = (4, 48, 68)  # 1,632 tokens and 226 of text


def make_inputs(folder, options):
    import torch
    from diffusers import AutoencoderKLCogVideoX, CogVideoXTransformer3DModel
    from safetensors.torch import save_file

    sys.path.insert(0, str(REFERENCE))
    from make_cogvideox_fixtures import BLOCKS, randomise, save

    width, height = map(int, options.size.split("x"))
    generator = torch.Generator().manual_seed(5)
    if {"decode", "encode"} & set(options.parts.split(",")):
        model = AutoencoderKLCogVideoX(**BLOCKS(4), scaling_factor=0.7)
        randomise(model, generator)
        save(model, folder / "vae")
        latents = 1 + (options.frames - 1) // 4
        save_file({"z": torch.randn(1, 16, latents, height // 8, width // 8, generator=generator)}, folder / "decode.safetensors")
        save_file({"x": torch.rand(1, 3, options.frames, height, width, generator=generator) * 2 - 1}, folder / "encode.safetensors")
    if "transformer" in options.parts:
        model = CogVideoXTransformer3DModel(**TRANSFORMER)
        randomise(model, generator)
        save(model, folder / "transformer")
        save_file({"hidden_states": torch.randn(1, LATENTS[0], 16, *LATENTS[1:], generator=generator), "timestep": torch.tensor([399.0]),
                   "encoder_hidden_states": torch.randn(1, 226, 4096, generator=generator)}, folder / "transformer.safetensors")


def machine(threads):
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    return f"{model}, {threads} threads, load {os.getloadavg()[0]:.0f}"


def measure(options, folder, part, dtype):
    model, source = folder / ("transformer" if part == "transformer" else "vae"), folder / f"{part}.safetensors"
    runs = {"diffusers": [], "reelmend": []}
    for _ in range(options.repeat):
        child = subprocess.run([sys.executable, "-c", CHILD, str(model), str(source), part, dtype, str(options.threads), str(REFERENCE)],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        runs["diffusers"].append(json.loads(child.stdout.decode().splitlines()[-1]))
        child = subprocess.run([options.cli, "latent", "denoise" if part == "transformer" else part, "--model", str(model), "--in", str(source),
                                "--out", str(folder / "result.safetensors"), "--dtype", dtype, "--device", "cpu", "--threads",
                                str(options.threads), "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        told = json.loads(child.stdout)
        runs["reelmend"].append({"seconds": told["compute_seconds"], "peak_bytes": told["peak_bytes"]})
    group = f"{part}, {dtype}"
    best = {program: min(run["seconds"] for run in measured) for program, measured in runs.items()}
    peak = {program: min(run["peak_bytes"] for run in measured) for program, measured in runs.items()}
    for program, measured in runs.items():
        line({"group": group, "name": f"{program}, time", "value": best[program], "unit": "s", "minimum": best[program],
              "maximum": max(run["seconds"] for run in measured)})
    for program in runs:
        line({"group": group, "name": f"{program}, peak memory", "value": peak[program] / 1e6, "unit": "MB"})
    line({"group": group, "name": "times as fast as diffusers", "value": best["diffusers"] / best["reelmend"], "unit": "x",
          "aim": ">= 1.3" if part == "decode" else ">= 1"})
    line({"group": group, "name": "memory against diffusers", "value": peak["reelmend"] / peak["diffusers"], "unit": "x"})


def line(value):
    print(json.dumps(value), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cli", required=True)
    parser.add_argument("--size", default="128x96")
    parser.add_argument("--frames", type=int, default=9)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--parts", default="decode,encode,transformer")
    parser.add_argument("--dtypes", default="float32,bfloat16")
    options = parser.parse_args()
    line({"title": "CogVideoX at full width", "date": time.strftime("%Y-%m-%d"), "machine": machine(options.threads),
          "note": f"Random weights; autoencoder: {options.frames} frames of {options.size}; transformer: 4 blocks of 1.5-5b, 1,858 tokens; "
                  f"diffusers 0.42.1 with torch 2.11.0 and reelmend-cli in turn, best of {options.repeat}; peak memory is the whole process."})
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_inputs(folder, options)
        for part in options.parts.split(","):
            for dtype in options.dtypes.split(","):
                measure(options, folder, part, dtype)


if __name__ == "__main__":
    main()
