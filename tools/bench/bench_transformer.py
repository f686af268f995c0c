"""Wan2.1's 1.3B transformer with random weights: diffusers against reelmend-cli, on this machine, in one run.

  python bench_transformer.py --cli build/dev/app/cli/reelmend-cli [--cells 3x60x44] [--repeat 2] [--threads 2] [--layers 30]

Each measurement is a process of its own (peak memory as the kernel counts it, weights and libraries included; time of one
forward, without loading). The two programs take turns within each repeat, so that a busy machine harms both alike; the best
of the repeats counts. Prints the JSON lines that tools/bench/render.py reads. Needs the environment of tools/reference, and
6 GB on the disk for temporary files.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

from bench_wan_vae import line, machine

CHILD = r"""
import json, resource, sys, time
import torch
from diffusers import WanTransformer3DModel
from safetensors.torch import load_file
folder, source, dtype, threads = sys.argv[1:5]
torch.set_num_threads(int(threads))
torch.set_grad_enabled(False)
model = WanTransformer3DModel.from_pretrained(folder, torch_dtype=getattr(torch, dtype), low_cpu_mem_usage=True).eval()
given = {k: v if k == "timestep" else v.to(getattr(torch, dtype)) for k, v in load_file(source).items()}
start = time.monotonic()
y = model(**given).sample
seconds = time.monotonic() - start
print(json.dumps({"seconds": seconds, "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
"""


def make_model(folder, layers):
    import torch
    from diffusers import WanTransformer3DModel

    torch.manual_seed(5)
    model = WanTransformer3DModel(num_attention_heads=12, attention_head_dim=128, ffn_dim=8960, num_layers=layers)
    model.to(torch.bfloat16).save_pretrained(folder, safe_serialization=True)


def make_input(path, time_cells, height, width):
    import torch
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(6)
    save_file({"hidden_states": torch.randn(1, 16, time_cells, height, width, generator=generator), "timestep": torch.tensor([200.0]),
               "encoder_hidden_states": torch.randn(1, 512, 4096, generator=generator)}, path)


def measure(options, folder, dtype):
    runs = {"diffusers": [], "reelmend": []}
    source = str(folder / "in.safetensors")
    for _ in range(options.repeat):
        child = subprocess.run([sys.executable, "-c", CHILD, str(folder / "transformer"), source, dtype, str(options.threads)],
                               stdout=subprocess.PIPE, check=True)
        runs["diffusers"].append(json.loads(child.stdout.decode().splitlines()[-1]))
        child = subprocess.run([options.cli, "latent", "denoise", "--model", str(folder / "transformer"), "--in", source, "--out",
                                str(folder / "result.safetensors"), "--dtype", dtype, "--device", "cpu", "--threads", str(options.threads),
                                "--json"], stdout=subprocess.PIPE, check=True)
        told = json.loads(child.stdout)
        runs["reelmend"].append({"seconds": told["compute_seconds"], "peak_bytes": told["peak_bytes"]})
    for program, measured in runs.items():
        seconds = sorted(run["seconds"] for run in measured)
        line({"group": dtype, "name": f"{program}, time", "value": seconds[0], "unit": "s", "minimum": seconds[0], "maximum": seconds[-1]})
    for program, measured in runs.items():
        line({"group": dtype, "name": f"{program}, peak memory", "value": min(run["peak_bytes"] for run in measured) / 1e6, "unit": "MB"})
    best = {program: min(run["seconds"] for run in measured) for program, measured in runs.items()}
    peak = {program: min(run["peak_bytes"] for run in measured) for program, measured in runs.items()}
    line({"group": dtype, "name": "times as fast as diffusers", "value": best["diffusers"] / best["reelmend"], "unit": "x", "aim": ">= 1"})
    line({"group": dtype, "name": "memory against diffusers", "value": peak["reelmend"] / peak["diffusers"], "unit": "x", "aim": "<= 1"})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cli", required=True)
    parser.add_argument("--cells", default="3x60x44", help="latent frames x height x width; a token is 1x2x2 cells")
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--layers", type=int, default=30)
    parser.add_argument("--dtypes", default="float32,bfloat16")
    options = parser.parse_args()
    cells = tuple(map(int, options.cells.split("x")))
    tokens = cells[0] * (cells[1] // 2) * (cells[2] // 2)
    print(json.dumps({"title": "Wan2.1 transformer, 1.3B", "date": time.strftime("%Y-%m-%d"), "machine": machine(options.threads),
                      "note": f"Random weights, {options.layers} layers, one forward over {tokens} tokens and 512 of text, diffusers 0.42.1 with "
                              f"torch 2.11.0 and reelmend-cli in turn, best of {options.repeat}; peak memory is the whole process."}), flush=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_model(folder / "transformer", options.layers)
        make_input(folder / "in.safetensors", *cells)
        for dtype in options.dtypes.split(","):
            measure(options, folder, dtype)


if __name__ == "__main__":
    main()
