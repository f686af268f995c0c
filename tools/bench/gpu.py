"""Wan2.1's autoencoder and gradients through its decoder on a CUDA card, and the norm + SiLU kernel beside torch's own operators.

  python3 gpu.py --cli build/engine-only/app/cli/reelmend-cli --module build/engine-only/lib/reelmend_cuda.so [--seconds 115]

Full width, random weights. Every step has a time limit, and what no longer fits into --seconds is left out and said so on standard
error. Prints the JSON lines that tools/bench/render.py reads.
"""

import argparse
import array
import ctypes
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time

STARTED = time.monotonic()


def line(value):
    print(json.dumps(value), flush=True)


def write_tensor(path, name, shape, draw):
    """A safetensors file of float32 numbers; a tile of random ones is repeated."""
    count = 1
    for side in shape:
        count *= side
    source = random.Random(6)
    tile = array.array("f", (draw(source) for _ in range(min(count, 1 << 18)))).tobytes()
    header = json.dumps({name: {"dtype": "F32", "shape": shape, "data_offsets": [0, 4 * count]}}).encode()
    header += b" " * (-len(header) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        left = 4 * count
        while left > 0:
            left -= file.write(tile[:left])


class Bench:
    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp())

    def left(self):
        return self.options.seconds - (time.monotonic() - STARTED)

    def run(self, arguments, limit):
        """The JSON lines that the program prints; none where time is up or it fails."""
        limit = min(limit, self.left() - 1)
        words = " ".join(arguments[:2])
        if limit < 5:
            print(f"gpu.py: no time left for {words}", file=sys.stderr)
            return []
        try:
            child = subprocess.run([self.options.cli, *arguments, "--device", "cuda", "--json"], stdout=subprocess.PIPE, timeout=limit)
        except subprocess.TimeoutExpired as stopped:
            print(f"gpu.py: {words} was stopped after {limit:.0f} s", file=sys.stderr)
            text = (stopped.stdout or b"").decode()
        else:
            text = child.stdout.decode()
            if child.returncode != 0:
                print(f"gpu.py: {words} failed: {text.strip()}", file=sys.stderr)
                return []
        rows = []
        for row in text.splitlines():
            try:
                rows.append(json.loads(row))
            except ValueError:  # cut off in the middle
                pass
        return rows

    def codec(self, width, height, frames):
        latents = 1 + (frames - 1) // 4
        write_tensor(self.folder / "x.safetensors", "x", [1, 3, frames, height, width], lambda r: r.uniform(-1, 1))
        write_tensor(self.folder / "z.safetensors", "z", [1, 16, latents, height // 8, width // 8], lambda r: r.gauss(0, 1))
        for part, source in (("decode", "z"), ("encode", "x")):
            for dtype in ("bfloat16", "float32"):
                rows = self.run(["latent", part, "--model", "wan2.1", "--in", str(self.folder / f"{source}.safetensors"),
                                 "--out", str(self.folder / "y.safetensors"), "--dtype", dtype, "--repeat", "3"], 20)
                if not rows:
                    continue
                told = rows[-1]
                group = f"Wan2.1 autoencoder, {width}x{height}, {frames} frames"
                line({"group": group, "name": f"{part}, {dtype}", "value": told["compute_seconds"], "unit": "s",
                      "minimum": min(told["compute_seconds_all"]), "maximum": max(told["compute_seconds_all"]),
                      "note": f"{frames / told['compute_seconds']:.1f} frames/s; the first run loads kernels"})
                line({"group": group, "name": f"{part}, {dtype}, peak of the card", "value": told["device_peak_bytes"] / 1e6, "unit": "MB"})

    def gradients(self, width, height, counts):
        what = ["measure", "memory", "--model", "wan2.1", "--frames", ",".join(map(str, counts)), "--size", f"{width}x{height}",
                "--dtype", "float32", "--repeat", "2"]
        rows = self.run([*what, "--mode", "full", "--ops", "stock"], 20)
        rows += self.run([*what, "--mode", "chop,exact,checkpoint,full", "--distance", "0,1,2", "--store", "device,host,disk"], 40)
        for row in sorted((row for row in rows if row.get("measure") == "memory" and "error" not in row), key=lambda row: row["frames"]):
            group = f"A gradient step through Wan2.1's decoder, {width}x{height}, float32, {row['frames']} frames ({row['groups']} groups)"
            line({"group": group, "name": f"{row['case']}, peak of the card", "value": row["tensor_peak_bytes"]["median"] / 1e6, "unit": "MB"})
            line({"group": group, "name": f"{row['case']}, time", "value": row["seconds"]["minimum"], "unit": "s"})

    def kernel(self):
        try:
            import torch
        except ImportError:
            print("gpu.py: python3 has no torch: the kernel is not timed beside it", file=sys.stderr)
            return
        if self.left() < 15:
            print("gpu.py: no time left for the kernel", file=sys.stderr)
            return
        forward = kernel_function(self.options.module)
        for dtype, code in ((torch.bfloat16, 1), (torch.float32, 0)):
            for channels, height, width in ((96, 480, 832), (384, 120, 208)):
                self.time_kernel(torch, forward, dtype, code, channels, height, width)

    def time_kernel(self, torch, forward, dtype, code, channels, height, width):
        shape = (1, channels, 4, height, width)
        x = torch.randn(shape, device="cuda", dtype=dtype).contiguous(memory_format=torch.channels_last_3d)
        gamma = torch.rand(channels, device="cuda") + 0.5
        y = torch.empty_like(x)
        scaled = (gamma * channels**0.5).contiguous()
        gain = gamma.to(dtype).view(1, channels, 1, 1, 1)
        rows = x.numel() // channels
        form = NormSiluShape(rows, channels, rows, x.numel(), x.numel(), True)

        def ours():
            problem = forward(x.data_ptr(), scaled.data_ptr(), y.data_ptr(), code, form, torch.cuda.current_stream().cuda_stream)
            assert problem is None, problem

        def theirs():
            return torch.nn.functional.silu(torch.nn.functional.normalize(x, dim=1) * channels**0.5 * gain)

        ours()
        expected = theirs()
        error = ((y - expected).abs().max() / expected.abs().max()).item()
        times = [milliseconds(torch, work) for work in (ours, theirs)]
        moved = 2 * x.numel() * x.element_size()
        name = f"{str(dtype).split('.')[-1]}, {channels} channels, 4 frames of {width}x{height}"
        group = "Norm + SiLU, channels last"
        line({"group": group, "name": f"{name}, our kernel", "value": times[0], "unit": "ms",
              "note": f"{moved / times[0] / 1e9:.2f} TB/s; differs from torch by {error:.1e} of the largest value"})
        line({"group": group, "name": f"{name}, torch's operators", "value": times[1], "unit": "ms"})


class NormSiluShape(ctypes.Structure):  # core/tensor/cuda/kernel_table.h
    _fields_ = [("rows", ctypes.c_int64), ("channels", ctypes.c_int), ("rows_per_block", ctypes.c_int64),
                ("input_block_stride", ctypes.c_int64), ("output_block_stride", ctypes.c_int64), ("silu", ctypes.c_bool)]


def kernel_function(module):
    kind = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, NormSiluShape, ctypes.c_void_p)

    class Table(ctypes.Structure):
        _fields_ = [("version", ctypes.c_int), ("device_count", ctypes.c_void_p), ("forward", kind), ("backward", ctypes.c_void_p),
                    ("current_stream", ctypes.c_void_p), ("memory", ctypes.c_void_p), ("reset_peak", ctypes.c_void_p)]

    table = Table()
    fill = ctypes.CDLL(str(pathlib.Path(module).resolve())).reelmendCudaModule
    fill.restype = ctypes.c_char_p
    problem = fill(ctypes.byref(table))
    if problem or table.version != 1:
        raise RuntimeError(problem or f"the module's table has version {table.version}")
    return table.forward


def milliseconds(torch, work, runs=20):
    for _ in range(3):
        work()
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    for _ in range(runs):
        work()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) / runs


def card():
    try:
        told = subprocess.run(["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"], stdout=subprocess.PIPE, timeout=10)
        return told.stdout.decode().splitlines()[0].replace(", ", ", driver ")
    except (OSError, subprocess.TimeoutExpired, IndexError):
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cli", required=True)
    parser.add_argument("--module", required=True)
    parser.add_argument("--seconds", type=float, default=115)
    options = parser.parse_args()
    name = card()
    if not name:
        sys.exit("gpu.py: no CUDA card answers (nvidia-smi)")
    line({"title": "A CUDA card", "machine": name, "date": time.strftime("%Y-%m-%d"),
          "note": "Full-width Wan2.1 autoencoder with random weights through reelmend-cli; TF32 is off. Memory of gradient steps is "
                  "LibTorch's allocator without weights, latents and target."})
    bench = Bench(options)
    for step in (lambda: bench.codec(832, 480, 17), lambda: bench.gradients(256, 256, (17, 33)), bench.kernel):
        try:
            step()
        except Exception as error:  # what was measured before stays worth having
            print(f"gpu.py: {type(error).__name__}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
