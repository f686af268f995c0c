"""Adapters between reelmend-cli and diffusers: each program's files in the other, for every dialect, and the same output.

  python check_lora.py --cli build/dev/app/cli/reelmend-cli [--count 6] [--seed 1]

Needs peft beside diffusers. Each round draws a Wan2.1 transformer with random weights.
Theirs: diffusers makes an adapter (PEFT) of random rank and alpha and saves it; kohya's and ComfyUI's spelling of it are
written here and read back by diffusers' own converters. reelmend-cli merges each file (`latent denoise --lora`).
Ours: `reelmend-cli finetune` teaches an adapter for two steps and writes it in each dialect; diffusers loads it.
Prints the largest difference relative to the output's scale, and how far the adapter moved the output; exit status 1 if
any difference is above 1e-4 in float32, or an adapter moved nothing.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import torch
from diffusers import AutoencoderKLWan, WanTransformer3DModel
from diffusers.loaders.lora_pipeline import WanLoraLoaderMixin
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file

import wan_transformers

MODULES = ["to_q", "to_k", "to_v", "to_out.0", "ffn.net.0.proj", "ffn.net.2"]
TEXT = 12


def draw_config(rng):
    return dict(num_attention_heads=rng.choice([1, 2]), attention_head_dim=rng.choice([12, 16]), in_channels=16, out_channels=16, text_dim=TEXT,
                freq_dim=16, ffn_dim=rng.randint(20, 60), num_layers=rng.randint(1, 3), cross_attn_norm=True, eps=1e-6, patch_size=(1, 2, 2))


def run(command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


def ours(cli, model, folder, given, adapter=None):
    save_file({k: v.contiguous() for k, v in given.items()}, folder / "in.safetensors")
    run([cli, "latent", "denoise", "--model", model, "--in", folder / "in.safetensors", "--out", folder / "out.safetensors",
         "--dtype", "float32", "--device", "cpu", "--threads", "1", *(["--lora", adapter] if adapter else [])])
    return load_file(folder / "out.safetensors")["sample"]


def theirs(folder, given, adapter=None):
    model = WanTransformer3DModel.from_pretrained(folder).eval()
    if adapter:
        state, metadata = WanLoraLoaderMixin.lora_state_dict(str(adapter), return_lora_metadata=True)
        WanLoraLoaderMixin.load_lora_into_transformer(state, transformer=model, adapter_name="a", metadata=metadata)
    with torch.no_grad():
        return model(given["hidden_states"], given["timestep"], given["encoder_hidden_states"], return_dict=False)[0]


def write_theirs(folder, rank, alpha, generator, out=None):
    """The same adapter over folder's transformer in three files, by dialect."""
    out = out or folder
    model = WanTransformer3DModel.from_pretrained(folder)
    model.add_adapter(LoraConfig(r=rank, lora_alpha=alpha, target_modules=MODULES, init_lora_weights=False), adapter_name="a")
    for name, value in model.named_parameters():
        if "lora_" in name:
            value.data = torch.randn(value.shape, generator=generator) * 0.3
    state = get_peft_model_state_dict(model, adapter_name="a")
    WanLoraLoaderMixin.save_lora_weights(out, transformer_lora_layers=state, weight_name="peft.safetensors",
                                         transformer_lora_adapter_metadata=model.peft_config["a"].to_dict())
    kohya, comfy = {}, {}
    for key, value in state.items():
        module, half = key.removesuffix(".weight").rsplit(".", 1)
        layer = wan_transformers.original_name(module + ".weight").removesuffix(".weight")
        flat = "lora_unet_" + layer.replace(".", "_")
        kohya[f"{flat}.{'lora_down' if half == 'lora_A' else 'lora_up'}.weight"] = value.contiguous()
        kohya[f"{flat}.alpha"] = torch.tensor(alpha)
        comfy[f"diffusion_model.{layer}.{half}.weight"] = value.contiguous()
        comfy[f"diffusion_model.{layer}.alpha"] = torch.tensor(alpha)
    save_file(kohya, out / "kohya.safetensors")
    save_file(comfy, out / "comfy.safetensors")
    return {name: out / f"{name}.safetensors" for name in ("peft", "kohya", "comfy")}


def write_ours(cli, pipeline, clip, folder, rng):
    found = {}
    for dialect in ("peft", "kohya", "comfy"):
        found[dialect] = folder / f"ours-{dialect}.safetensors"
        run([cli, "finetune", "--model", pipeline, "--prompt-embedding", folder / "prompt.safetensors", "--task", "repair", "--data", clip,
             "--steps", "2", "--rate", "0.3", "--size", "32", "--frames", "5", "--clips", "1", "--accumulation", "1",
             "--validate-every", "0", "--perceptual", "0", "--precision", "float32", "--lora-rank", str(rng.randint(2, 5)), "--lora-alpha",
             str(rng.choice([2, 7])), "--lora-modules", "attn", "ffn.net", "--lora-no-decoder", "--lora-names", dialect, "-o", found[dialect]])
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cli", required=True)
    parser.add_argument("--count", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    cli, rng, generator = str(pathlib.Path(options.cli).resolve()), random.Random(options.seed), torch.Generator().manual_seed(options.seed)
    worst, still = 0.0, False
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        (root / "clips").mkdir()
        run([cli, "sample", "-o", root / "clips" / "sample.mp4", "--size", "128x96"])
        for number in range(options.count):
            pipeline = root / f"model{number}"
            folder = pipeline / "transformer"
            config = draw_config(rng)
            wan_transformers.make(config, generator).save_pretrained(folder, safe_serialization=True)
            AutoencoderKLWan(base_dim=8, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1).save_pretrained(pipeline / "vae", safe_serialization=True)
            save_file({"prompt_embedding": torch.randn(3, TEXT, generator=generator)}, folder / "prompt.safetensors")
            given = wan_transformers.inputs(config, (1, 2, 4, 6, 5), generator)
            plain = theirs(folder, given)
            scale = plain.abs().max()
            for kind, files in (("theirs", write_theirs(folder, rng.randint(2, 6), rng.choice([1.0, 3.0, 8.0]), generator)), ("ours", write_ours(cli, pipeline, root / "clips", folder, rng))):
                for dialect, path in files.items():
                    expected, found = theirs(folder, given, path), ours(cli, folder, folder, given, path)
                    difference, moved = float((found - expected).abs().max() / scale), float((expected - plain).abs().max() / scale)
                    print(json.dumps({"round": number, "file": kind, "dialect": dialect, "difference": difference, "moved": moved}), flush=True)
                    worst, still = max(worst, difference), still or moved < 1e-3
    print(f"largest difference {worst:.2e}")
    sys.exit(worst > 1e-4 or still)


if __name__ == "__main__":
    main()
