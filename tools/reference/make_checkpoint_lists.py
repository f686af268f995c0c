"""Names, shapes and types of the tensors of public checkpoints, as lists that `models inspect` and `plan` read
(core/models/tensor_list.h), made without any weights: diffusers' and transformers' models on the meta device, with the
configs that the repositories publish, and Wan's and CogVideoX's own names from them.

    tools/reference/make_checkpoint_lists.py tests/fixtures/checkpoints
"""

import json
import pathlib
import re
import sys

import torch
from diffusers import (AutoencoderKLCogVideoX, AutoencoderKLWan, CogVideoXTransformer3DModel, WanTransformer3DModel,
                       WanVACETransformer3DModel)
from transformers import T5Config, T5EncoderModel, UMT5Config, UMT5EncoderModel

WAN = {
    "1.3b": dict(num_attention_heads=12, attention_head_dim=128, ffn_dim=8960, num_layers=30),
    "14b": dict(num_attention_heads=40, attention_head_dim=128, ffn_dim=13824, num_layers=40),
}
VACE = {"1.3b": list(range(0, 30, 2)), "14b": list(range(0, 40, 5))}
COG = {
    "2b": (torch.float16, dict(num_attention_heads=30, num_layers=30)),
    "5b": (torch.bfloat16, dict(num_attention_heads=48, num_layers=42, use_rotary_positional_embeddings=True)),
    "1.5-5b": (torch.bfloat16, dict(num_attention_heads=48, num_layers=42, use_rotary_positional_embeddings=True,
                                    patch_size_t=2, sample_height=300, sample_width=300, sample_frames=81)),
    "1.5-5b-i2v": (torch.bfloat16, dict(num_attention_heads=48, num_layers=42, use_rotary_positional_embeddings=True,
                                        patch_size_t=2, in_channels=32, ofs_embed_dim=512, sample_height=300,
                                        sample_width=300, sample_frames=81)),
}
XXL = dict(d_model=4096, d_kv=64, d_ff=10240, num_layers=24, num_heads=64, feed_forward_proj="gated-gelu")
TYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64"}

# diffusers -> original, in this order (reference of the names: the converters of diffusers, read backwards)
WAN_NAMES = [
    ("condition_embedder.time_embedder.linear_1", "time_embedding.0"),
    ("condition_embedder.time_embedder.linear_2", "time_embedding.2"),
    ("condition_embedder.text_embedder.linear_1", "text_embedding.0"),
    ("condition_embedder.text_embedder.linear_2", "text_embedding.2"),
    ("condition_embedder.time_proj", "time_projection.1"), ("proj_out", "head.head"), (".norm2.", ".norm3."),
    (".ffn.net.0.proj", ".ffn.0"), (".ffn.net.2", ".ffn.2"), ("attn1", "self_attn"), ("attn2", "cross_attn"),
    (".to_out.0.", ".o."), (".to_q.", ".q."), (".to_k.", ".k."), (".to_v.", ".v."),
]
T5_NAMES = [
    ("encoder.block.", "blocks."), ("layer.0.SelfAttention.relative_attention_bias", "pos_embedding.embedding"),
    ("layer.0.SelfAttention", "attn"), ("layer.0.layer_norm", "norm1"), ("layer.1.layer_norm", "norm2"),
    ("layer.1.DenseReluDense.wi_0", "ffn.gate.0"), ("layer.1.DenseReluDense.wi_1", "ffn.fc1"),
    ("layer.1.DenseReluDense.wo", "ffn.fc2"), ("encoder.final_layer_norm", "norm"), ("shared", "token_embedding"),
]


def wan_original(name):
    if name == "scale_shift_table":
        return "head.modulation"
    name = name.replace(".scale_shift_table", ".modulation")
    if name.startswith("vace_blocks."):
        name = name.replace(".proj_in.", ".before_proj.").replace(".proj_out.", ".after_proj.")
    for old, new in WAN_NAMES:
        name = name.replace(old, new)
    return name


def vae_original(name):
    """AutoencoderKLWan with two residual blocks a level."""
    part = lambda s: re.sub(r"\bnorm1\b", "residual.0", re.sub(r"\bconv1\b", "residual.2", re.sub(
        r"\bnorm2\b", "residual.3", re.sub(r"\bconv2\b", "residual.6", s)))).replace("conv_shortcut", "shortcut")
    if name.startswith(("quant_conv", "post_quant_conv")):
        return name.replace("post_quant_conv", "conv2").replace("quant_conv", "conv1")
    side, rest = name.split(".", 1)
    rest = re.sub(r"^mid_block\.resnets\.(\d)\.(.*)", lambda m: f"middle.{2 * int(m[1])}.{part(m[2])}", rest)
    rest = rest.replace("mid_block.attentions.0", "middle.1")
    rest = re.sub(r"^down_blocks\.(\d+)\.(.*)", lambda m: f"downsamples.{m[1]}.{part(m[2])}", rest)
    rest = re.sub(r"^up_blocks\.(\d)\.resnets\.(\d)\.(.*)", lambda m: f"upsamples.{4 * int(m[1]) + int(m[2])}.{part(m[3])}",
                  rest)
    rest = re.sub(r"^up_blocks\.(\d)\.upsamplers\.0\.(.*)", lambda m: f"upsamples.{4 * int(m[1]) + 3}.{m[2]}", rest)
    rest = re.sub(r"^conv_in\b", "conv1", rest)
    return side + "." + rest.replace("norm_out", "head.0").replace("conv_out", "head.2")


def t5_original(name):
    for old, new in T5_NAMES:
        name = name.replace(old, new)
    return name


SAT_NAMES = [
    ("norm_final.", "transformer.final_layernorm."), ("time_embedding.linear_1", "time_embed.0"),
    ("time_embedding.linear_2", "time_embed.2"), ("ofs_embedding.linear_1", "ofs_embed.0"),
    ("ofs_embedding.linear_2", "ofs_embed.2"), ("patch_embed.", "mixins.patch_embed."),
    ("norm_out.norm", "mixins.final_layer.norm_final"), ("norm_out.linear", "mixins.final_layer.adaLN_modulation.1"),
    ("proj_out.", "mixins.final_layer.linear."), ("attn1.to_out.0", "attention.dense"),
    ("ff.net.0.proj", "mlp.dense_h_to_4h"), ("ff.net.2", "mlp.dense_4h_to_h"), ("norm1.norm", "input_layernorm"),
    ("norm2.norm", "post_attention_layernorm"), ("transformer_blocks.", "transformer.layers."),
]


def cog_original(tensors):
    """SAT joins queries, keys and values, and both modulations of a block."""
    joined = {}
    for name, (dtype, shape) in tensors.items():
        block = re.match(r"transformer_blocks\.(\d+)\.(.+)\.(weight|bias)$", name)
        part = block[2] if block else ""
        if part in ("attn1.to_k", "attn1.to_v", "norm2.linear"):
            continue
        times = {"attn1.to_q": 3, "norm1.linear": 2}.get(part, 1)
        shape = (shape[0] * times, *shape[1:])
        special = {"attn1.to_q": "transformer.layers.{n}.attention.query_key_value",
                   "norm1.linear": "mixins.adaln_layer.adaLN_modulations.{n}.1",
                   "attn1.norm_q": "mixins.adaln_layer.query_layernorm_list.{n}",
                   "attn1.norm_k": "mixins.adaln_layer.key_layernorm_list.{n}"}.get(part)
        if special:
            name = special.format(n=block[1]) + "." + block[3]
        else:
            for old, new in SAT_NAMES:
                name = name.replace(old, new)
        joined["model.diffusion_model." + name] = (dtype, shape)
    return joined


def cog_vae_original(name):
    name = re.sub(r"decoder\.up_blocks\.(\d)", lambda m: f"decoder.up.{3 - int(m[1])}", name)
    for old, new in (("mid_block.resnets.0", "mid.block_1"), ("mid_block.resnets.1", "mid.block_2"), ("down_blocks", "down"),
                     ("resnets", "block"), ("downsamplers.0", "downsample"), ("upsamplers.0", "upsample"),
                     ("conv_shortcut", "nin_shortcut")):
        name = name.replace(old, new)
    return name


def patterns(tensors):
    """{name: (dtype, shape)} with the first number of names that differ in nothing else as {first:end}."""
    groups = {}
    for name, what in tensors.items():
        match = re.search(r"(?<=\.)\d+(?=\.)", name)
        key = (name, "", what) if not match else (name[: match.start()], name[match.end() :], what)
        groups.setdefault(key, []).append(int(match[0]) if match else None)
    lines = {}
    for (before, after, (dtype, shape)), numbers in groups.items():
        runs = []
        for number in sorted(n for n in numbers if n is not None):
            if runs and runs[-1][1] == number:
                runs[-1][1] = number + 1
            else:
                runs.append([number, number + 1])
        texts = [before] if numbers == [None] else [
            f"{before}{{{a}:{b}}}{after}" if b > a + 1 else f"{before}{a}{after}" for a, b in runs]
        for text in texts:
            lines[text] = {"dtype": dtype, "shape": list(shape)}
    return lines


def write(folder, name, model, dtype, rename=lambda name: name, keep_types=(), prefix="",
          join=lambda tensors: tensors):
    tensors = {}
    for key, value in model.state_dict().items():
        if key.endswith("embed_tokens.weight"):
            continue  # the same tensor as shared.weight; files hold one
        narrow = dtype if not any(part in key for part in keep_types) else torch.float32
        tensors[prefix + rename(key)] = (TYPES[narrow], tuple(value.shape))
    tensors = join(tensors)
    count, elements = len(tensors), sum(int(torch.Size(s).numel()) for _, s in tensors.values())
    lines = patterns(tensors)
    text = "{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in lines.items()) + "\n}\n"
    (folder / f"{name}.tensors.json").write_text(text)
    print(f"{name}: {count} tensors, {elements} numbers, {len(text)} bytes")


def main(out):
    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_default_device("meta")
    for size, config in WAN.items():
        t2v = WanTransformer3DModel(**config)
        vace = WanVACETransformer3DModel(**config, vace_layers=VACE[size], vace_in_channels=96)
        write(folder, f"wan2.1-t2v-{size}", t2v, torch.float32)
        write(folder, f"wan2.1-t2v-{size}-original", t2v, torch.float32, wan_original)
        write(folder, f"wan2.1-vace-{size}", vace, torch.float32)
        write(folder, f"wan2.1-vace-{size}-original", vace, torch.float32, wan_original)
    write(folder, "wan2.1-t2v-1.3b-comfy", WanTransformer3DModel(**WAN["1.3b"]), torch.float16, wan_original,
          prefix="model.diffusion_model.")
    vae = AutoencoderKLWan()
    write(folder, "wan2.1-vae", vae, torch.float32)
    write(folder, "wan2.1-vae-original", vae, torch.float32, vae_original)
    for size, (dtype, config) in COG.items():
        transformer = CogVideoXTransformer3DModel(**config)
        write(folder, f"cogvideox-{size}", transformer, dtype)
        write(folder, f"cogvideox-{size}-original", transformer, dtype, join=cog_original)
    vae = AutoencoderKLCogVideoX(
        block_out_channels=(128, 256, 256, 512), layers_per_block=3, latent_channels=16,
        down_block_types=("CogVideoXDownBlock3D",) * 4, up_block_types=("CogVideoXUpBlock3D",) * 4)
    write(folder, "cogvideox-vae", vae, torch.float32)
    write(folder, "cogvideox-vae-original", vae, torch.float32, cog_vae_original)
    umt5 = UMT5EncoderModel(UMT5Config(vocab_size=256384, **XXL))
    write(folder, "umt5-xxl", umt5, torch.bfloat16)
    write(folder, "umt5-xxl-original", umt5, torch.bfloat16, t5_original)
    write(folder, "t5-v1.1-xxl", T5EncoderModel(T5Config(vocab_size=32128, **XXL)), torch.bfloat16)


if __name__ == "__main__":
    main(sys.argv[1])
