"""Small AutoencoderKLWan models with random weights, their inputs and what diffusers makes of them.

For each config a folder in diffusers layout (config.json, weights) and cases.safetensors with, per case NAME:
  NAME.x -> NAME.parameters   encode(x).latent_dist.parameters: mean and log-variance stacked
  NAME.z -> NAME.sample       decode(z).sample, clamped to [-1, 1] as diffusers returns it
  NAME.z -> NAME.raw          the decoder's output before clamping (full precision of the comparison)
  NAME.raw_bf16               the same with bfloat16 weights and activations
Everything else is computed in float32.
"""

import json
import pathlib
import sys

import torch
from diffusers import AutoencoderKLWan
from safetensors.torch import save_file

CONFIGS = {
    # the family's structure in small: four levels, two of them halving time
    "wan_tiny": dict(base_dim=4, z_dim=4, dim_mult=[1, 2, 2, 2], num_res_blocks=1, temperal_downsample=[False, True, True]),
    # other depths: three levels, time halved once, two residual blocks, other statistics
    "wan_shallow": dict(base_dim=5, z_dim=3, dim_mult=[1, 2, 2], num_res_blocks=2, temperal_downsample=[True, False],
                        latents_mean=[0.1, -0.2, 0.3], latents_std=[1.5, 0.5, 2.0]),
}
# (name, latent frames, latent height, latent width): odd sizes, a still, several groups
CASES = [("still", 1, 3, 5), ("clip", 4, 3, 2), ("wide", 3, 1, 4)]


def randomise(model, generator):
    """Weights that keep activations of order one, so that a relative error means something."""
    for name, value in model.named_parameters():
        with torch.no_grad():
            if name.endswith("gamma"):
                value.uniform_(0.8, 1.2, generator=generator)
            elif name.endswith("bias"):
                value.uniform_(-0.1, 0.1, generator=generator)
            else:
                fan_in = value[0].numel()
                bound = (3.0 / fan_in) ** 0.5
                value.uniform_(-bound, bound, generator=generator)


def raw_decode(model, z):
    """AutoencoderKLWan._decode without its clamp, from the model's own parts."""
    model.clear_cache()
    x = model.post_quant_conv(z)
    frames = []
    for i in range(z.shape[2]):
        model._conv_idx = [0]
        frames.append(model.decoder(x[:, :, i : i + 1], feat_cache=model._feat_map, feat_idx=model._conv_idx, first_chunk=i == 0))
    model.clear_cache()
    return torch.cat(frames, 2)


def main(out):
    torch.manual_seed(0)
    torch.set_grad_enabled(False)
    for name, config in CONFIGS.items():
        folder = pathlib.Path(out) / name
        folder.mkdir(parents=True, exist_ok=True)
        generator = torch.Generator().manual_seed(20261121)
        model = AutoencoderKLWan(**config).eval()
        randomise(model, generator)
        save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "diffusion_pytorch_model.safetensors",
                  metadata={"format": "pt"})
        kept = {k: v for k, v in dict(model.config).items() if not k.startswith("_") or k == "_class_name"}
        kept["_class_name"] = "AutoencoderKLWan"
        (folder / "config.json").write_text(json.dumps(kept, indent=2) + "\n")
        stride = 2 ** (len(config["dim_mult"]) - 1)
        group = 2 ** sum(config["temperal_downsample"])
        tensors = {}
        for case, time, height, width in CASES:
            frames = 1 + group * (time - 1)
            x = torch.rand(1, 3, frames, height * stride, width * stride, generator=generator) * 2 - 1
            z = torch.randn(1, config["z_dim"], time, height, width, generator=generator)
            tensors[f"{case}.x"] = x
            tensors[f"{case}.z"] = z
            if group == 4 or frames == 1:  # diffusers always encodes four frames at a time
                tensors[f"{case}.parameters"] = model.encode(x).latent_dist.parameters
            else:
                del tensors[f"{case}.x"]
            tensors[f"{case}.raw"] = raw_decode(model, z)
            sample = model.decode(z).sample
            if case == "clip":  # what bf16 costs the public implementation itself
                narrow = AutoencoderKLWan(**config).eval()
                narrow.load_state_dict(model.state_dict())
                tensors[f"{case}.raw_bf16"] = raw_decode(narrow.to(torch.bfloat16), z.to(torch.bfloat16))
            assert torch.equal(sample, tensors[f"{case}.raw"].clamp(-1, 1))
        save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "cases.safetensors")
        print(name, {k: tuple(v.shape) for k, v in tensors.items()}, sum(p.stat().st_size for p in folder.iterdir()))


if __name__ == "__main__":
    main(sys.argv[1])
