"""Random Wan2.1 and VACE transformers through reelmend-cli, compared with diffusers: any valid config, not only the committed ones.

  python check_transformer.py --cli build/dev/app/cli/reelmend-cli [--count 30] [--seed 1]

Each round draws a config (widths, depth, patch, norms, side blocks), inputs of odd sizes and a spelling of the names
(diffusers; Wan's own; Wan's behind ComfyUI's prefix, without or with a config.json), runs both programs in float32 and
float64, and prints the errors relative to the output's scale. Exit status 1 if any is above 1e-4 (float64: 1e-10).
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file

import wan_transformers


def draw_config(rng):
    heads = rng.choice([1, 2, 3, 4])
    config = dict(num_attention_heads=heads, attention_head_dim=rng.choice([6, 8, 10, 14, 16, 22, 36, 64]), in_channels=rng.randint(1, 20),
                  text_dim=rng.randint(1, 40), freq_dim=rng.randint(2, 33), ffn_dim=rng.randint(1, 90), num_layers=rng.randint(1, 5),
                  cross_attn_norm=rng.random() < 0.7, eps=rng.choice([1e-6, 1e-5, 1e-3]),
                  patch_size=rng.choice([(1, 2, 2), (1, 2, 2), (1, 1, 1), (2, 1, 3), (1, 4, 2)]))
    config["out_channels"] = rng.choice([config["in_channels"], rng.randint(1, 20)])
    if rng.random() < 0.5:
        others = rng.sample(range(1, config["num_layers"]), rng.randint(0, config["num_layers"] - 1))
        config["vace_layers"] = [0] + sorted(others)
        config["vace_in_channels"] = rng.randint(1, 100)
    return config


def draw_case(rng, config):
    time, height, width = config["patch_size"]
    return rng.choice([1, 1, 2, 3]), time * rng.randint(1, 4), height * rng.randint(1, 6), width * rng.randint(1, 6), rng.choice([1, 3, 17, 512])


def write_model(rng, folder, config, model):
    """Returns the path for --model and a word for the report."""
    spelling = rng.choice(["diffusers", "diffusers", "original", "comfy"])
    if spelling == "diffusers":
        model.save_pretrained(folder, safe_serialization=True, max_shard_size=rng.choice(["10GB", "30KB"]))
        return folder, spelling
    prefix = "model.diffusion_model." if spelling == "comfy" else ""
    path = folder / "wan.safetensors"
    save_file({prefix + wan_transformers.original_name(k): v.contiguous() for k, v in model.state_dict().items()}, path)
    told = {"_class_name": "VaceWanModel" if "vace_layers" in config else "WanModel", "num_heads": config["num_attention_heads"],
            "eps": config["eps"], "dim": config["num_attention_heads"] * config["attention_head_dim"], "num_layers": config["num_layers"],
            "ffn_dim": config["ffn_dim"], "in_dim": config["in_channels"], "out_dim": config["out_channels"]}
    if "vace_layers" in config:
        told["vace_layers"] = config["vace_layers"]
    (folder / "config.json").write_text(json.dumps(told))
    return path, spelling


def run(cli, model, folder, given, dtype):
    save_file({k: v.contiguous() for k, v in given.items()}, folder / "in.safetensors")
    command = [cli, "latent", "denoise", "--model", str(model), "--in", str(folder / "in.safetensors"), "--out", str(folder / "out.safetensors"),
               "--dtype", dtype, "--device", "cpu", "--threads", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"reelmend-cli failed: {done.stderr}")
    return load_file(folder / "out.safetensors")["sample"]


def error(found, expected):
    assert found.shape == expected.shape, (found.shape, expected.shape)
    return float((found.double() - expected.double()).abs().max() / expected.double().abs().max())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cli", required=True)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    worst = {"float32": 0.0, "float64": 0.0}
    for number in range(options.count):
        rng = random.Random(options.seed * 100003 + number)
        generator = torch.Generator().manual_seed(rng.randrange(1 << 30))
        config = draw_config(rng)
        case = draw_case(rng, config)
        model = wan_transformers.make(config, generator)
        given = wan_transformers.inputs(config, case, generator)
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "model").mkdir()
            path, spelling = write_model(rng, folder / "model", config, model)
            errors = {"float32": error(run(options.cli, path, folder, given, "float32"), model(**given).sample)}
            with wan_transformers.everything_in_double():
                wide = wan_transformers.in_double(config, model)(**{k: v.double() for k, v in given.items()}).sample
            errors["float64"] = error(run(options.cli, path, folder, given, "float64"), wide)
        for dtype, value in errors.items():
            worst[dtype] = max(worst[dtype], value)
        print(f"{number:3} {spelling:9} float32 {errors['float32']:.1e} float64 {errors['float64']:.1e} {case} {config}", flush=True)
    print(f"worst of {options.count}: float32 {worst['float32']:.1e}, float64 {worst['float64']:.1e}")
    sys.exit(worst["float32"] > 1e-4 or worst["float64"] > 1e-10)


if __name__ == "__main__":
    main()
