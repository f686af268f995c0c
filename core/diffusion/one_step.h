#pragma once
#include <ATen/core/Tensor.h>

namespace reelmend::diffusion {

// A denoiser used once at a fixed timestep: clean = latentGain z - predictionGain prediction. z is the degraded
// latent itself; no noise is added.
struct OneStep {
    double timestep = 0; // what the network is told
    double latentGain = 1;
    double predictionGain = 1;

    at::Tensor clean(const at::Tensor& latent, const at::Tensor& prediction) const;
    // The prediction that would give exactly `clean`: the regression target of training in latent space.
    at::Tensor target(const at::Tensor& latent, const at::Tensor& clean) const;
};

// DOVE (v-prediction over CogVideoX's schedule, t = 399): x0 = sqrt(abar) z - sqrt(1 - abar) v. Its weights were
// trained with both roots rounded to bfloat16 (0.625 and 0.78125), because diffusers casts abar to the sample's type
// first; `rounded` reproduces that, otherwise the roots are exact (0.627331, 0.778753).
OneStep doveStep(bool rounded = true);

// ChopGrad's Wan tasks and `lite` (t = 200): v = degraded latent - clean latent, so x0 = z - v.
OneStep residualStep();

// A rectified-flow network that is told its input lies at `sigma`: x0 = z - sigma v.
OneStep flowStep(double sigma, int trainTimesteps = 1000);

} // namespace reelmend::diffusion
