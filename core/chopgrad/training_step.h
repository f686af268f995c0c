#pragma once
#include <functional>
#include <vector>

#include "core/chopgrad/sweep.h"

namespace reelmend::chopgrad {

// One step of training a denoiser through a decoder (training.md 3.5):
//   1. the denoiser without gradient makes the clean latents z;
//   2. the decoder sweep gives dL/dz of the pixel loss in the chosen schedule;
//   3. the denoiser again with gradient, pulled back from dL/dz plus the gradient of a loss on the latents.
// Peak memory is the largest phase. With `onePhase` the denoiser runs once, with gradient, and its graph waits during
// the sweep: less time, more memory, the same gradients.
struct TrainingStepOptions {
    plan::GradientSchedule schedule;
    SweepOptions sweep;
    bool onePhase = false;
    // Called before kDenoise, kSweep (and the values before it) and kDenoiseGradient: weights of whoever is idle then
    // may be taken away. May be empty.
    std::function<void(Phase)> entering;
    // A scalar of the latents beside the pixel loss, already weighted; may be empty.
    std::function<at::Tensor(const at::Tensor& latents)> latentLoss;
    std::vector<models::Skips> skips; // of the decoder, per group; may be empty
};

struct TrainingStep {
    std::vector<at::Tensor> gradients;  // of the parameters that were asked for; undefined = no influence
    std::vector<NamedGradient> decoder; // of the decoder's trained parameters
    double loss = 0;                    // of the pixels
    double latentLoss = 0;
    std::vector<perceptual::LossTermValue> terms;
    at::Tensor latents;              // z, without a graph
    double repeatDifference = 0;     // max |z of phase 3 - z of phase 1|
    SweepCounts counts;              // of the decoder's groups
    std::vector<PhaseCost> costs;    // of every phase, in order; peaks where a tracker was given
    plan::GradientSchedule schedule; // what was done in the end
    std::vector<std::string> stepsDown;
    std::string note;
};

// The denoiser's clean latents [batch, channels, time, height, width], as the decoder takes them, under the gradient
// mode that is set. Called once or twice; random numbers of LibTorch's generators are the same both times.
using DenoiseFunction = std::function<at::Tensor()>;

// Gradients are returned, never added to anybody's .grad: a step that throws leaves nothing behind. Throws what
// sweep() throws, and RejectedStep for latents, a latent loss or parameter gradients that are not finite.
TrainingStep runTrainingStep(const DenoiseFunction& denoise, const std::vector<at::Tensor>& parameters,
    models::CausalDecoder& decoder, const perceptual::FrameLoss& loss, const TrainingStepOptions& options);

} // namespace reelmend::chopgrad
