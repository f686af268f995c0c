"""The gradient that reelmend-cli computes against autograd through diffusers' own decoder, in float64.

  python check_gradient.py --cli build/dev/app/cli/reelmend-cli [--base-dim 4] [--latents 4] [--size 4x3] [--keep FOLDER]

A random AutoencoderKLWan and a random clip are made; every exact mode must give autograd's gradient of the mean squared
error (before clamping, with respect to diffusers' z), and chop its truncated one (caches detached by hand). Prints the
largest relative difference of each; exit status 1 above 1e-9.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import diffusers.models.autoencoders.autoencoder_kl_wan
import torch
from diffusers import AutoencoderKLWan
from safetensors.torch import load_file, save_file

from make_wan_fixtures import randomise


def upsample_in_double(self, x):
    """diffusers' WanUpsample rounds to float32 on the way, which costs 8e-8 in the gradient; copying pixels needs no rounding."""
    return torch.nn.Upsample.forward(self, x)


def groups_of(model, z, entering, first):
    """One group through the decoder: frames and the caches after it."""
    model._feat_map = list(entering)
    model._conv_idx = [0]
    frames = model.decoder(model.post_quant_conv(z), feat_cache=model._feat_map, feat_idx=model._conv_idx, first_chunk=first)
    return frames, list(model._feat_map)


def truncated(model, z, target, distance):
    """ChopGrad's gradient by its definition: the loss of group i through groups i - D .. i, one graph each time."""
    count = z.shape[2]
    gradient = torch.zeros_like(z)
    elements = target.numel()
    model.clear_cache()
    empty = list(model._feat_map)
    caches = [empty]
    with torch.no_grad():
        for i in range(count):
            caches.append(groups_of(model, z[:, :, i : i + 1], caches[i], i == 0)[1])
    begin = 0
    for i in range(count):
        start = max(0, i - distance)
        leaf = z[:, :, start : i + 1].clone().requires_grad_(True)
        cache = [c.detach() if torch.is_tensor(c) else c for c in caches[start]]
        for j in range(start, i + 1):
            frames, cache = groups_of(model, leaf[:, :, j - start : j - start + 1], cache, j == 0)
        end = begin + frames.shape[2]
        ((frames - target[:, :, begin:end]) ** 2).sum().div(elements).backward()
        gradient[:, :, start : i + 1] += leaf.grad
        begin = end
    return gradient


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cli", required=True)
    parser.add_argument("--base-dim", type=int, default=4)
    parser.add_argument("--latents", type=int, default=4)
    parser.add_argument("--size", default="4x3", help="latent cells")
    parser.add_argument("--keep", help="folder for the model, in.safetensors and the gradients")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    diffusers.models.autoencoders.autoencoder_kl_wan.WanUpsample.forward = upsample_in_double
    generator = torch.Generator().manual_seed(7)
    model = AutoencoderKLWan(base_dim=options.base_dim, z_dim=16).double().eval()
    randomise(model, generator)
    model.requires_grad_(False)
    z = torch.randn(1, 16, options.latents, height, width, generator=generator, dtype=torch.float64)
    target = torch.rand(1, 3, 1 + 4 * (options.latents - 1), height * 8, width * 8, generator=generator, dtype=torch.float64) * 2 - 1
    cases = [(["--mode", "exact", "--store", "disk"], None), (["--mode", "exact"], None), (["--mode", "full"], None),
             (["--mode", "full", "--ops", "stock"], None), (["--mode", "checkpoint"], None),
             (["--mode", "exact", "--tiles", "2x1"], None)]
    cases += [(["--mode", "chop", "--distance", str(d)], d) for d in (0, 1, 2, options.latents)]
    cases += [(["--mode", "chop", "--distance", "1", "--form", "recomputing", "--store", "disk"], 1)]
    worst = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(options.keep or name)
        folder.mkdir(parents=True, exist_ok=True)
        model.save_pretrained(folder / "vae", safe_serialization=True)
        save_file({"z": z, "target": target}, folder / "in.safetensors")
        truth = {}
        for arguments, distance in cases:
            if distance not in truth:
                truth[distance] = truncated(model, z, target, options.latents if distance is None else distance)
            subprocess.run([options.cli, "measure", "gradient", "--model", str(folder / "vae"), "--in", str(folder / "in.safetensors"),
                            "--out", str(folder / "out.safetensors"), "--loss", "mse", "--dtype", "float64", "--device", "cpu", "--json",
                            *arguments], stdout=subprocess.DEVNULL, check=True)
            got = load_file(folder / "out.safetensors")["gradient"]
            difference = ((got - truth[distance]).norm() / truth[distance].norm()).item()
            worst = max(worst, difference)
            print(json.dumps({"arguments": " ".join(arguments), "relative_difference": difference}), flush=True)
        # And the whole of it once more as a user would write it: one graph, autograd's own backward.
        leaf = z.clone().requires_grad_(True)
        from make_wan_fixtures import raw_decode

        torch.nn.functional.mse_loss(raw_decode(model, leaf), target).backward()
        own = ((leaf.grad - truth[None]).norm() / truth[None].norm()).item()
        print(json.dumps({"arguments": "autograd through one graph", "relative_difference": own}))
    sys.exit(worst > 1e-9 or own > 1e-9)


if __name__ == "__main__":
    main()
