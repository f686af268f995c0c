"""Small CogVideoX models with random weights, their inputs and what diffusers makes of them.

For each autoencoder a folder in diffusers layout (config.json, weights) and cases.safetensors with, per case NAME:
  NAME.x -> NAME.parameters   encode(x).latent_dist.parameters: mean and log-variance stacked
  NAME.z -> NAME.sample       decode(z).sample, not clamped
  NAME.sample_bf16            the same with bfloat16 weights and activations
For each transformer a folder in diffusers layout and cases.safetensors with, per case NAME:
  NAME.hidden_states, .timestep, .encoder_hidden_states (and .ofs) -> NAME.sample; rotary tables as the pipeline makes them
dove_tiny/cases.safetensors: what DOVE's recipe makes of a clip with the tiny autoencoder and the tiny 1.5 transformer, step by step
with diffusers: clip [1, 3, time, height, width] in [-1, 1], prompt [tokens, channels] -> sample, with the posterior's mean.
Everything else is computed in float32.
"""

import json
import pathlib
import sys

import torch
from diffusers import AutoencoderKLCogVideoX, CogVideoXDDIMScheduler, CogVideoXTransformer3DModel
from diffusers.models.embeddings import get_3d_rotary_pos_embed
from diffusers.pipelines.cogvideo.pipeline_cogvideox import get_resize_crop_region_for_grid
from safetensors.torch import save_file

BLOCKS = lambda n: dict(down_block_types=("CogVideoXDownBlock3D",) * n, up_block_types=("CogVideoXUpBlock3D",) * n)
AUTOENCODERS = {
    # the family's structure in small: four levels, two of them halving time
    "cogvideox_vae_tiny": dict(block_out_channels=(4, 8, 8, 8), latent_channels=4, layers_per_block=1, norm_num_groups=4, scaling_factor=0.7, **BLOCKS(4)),
    # other depths: three levels, time halved once, two residual blocks, other norms
    "cogvideox_vae_shallow": dict(block_out_channels=(4, 6, 6), latent_channels=3, layers_per_block=2, norm_num_groups=2, norm_eps=1e-3,
                                  temporal_compression_ratio=2, scaling_factor=1.15258426, **BLOCKS(3)),
}
# (name, latent frames, frames, latent height, latent width): odd sizes, a still, an odd and an even clip, a short tail
CASES = [("still", 1, 1, 3, 5), ("odd", 5, 17, 2, 3), ("even", 4, 13, 1, 2)]

COMMON = dict(num_attention_heads=2, attention_head_dim=16, num_layers=2, time_embed_dim=8, text_embed_dim=6, in_channels=4, out_channels=4,
              max_text_seq_length=5)
TRANSFORMERS = {
    "cogvideox_2b_tiny": dict(COMMON, sample_width=8, sample_height=6, sample_frames=9),
    "cogvideox_5b_tiny": dict(COMMON, sample_width=12, sample_height=8, sample_frames=9, use_rotary_positional_embeddings=True),
    "cogvideox_1_5_tiny": dict(COMMON, sample_width=32, sample_height=32, sample_frames=9, patch_size_t=2,
                               use_rotary_positional_embeddings=True, patch_bias=False),
    "cogvideox_i2v_tiny": dict(COMMON, sample_width=32, sample_height=32, sample_frames=9, patch_size_t=2, in_channels=8, ofs_embed_dim=8,
                               use_rotary_positional_embeddings=True, patch_bias=False),
}


def randomise(model, generator):
    """Weights that keep activations of order one, so that a relative error means something."""
    for name, value in model.named_parameters():
        with torch.no_grad():
            if value.dim() == 1 and name.endswith("weight"):
                value.uniform_(0.8, 1.2, generator=generator)
            elif value.dim() == 1:
                value.uniform_(-0.1, 0.1, generator=generator)
            else:
                bound = (3.0 / value[0].numel()) ** 0.5
                value.uniform_(-bound, bound, generator=generator)


def save(model, folder):
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "diffusion_pytorch_model.safetensors", metadata={"format": "pt"})
    kept = {k: v for k, v in dict(model.config).items() if not k.startswith("_")}
    kept["_class_name"] = type(model).__name__
    (folder / "config.json").write_text(json.dumps(kept, indent=2) + "\n")


def rotary(config, latents):
    """The tables as CogVideoXPipeline makes them, for latents [batch, time, channels, height, width]."""
    if not config.use_rotary_positional_embeddings:
        return None
    p, p_t = config.patch_size, config.patch_size_t
    frames, height, width = latents.shape[1], latents.shape[3] // p, latents.shape[4] // p
    base = (config.sample_height // p, config.sample_width // p)
    if p_t is None:
        crops = get_resize_crop_region_for_grid((height, width), base[1], base[0])
        return get_3d_rotary_pos_embed(config.attention_head_dim, crops, (height, width), frames)
    return get_3d_rotary_pos_embed(config.attention_head_dim, None, (height, width), (frames + p_t - 1) // p_t, grid_type="slice",
                                   max_size=(max(base[0], height), max(base[1], width)))


def autoencoder_cases(config, generator, cases, bf16=True):
    model = AutoencoderKLCogVideoX(**config).eval()
    randomise(model, generator)
    stride = 2 ** (len(config["block_out_channels"]) - 1)
    tensors = {}
    for name, latents, frames, height, width in cases:
        tensors[f"{name}.x"] = torch.rand(1, 3, frames, height * stride, width * stride, generator=generator) * 2 - 1
        tensors[f"{name}.z"] = torch.randn(1, config["latent_channels"], latents, height, width, generator=generator)
        tensors[f"{name}.parameters"] = model.encode(tensors[f"{name}.x"]).latent_dist.parameters
        tensors[f"{name}.sample"] = model.decode(tensors[f"{name}.z"]).sample
    if bf16:  # what bf16 costs the public implementation itself
        narrow = AutoencoderKLCogVideoX(**config).eval()
        narrow.load_state_dict(model.state_dict())
        last = cases[-1][0]
        tensors[f"{last}.sample_bf16"] = narrow.to(torch.bfloat16).decode(tensors[f"{last}.z"].to(torch.bfloat16)).sample
    return model, tensors


def transformer_cases(config, generator, sizes, batch=2):
    model = CogVideoXTransformer3DModel(**config).eval()
    randomise(model, generator)
    tensors = {}
    for i, (time, height, width) in enumerate(sizes):
        hidden = torch.randn(batch, time, model.config.in_channels, height, width, generator=generator)
        text = torch.randn(batch, config["max_text_seq_length"], config["text_embed_dim"], generator=generator)
        timestep = torch.tensor([399.0, 17.0])[:batch]
        given = {"hidden_states": hidden, "encoder_hidden_states": text, "timestep": timestep}
        ofs = None
        if model.config.ofs_embed_dim:
            ofs = given["ofs"] = torch.tensor([2.0])
        given["sample"] = model(hidden, text, timestep, ofs=ofs, image_rotary_emb=rotary(model.config, hidden)).sample
        tensors.update({f"case{i}.{k}": v.contiguous() for k, v in given.items()})
    return model, tensors


def dove_case(autoencoder, transformer, generator, scale=4):
    scheduler = CogVideoXDDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", prediction_type="v_prediction",
                                       rescale_betas_zero_snr=True, snr_shift_scale=1.0, timestep_spacing="trailing")
    clip = torch.rand(1, 3, 9, 4, 8, generator=generator) * 2 - 1
    prompt = torch.randn(5, 6, generator=generator)
    frames = torch.nn.functional.interpolate(clip[0].transpose(0, 1), scale_factor=scale, mode="bilinear", align_corners=False)
    z = autoencoder.encode(frames.transpose(0, 1)[None]).latent_dist.mode() * autoencoder.config.scaling_factor
    z = z.transpose(1, 2)  # [batch, time, channels, height, width]
    copies = z.shape[1] % 2
    padded = torch.cat([z[:, :1]] * copies + [z], dim=1)
    timestep = torch.tensor([399])
    v = transformer(padded, prompt[None], timestep, image_rotary_emb=rotary(transformer.config, padded)).sample[:, copies:]
    clean = scheduler.get_velocity(v, z, timestep)  # roles swapped: sqrt(abar) z - sqrt(1 - abar) v
    sample = autoencoder.decode(clean.transpose(1, 2) / autoencoder.config.scaling_factor).sample
    return {"clip": clip, "prompt": prompt, "sample": sample.contiguous()}


def main(out):
    torch.set_grad_enabled(False)
    models = {}
    for name, config in AUTOENCODERS.items():
        model, tensors = autoencoder_cases(config, torch.Generator().manual_seed(20261126), CASES)
        folder = pathlib.Path(out) / name
        save(model, folder)
        save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "cases.safetensors")
        print(name, {k: tuple(v.shape) for k, v in tensors.items()}, sum(p.stat().st_size for p in folder.iterdir()))
        models[name] = model
    for name, config in TRANSFORMERS.items():
        step = config.get("patch_size_t") or 1
        model, tensors = transformer_cases(config, torch.Generator().manual_seed(20261127), [(step, 4, 6), (3 * step, 6, 8), (2 * step, 2, 14)])
        folder = pathlib.Path(out) / name
        save(model, folder)
        save_file(tensors, folder / "cases.safetensors")
        print(name, {k: tuple(v.shape) for k, v in tensors.items()}, sum(p.stat().st_size for p in folder.iterdir()))
        models[name] = model
    folder = pathlib.Path(out) / "dove_tiny"
    folder.mkdir(parents=True, exist_ok=True)
    save_file(dove_case(models["cogvideox_vae_tiny"], models["cogvideox_1_5_tiny"], torch.Generator().manual_seed(20261128)),
              folder / "cases.safetensors")


if __name__ == "__main__":
    main(sys.argv[1])
