#!/usr/bin/env python3
"""Fixtures of diffusers' schedulers for tests/core/diffusion: sigmas, timesteps and the paths that a made-up network
takes through them. Usage: python tools/reference/diffusion_fixtures.py (in the environment of README.md)."""
import json, os
import torch
from diffusers import CogVideoXDDIMScheduler, UniPCMultistepScheduler

START = [-1.7, -0.9, -0.31, 0.0, 0.22, 0.64, 1.13, 2.05]


def network(x, t):
    """Nothing in particular: smooth in both, not linear."""
    return torch.sin(1.3 * x) * 0.8 + 0.4 * x - 0.3 * (t / 1000.0) ** 2


def unipc(steps, shift):
    s = UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=shift,
                                solver_order=2, solver_type="bh2", num_train_timesteps=1000)
    s.set_timesteps(steps)
    x = torch.tensor([[START]], dtype=torch.float64)
    path = []
    for t in s.timesteps:
        x = s.step(network(x, float(t)), t, x, return_dict=False)[0].to(torch.float64)
        path.append(x.flatten().tolist())
    return {"steps": steps, "shift": shift, "sigmas": s.sigmas.tolist(), "timesteps": s.timesteps.tolist(), "path": path}


def ddim(steps, snr_shift):
    s = CogVideoXDDIMScheduler(num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012,
                               beta_schedule="scaled_linear", clip_sample=False, prediction_type="v_prediction",
                               rescale_betas_zero_snr=True, snr_shift_scale=snr_shift, timestep_spacing="trailing",
                               set_alpha_to_one=True)
    s.set_timesteps(steps)
    x = torch.tensor([[START]], dtype=torch.float64)
    path = []
    for t in s.timesteps:
        x = s.step(network(x, float(t)), int(t), x, return_dict=False)[0]
        path.append(x.flatten().tolist())
    bars = [float(s.alphas_cumprod[i]) for i in (0, 1, 399, 500, 998, 999)]
    z, v = torch.tensor(START), network(torch.tensor(START), 399.0)
    rounded = s.get_velocity(z.to(torch.bfloat16), v.to(torch.bfloat16), torch.tensor([399])).float()
    return {"steps": steps, "snr_shift": snr_shift, "alpha_bars": bars, "timesteps": s.timesteps.tolist(), "path": path,
            "velocity_helper_bf16": rounded.tolist()}


if __name__ == "__main__":
    out = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/diffusion/schedulers.json")
    os.makedirs(os.path.dirname(out), exist_ok=True)
    fixtures = {"start": START, "unipc": [unipc(n, s) for n, s in ((1, 5.0), (2, 5.0), (4, 5.0), (10, 3.0), (20, 8.0))],
                "ddim": [ddim(n, s) for n, s in ((1, 1.0), (10, 1.0), (50, 3.0))]}
    with open(out, "w") as f:
        json.dump(fixtures, f, indent=0)
    print(os.path.getsize(out), "bytes")
