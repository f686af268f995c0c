#pragma once
#include <cstdint>
#include <string>

#include "core/chopgrad/step_data.h"
#include "core/chopgrad/sweep.h"

// What one gradient step through a decoder costs, measured.
namespace reelmend::chopgrad {

struct StepCost {
    std::int64_t groups = 0, latentFrames = 0;
    double seconds = 0;
    // Beyond what was there before the step (weights, latents, target, libraries).
    std::int64_t tensorPeakBytes = 0;  // of LibTorch's allocator
    std::int64_t processPeakBytes = 0; // of the whole process, as the kernel counts it; 0 = not known
    std::int64_t weightBytes = 0;
    // What grows with the clip in every mode, counted within the peaks where it was made during the step.
    std::int64_t latentBytes = 0, frameBytes = 0; // one copy of each; features of the encoder are with the latents
    CacheKeeper::Held held;                       // boundary caches at their most
    SweepCounts counts;
    std::vector<PhaseCost> phases;
    double loss = 0, gradientNorm = 0;
    std::string note;
};

// Runs the step once. A step of one small group runs first, so that libraries and their kernels are loaded and not
// counted. With gradients of the denoiser's weights it is the whole three-phase step, and the latents of the case are
// what the denoiser is given. `control` may be null.
StepCost measureStep(const StepNetworks& networks, const StepCase& step, const at::TensorOptions& options,
    const base::Control* control = nullptr);

} // namespace reelmend::chopgrad
