"""Random small CogVideoX models through reelmend-cli and diffusers: does any valid config give the same numbers?

  python check_cogvideox.py --cli build/dev/app/cli/reelmend-cli [--count 20] [--seed 1]

Prints one line per model and the worst error; exits with 1 when an autoencoder is off by more than 1e-5 of its output's
scale or a transformer by more than 1e-4.
"""

import argparse
import pathlib
import random
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from make_cogvideox_fixtures import BLOCKS, autoencoder_cases, save, transformer_cases

LIMITS = {"autoencoder": 1e-5, "transformer": 1e-4}


def error(got, expected):
    assert got.shape == expected.shape, (got.shape, expected.shape)
    return ((got.double() - expected.double()).abs().max() / expected.double().abs().max()).item()


def cli(options, *arguments):
    done = subprocess.run([options.cli, "latent", *map(str, arguments), "--dtype", "float32", "--device", "cpu"], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr)


def random_autoencoder(pick):
    groups = pick.choice([1, 2, 4])
    levels = pick.choice([2, 3, 4])
    channels = tuple(groups * pick.randint(1, 4) for _ in range(levels))
    return dict(block_out_channels=channels, latent_channels=pick.randint(1, 6), layers_per_block=pick.randint(1, 3), norm_num_groups=groups,
                norm_eps=pick.choice([1e-6, 1e-4]), temporal_compression_ratio=pick.choice([1, 2, 4, 8]), **BLOCKS(levels))


def random_transformer(pick):
    joined = pick.random() < 0.5
    rotary = joined or pick.random() < 0.6
    learned = rotary and not joined and pick.random() < 0.3
    config = dict(num_attention_heads=pick.randint(1, 3), attention_head_dim=pick.choice([16, 32, 48]), num_layers=pick.randint(1, 3),
                  time_embed_dim=pick.randint(2, 9), text_embed_dim=pick.randint(2, 9), in_channels=pick.randint(2, 6), out_channels=pick.randint(1, 4),
                  max_text_seq_length=pick.randint(1, 7), sample_width=pick.choice([8, 20, 40]), sample_height=pick.choice([8, 12, 40]),
                  sample_frames=pick.choice([5, 9, 13]), use_rotary_positional_embeddings=rotary, use_learned_positional_embeddings=learned,
                  attention_bias=pick.random() < 0.7, flip_sin_to_cos=pick.random() < 0.7, freq_shift=pick.choice([0, 1]),
                  norm_elementwise_affine=pick.random() < 0.7, norm_eps=pick.choice([1e-5, 1e-3]), patch_bias=pick.random() < 0.5,
                  spatial_interpolation_scale=pick.choice([1.0, 1.875]), temporal_interpolation_scale=pick.choice([1.0, 2.0]),
                  activation_fn=pick.choice(["gelu-approximate", "gelu"]))
    if joined:
        config["patch_size_t"] = pick.choice([1, 2])
        if pick.random() < 0.5:
            config["ofs_embed_dim"] = config["time_embed_dim"]
    return config


def check_autoencoder(options, folder, pick):
    config = random_autoencoder(pick)
    cases = [("case", pick.randint(1, 7), pick.choice([1, 2, 5, 8, 9, 13, 16, 17]), pick.randint(1, 4), pick.randint(1, 5))]
    model, tensors = autoencoder_cases(config, torch.Generator().manual_seed(pick.randrange(1 << 30)), cases, bf16=False)
    save(model, folder)
    save_file({"x": tensors["case.x"], "z": tensors["case.z"]}, folder / "in.st")
    cli(options, "encode", "--model", folder, "--in", folder / "in.st", "--out", folder / "p.st")
    encode = error(load_file(folder / "p.st")["parameters"], tensors["case.parameters"])
    cli(options, "decode", "--model", folder, "--in", folder / "in.st", "--out", folder / "s.st")
    expected = tensors["case.sample"]  # the program clamps what it decodes
    decode = ((load_file(folder / "s.st")["sample"] - expected.clamp(-1, 1)).abs().max() / expected.abs().max()).item()
    return max(encode, decode), config


def check_transformer(options, folder, pick):
    config = random_transformer(pick)
    step = config.get("patch_size_t") or 1
    size = (step * pick.randint(1, 4), 2 * pick.randint(1, 5), 2 * pick.randint(1, 5))
    if config["use_learned_positional_embeddings"]:
        size = (size[0], config["sample_height"], config["sample_width"])
    model, tensors = transformer_cases(config, torch.Generator().manual_seed(pick.randrange(1 << 30)), [size])
    save(model, folder)
    save_file({k.removeprefix("case0."): v for k, v in tensors.items() if not k.endswith("sample")}, folder / "in.st")
    cli(options, "denoise", "--model", folder, "--in", folder / "in.st", "--out", folder / "out.st")
    return error(load_file(folder / "out.st")["sample"], tensors["case0.sample"]), config


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cli", required=True)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_grad_enabled(False)
    pick = random.Random(options.seed)
    failed = False
    for kind, check in (("autoencoder", check_autoencoder), ("transformer", check_transformer)):
        worst = 0.0
        for i in range(options.count):
            with tempfile.TemporaryDirectory() as name:
                off, config = check(options, pathlib.Path(name), pick)
            print(f"{kind} {i}: {off:.1e} {config}", flush=True)
            worst = max(worst, off)
        print(f"worst {kind}: {worst:.1e}, allowed {LIMITS[kind]:.0e}")
        failed |= not worst <= LIMITS[kind]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
