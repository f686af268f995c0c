#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "core/chopgrad/sweep.h"

// What one gradient step through a decoder costs, measured.
namespace reelmend::chopgrad {

struct StepCase {
    plan::GradientSchedule schedule;
    models::OperatorSet operators = models::OperatorSet::kLean;
    std::int64_t frames = 17;
    std::int64_t width = 128, height = 64; // of the frames, in pixels
    std::uint64_t seed = 1;                // of the latents and the target
    std::string loss = "mse";
    bool trainDecoder = false; // its parameters get gradients too
    std::filesystem::path diskFolder;
};

struct StepCost {
    std::int64_t groups = 0, latentFrames = 0;
    double seconds = 0;
    // Beyond what was there before the step (weights, latents, target, libraries).
    std::int64_t tensorPeakBytes = 0;  // of LibTorch's allocator
    std::int64_t processPeakBytes = 0; // of the whole process, as the kernel counts it; 0 = not known
    std::int64_t weightBytes = 0;
    // What grows with the clip in every mode, counted within the peaks where it was made during the step.
    std::int64_t latentBytes = 0, frameBytes = 0; // one copy of each
    CacheKeeper::Held held;                       // boundary caches at their most
    SweepCounts counts;
    std::vector<PhaseCost> phases;
    double loss = 0, gradientNorm = 0;
    std::string note;
};

// Frame counts that a decoder's groups can make: the number of latents for `frames`. Throws base::Error(kUsage) that
// names the nearest counts. `stills`: every latent gives the frames of a first group.
std::int64_t latentsForFrames(const models::CausalDecoder& decoder, std::int64_t frames, bool stills = false);

// Latents and target of a case: seeded, of order 1 and in [-1, 1].
struct StepData {
    ClipLatents clip;
    at::Tensor target;
};
// Throws base::Error(kUsage) that names the nearest sizes for one that the decoder's stride does not divide, or the
// nearest frame counts.
void checkSize(const models::CausalDecoder& decoder, const StepCase& step);
StepData stepData(const models::CausalDecoder& decoder, const StepCase& step, const at::TensorOptions& options);

// Runs the step once. A step of one small group runs first, so that libraries and their kernels are loaded and not
// counted. `control` may be null.
StepCost measureStep(models::CausalDecoder& decoder, const StepCase& step, const at::TensorOptions& options,
    const base::Control* control = nullptr);

} // namespace reelmend::chopgrad
