"""An adapter over the fixture wan_t2v in the spelling of diffusers, kohya's tools and ComfyUI, and what diffusers makes of it.

Writes wan_lora/peft.safetensors, kohya.safetensors, comfy.safetensors, and expected.safetensors: `sample`, the output of
wan_t2v's case "clip" in float32. Needs peft beside diffusers; diffusers itself reads all three to the same output.

  python make_lora_fixtures.py tests/fixtures/models
"""

import pathlib
import sys

import torch
from safetensors.torch import load_file, save_file

import check_lora


def main(out):
    base, folder = pathlib.Path(out) / "wan_t2v", pathlib.Path(out) / "wan_lora"
    folder.mkdir(parents=True, exist_ok=True)
    cases = load_file(base / "cases.safetensors")
    given = {key: cases[f"clip.{key}"] for key in ("hidden_states", "timestep", "encoder_hidden_states")}
    files = check_lora.write_theirs(base, 2, 3.0, torch.Generator().manual_seed(20261127), folder)
    samples = {name: check_lora.theirs(base, given, path) for name, path in files.items()}
    for name, sample in samples.items():
        assert (sample - samples["peft"]).abs().max() < 1e-5, name
    assert (samples["peft"] - cases["clip.sample"]).abs().max() > 0.1
    save_file({"sample": samples["peft"].contiguous()}, folder / "expected.safetensors")
    print(sum(p.stat().st_size for p in folder.iterdir()), "bytes")


if __name__ == "__main__":
    main(sys.argv[1])
