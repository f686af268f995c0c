#!/usr/bin/env python3
"""What diffusers' WanVACEPipeline makes of a small clip, its mask and two reference pictures, with the random weights of
tests/fixtures/models/wan_tiny and wan_vace: the context, and the latents after a few guided steps. Pictures follow from a
formula that tests/core/enhance repeats. Usage: make_vace_fixtures.py tests/fixtures/models"""
import json, os, sys
import numpy as np
import torch
from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanVACEPipeline, WanVACETransformer3DModel
from PIL import Image
from safetensors.torch import load_file, save_file

FRAMES, HEIGHT, WIDTH, STEPS, SHIFT, GUIDANCE = 5, 32, 48, 4, 3.0, 2.5
MEAN, STD = [0.1, -0.2, 0.3, 0.0], [1.5, 0.5, 2.0, 1.0]


def picture(height, width, start):
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return Image.fromarray(((7 * x + 11 * y + 83 * c + start + x * y) % 256).astype(np.uint8))


def mask(frame):
    values = np.zeros((HEIGHT, WIDTH), np.uint8)
    values[8 + frame:24, 12:36 - frame] = 255
    return Image.fromarray(values)


def load(kind, folder, **changes):
    with open(os.path.join(folder, "config.json")) as f:
        config = {k: v for k, v in json.load(f).items() if not k.startswith("_")}
    model = kind(**(config | changes)).eval()
    model.load_state_dict(load_file(os.path.join(folder, "diffusion_pytorch_model.safetensors")))
    return model


if __name__ == "__main__":
    folder = sys.argv[1]
    torch.manual_seed(11)
    vae = load(AutoencoderKLWan, os.path.join(folder, "wan_tiny"), latents_mean=MEAN, latents_std=STD)
    transformer = load(WanVACETransformer3DModel, os.path.join(folder, "wan_vace"))
    scheduler = UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=SHIFT,
                                        num_train_timesteps=1000)
    pipe = WanVACEPipeline(tokenizer=None, text_encoder=None, vae=vae, scheduler=scheduler, transformer=transformer)
    pipe.set_progress_bar_config(disable=True)
    video, masks = [picture(HEIGHT, WIDTH, 31 * t) for t in range(FRAMES)], [mask(t) for t in range(FRAMES)]
    # Of sides that are multiples of 8: diffusers resizes others first, VACE itself does not.
    references = [picture(16, 40, 5), picture(40, 24, 77)]
    text, negative = torch.randn(1, 6, 12), torch.randn(1, 6, 12)
    noise = torch.randn(1, 4, 2 + len(references), HEIGHT // 8, WIDTH // 8)
    with torch.no_grad():
        v, m, r = pipe.preprocess_conditions(video, masks, references, 1, HEIGHT, WIDTH, FRAMES, torch.float32, "cpu")
        context = torch.cat([pipe.prepare_video_latents(v, m, r, None, "cpu"), pipe.prepare_masks(m, r)], 1)
        latents = pipe(video=video, mask=masks, reference_images=references, prompt_embeds=text,
                       negative_prompt_embeds=negative, height=HEIGHT, width=WIDTH, num_frames=FRAMES, latents=noise,
                       num_inference_steps=STEPS, guidance_scale=GUIDANCE, output_type="latent").frames
    tensors = {"context": context, "text": text, "negative": negative, "noise": noise, "latents": latents,
               "reference": torch.stack(r[0])}
    out = os.path.join(folder, "vace_pipeline", "cases.safetensors")
    os.makedirs(os.path.dirname(out), exist_ok=True)
    save_file({k: t.contiguous() for k, t in tensors.items()}, out)
    print({k: tuple(t.shape) for k, t in tensors.items()}, os.path.getsize(out), "bytes")
