"""Small Wan2.1 and VACE transformers with random weights, their inputs and what diffusers makes of them.

For each config a folder in diffusers layout (config.json, weights) and cases.safetensors with, per case NAME, the inputs by
diffusers' names (hidden_states, timestep, encoder_hidden_states, control_hidden_states, control_hidden_states_scale) and
  NAME.sample         the model's output in float32
  NAME.sample_double  the same in float64, every norm, table and sinusoid included
  NAME.sample_bf16    the same with bfloat16 weights and activations, as from_pretrained loads them (one case)

  python make_wan_transformer_fixtures.py tests/fixtures/models
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

import wan_transformers

CONFIGS = {
    "wan_t2v": dict(num_attention_heads=2, attention_head_dim=20, in_channels=4, out_channels=4, text_dim=12, freq_dim=16,
                    ffn_dim=56, num_layers=3),
    # other widths, patches, norms and epsilon; odd sinusoids; input and output differ
    "wan_odd": dict(num_attention_heads=3, attention_head_dim=14, in_channels=5, out_channels=3, text_dim=7, freq_dim=11,
                    ffn_dim=30, num_layers=2, cross_attn_norm=False, eps=1e-5, patch_size=(1, 1, 3)),
    # side blocks that are not evenly spaced
    "wan_vace": dict(num_attention_heads=2, attention_head_dim=12, in_channels=4, out_channels=4, text_dim=12, freq_dim=16,
                     ffn_dim=32, num_layers=4, vace_layers=[0, 1, 3], vace_in_channels=8 + 64),
}
# batch, latent frames, height, width, text tokens
CASES = {"still": (1, 1, 2, 6, 5), "clip": (1, 3, 6, 6, 9), "batch": (2, 2, 4, 12, 1)}


def main(out):
    torch.manual_seed(0)
    torch.set_grad_enabled(False)
    for name, config in CONFIGS.items():
        folder = pathlib.Path(out) / name
        folder.mkdir(parents=True, exist_ok=True)
        generator = torch.Generator().manual_seed(20261126)
        model = wan_transformers.make(config, generator)
        model.save_pretrained(folder, safe_serialization=True)
        kept = {k: v for k, v in dict(model.config).items() if not k.startswith("_")}
        (folder / "config.json").write_text(json.dumps({"_class_name": type(model).__name__, **kept}, indent=2) + "\n")
        with wan_transformers.everything_in_double():
            wide = wan_transformers.in_double(config, model)
        narrow = type(model).from_pretrained(folder, torch_dtype=torch.bfloat16)
        tensors = {}
        for case, sizes in CASES.items():
            given = wan_transformers.inputs(config, sizes, generator)
            tensors.update({f"{case}.{k}": v for k, v in given.items()})
            tensors[f"{case}.sample"] = model(**given).sample
            with wan_transformers.everything_in_double():
                tensors[f"{case}.sample_double"] = wide(**{k: v.double() for k, v in given.items()}).sample
            if case == "clip":  # what bf16 costs the public implementation itself
                cast = {k: v if k == "timestep" else v.to(torch.bfloat16) for k, v in given.items()}
                tensors[f"{case}.sample_bf16"] = narrow(**cast).sample
            assert (tensors[f"{case}.sample"] - tensors[f"{case}.sample_double"]).abs().max() < 1e-4
        save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "cases.safetensors")
        print(name, sum(p.stat().st_size for p in folder.iterdir()), {k: float(v.abs().max()) for k, v in tensors.items() if "sample" in k})


if __name__ == "__main__":
    main(sys.argv[1])
