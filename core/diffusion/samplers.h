#pragma once
#include <ATen/core/Tensor.h>

#include <functional>

#include "core/base/control.h"
#include "core/diffusion/schedule.h"

// Samplers as free functions over the network: they know schedules and numbers, no model.
namespace reelmend::diffusion {

// x and the timestep in; what the network predicts out (flow: v = noise - x0; variance preserving: see each sampler).
using Predict = std::function<at::Tensor(const at::Tensor& x, double timestep)>;
// Called after every step with its index; may show a preview.
using StepDone = std::function<void(int step, const at::Tensor& x)>;

struct SamplerHooks {
    const base::Control* control = nullptr; // asked before every evaluation of the network
    StepDone done;
};

// Euler's method along the flow, from `x` at the schedule's first sigma to 0.
at::Tensor sampleEuler(
    const Predict& predict, at::Tensor x, const FlowSchedule& schedule, const SamplerHooks& hooks = {});

struct UniPcSettings {
    int order = 2;               // 1 or 2
    bool corrector = true;       // after every step but the first
    bool lowerOrderFinal = true; // the last step has order 1
};
// UniPC (Zhao et al. 2023) in data prediction with B(h) = e^h - 1 ("bh2"): what Wan uses, order 2.
at::Tensor sampleUniPc(const Predict& predict, at::Tensor x, const FlowSchedule& schedule,
    const UniPcSettings& settings = {}, const SamplerHooks& hooks = {});

// DDIM (Song et al. 2021) without fresh noise for networks that predict v = sqrt(abar) noise - sqrt(1 - abar) x0,
// over falling training timesteps; the step after the last leads to no noise at all.
at::Tensor sampleDdim(const Predict& predict, at::Tensor x, const VarianceSchedule& schedule,
    const std::vector<std::int64_t>& timesteps, const SamplerHooks& hooks = {});

} // namespace reelmend::diffusion
