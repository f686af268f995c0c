"""Wan transformers of diffusers with random weights: what the fixtures, the random check and the benchmark share."""

import contextlib
import math

import torch
from diffusers import WanTransformer3DModel, WanVACETransformer3DModel
from diffusers.models import embeddings


def make(config, generator):
    """The model of a config (VACE where it has vace_layers), weights that keep activations of order one."""
    kind = WanVACETransformer3DModel if "vace_layers" in config else WanTransformer3DModel
    model = kind(**config).eval()
    for name, value in model.named_parameters():
        with torch.no_grad():
            if name.endswith("norm_q.weight") or name.endswith("norm_k.weight") or name.endswith("norm2.weight"):
                value.uniform_(0.8, 1.2, generator=generator)
            elif value.dim() == 1:
                value.uniform_(-0.1, 0.1, generator=generator)
            elif name.endswith("scale_shift_table"):
                value.uniform_(-0.5, 0.5, generator=generator)
            else:
                bound = (3.0 / value[0].numel()) ** 0.5
                value.uniform_(-bound, bound, generator=generator)
    return model


@contextlib.contextmanager
def everything_in_double():
    """diffusers computes norms, rotations and timesteps in float32 even where the weights are float64. Inside, it does not."""
    narrow, sinusoids = torch.Tensor.float, embeddings.get_timestep_embedding

    def wide_sinusoids(timesteps, dim, flip_sin_to_cos=False, downscale_freq_shift=1, scale=1, max_period=10000):
        half = dim // 2
        rates = torch.exp(-math.log(max_period) * torch.arange(half, dtype=torch.float64) / (half - downscale_freq_shift))
        angles = scale * timesteps[:, None].double() * rates[None, :]
        parts = [angles.cos(), angles.sin()] if flip_sin_to_cos else [angles.sin(), angles.cos()]
        waves = torch.cat(parts, dim=-1)
        return torch.nn.functional.pad(waves, (0, dim % 2))

    torch.Tensor.float, embeddings.get_timestep_embedding = torch.Tensor.double, wide_sinusoids
    try:
        yield
    finally:
        torch.Tensor.float, embeddings.get_timestep_embedding = narrow, sinusoids


def in_double(config, model):
    """The same weights in a model whose tables were made in float64 as well. Made and used inside everything_in_double()."""
    wide = type(model)(**config).eval().double()
    wide.load_state_dict({k: v.double() for k, v in model.state_dict().items()})
    return wide


def inputs(config, case, generator):
    """hidden_states and so on by name. case: batch, frames, height, width (latent cells), text tokens."""
    batch, frames, height, width, tokens = case
    given = {
        "hidden_states": torch.randn(batch, config["in_channels"], frames, height, width, generator=generator),
        "timestep": (torch.rand(batch, generator=generator) * 999).round(decimals=2),
        "encoder_hidden_states": torch.randn(batch, tokens, config["text_dim"], generator=generator),
    }
    if "vace_layers" in config:
        given["control_hidden_states"] = torch.randn(batch, config["vace_in_channels"], frames, height, width, generator=generator)
        given["control_hidden_states_scale"] = torch.rand(len(config["vace_layers"]), generator=generator) + 0.5
    return given


ORIGINAL = [  # in this order; the norms change places
    ("time_embedding.0", "condition_embedder.time_embedder.linear_1"), ("time_embedding.2", "condition_embedder.time_embedder.linear_2"),
    ("text_embedding.0", "condition_embedder.text_embedder.linear_1"), ("text_embedding.2", "condition_embedder.text_embedder.linear_2"),
    ("time_projection.1", "condition_embedder.time_proj"), (".before_proj", ".proj_in"), (".after_proj", ".proj_out"),
    (".self_attn.", ".attn1."), (".cross_attn.", ".attn2."), (".norm3.", ".norm2."), (".ffn.0.", ".ffn.net.0.proj."),
    (".ffn.2.", ".ffn.net.2."), (".q.", ".to_q."), (".k.", ".to_k."), (".v.", ".to_v."), (".o.", ".to_out.0."),
]


def original_name(name):
    """A diffusers name as Wan's own release spells it."""
    if name == "scale_shift_table":
        return "head.modulation"
    if name.startswith("proj_out."):
        return "head.head." + name[len("proj_out."):]
    name = name.replace(".scale_shift_table", ".modulation")
    for original, diffusers in ORIGINAL:
        name = name.replace(diffusers, original)
    return name
