#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/base/control.h"
#include "core/base/log.h"
#include "core/chopgrad/clip_cotangents.h"
#include "core/chopgrad/gradient_sum.h"
#include "core/plan/step_down.h"
#include "core/tensor/memory_tracker.h"

// The gradient of a clip's pixel loss with respect to its latents (and the decoder's trained parameters), for any
// causal decoder and any schedule. What is computed and in which words: docs/chopgrad.md.
namespace reelmend::chopgrad {

// Where a sweep is, for a progress display: which stage, which group. The loss is part of the values; forms that make
// values and gradients in turn are in the sweep from the beginning. A whole training step begins and ends with the
// denoiser, without and with gradient.
enum class Phase { kValues, kSweep, kDenoise, kDenoiseGradient };
const char* phaseName(Phase phase); // "values", "sweep", "denoise", "denoise-gradient", as in plan::phaseName()
struct SweepProgress {
    Phase phase = Phase::kValues;
    std::int64_t group = 0, groups = 0;
};

struct PhaseCost {
    Phase phase = Phase::kValues;
    double seconds = 0;
    std::int64_t peakBytes = 0; // of tensors, where a tracker was given
};

// What a step does when memory runs out: the next schedule, or none. Called between attempts, with nothing of the
// failed one alive.
using StepDownPolicy = std::function<std::optional<plan::Rung>(const plan::GradientSchedule& failed)>;

struct SweepOptions {
    const base::Control* control = nullptr;
    std::filesystem::path diskFolder; // of the disk store; empty = the system's folder for temporary files
    bool keepFrames = false;          // the decoded clip comes back in ClipGradient::frames
    GradientSink* listener = nullptr; // sees every vector-Jacobian product's results (times scale), for measurements
    std::function<void(double scale)> onScale; // told before the first
    tensor::MemoryTracker* tracker = nullptr;
    std::function<void(const SweepProgress&)> progress;
    StepDownPolicy stepDown; // none = running out of memory is the caller's to handle
    base::LogSink log;
};

struct ClipGradient {
    at::Tensor latents;                    // float32 or float64, the latents' shape
    std::vector<models::Skips> skips;      // per group; undefined = no influence
    std::vector<NamedGradient> parameters; // of those that require gradient
    std::vector<perceptual::LossTermValue> terms;
    double loss = 0;   // the weighted sum of the terms
    at::Tensor frames; // where asked for: [batch, 3, time, height, width], not clamped
    // Runs of whole groups; with tiles also runs of the global part and of single tiles.
    SweepCounts counts, globalCounts, tileCounts;
    std::vector<PhaseCost> costs;
    plan::GradientSchedule schedule;    // what was done in the end
    std::vector<std::string> stepsDown; // rungs that were taken, in order
    std::string note;                   // what the caller should know, e.g. that D reaches beyond the clip
};

// Throws base::Error(kUsage) for inputs that do not fit, RejectedStep when something is not finite,
// base::Error(kOutOfMemory) when memory ran out and nothing was left to step down to; base::Cancelled. Then no
// gradient exists anywhere. Mode latent-only computes nothing and returns zeros.
ClipGradient sweep(models::CausalDecoder& decoder, const ClipLatents& clip, const perceptual::FrameLoss& loss,
    const plan::GradientSchedule& schedule, const SweepOptions& options = {});

// The clip's frames alone, group by group without gradient: [batch, 3, time, height, width].
at::Tensor decodeClip(
    const models::CausalDecoder& decoder, const ClipLatents& clip, const base::Control* control = nullptr);

bool isOutOfMemory(const std::exception& error);
// Gives back what LibTorch's allocator of this device holds without using it.
void releaseUnusedMemory(c10::Device device);

} // namespace reelmend::chopgrad
