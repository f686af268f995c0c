#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/plan/decoder_costs.h"
#include "core/plan/gradient_schedule.h"

// What a training step will need, before it is run: arithmetic over a decoder's costs, without a tensor and without
// an allocation, cheap enough to follow the mouse.
namespace reelmend::plan {

// What is asked about: a clip through a decoder (and, where a denoiser is given, the whole three-phase step).
struct PlanQuestion {
    std::int64_t frames = 81;
    std::int64_t width = 832, height = 480;
    GradientSchedule schedule;
    bool coupledLoss = false;
    bool separateStore = false; // the host's memory is not the device's (a card): host stores cost it nothing
    bool threePhases = true;    // the denoiser's graph is not alive during the sweep
};

enum class PlanPhase {
    kDenoise,         // the denoiser without gradient
    kValues,          // the decoder without gradient, and the loss
    kSweep,           // the decoder's gradients
    kDenoiseGradient, // the denoiser with gradient and its optimizer
};
inline constexpr std::size_t kPlanPhases = 4;
std::string_view phaseName(PlanPhase phase); // "denoise", "values", "sweep", "denoise-gradient"

struct MemoryPrediction {
    std::array<double, kPlanPhases> phaseBytes{}; // on the device, weights included; 0 = the phase does not occur
    double peakBytes = 0;                         // of the largest phase
    double weightBytes = 0;                       // alive in every phase
    double clipBytes = 0; // latents, frames, targets and their gradients: what grows with the clip in every mode
    double hostBytes = 0, diskBytes = 0; // boundary caches kept away from the device
    GroupCounts counts;
    double units = 0; // of time: one run of a group without gradient = 1 (vector-Jacobian products count as in
                      // training.md 3.2: 1 with frozen weights, 2 with trained ones; tiles by their share)
};

class MemoryPlan {
public:
    explicit MemoryPlan(const DecoderCosts& decoder)
        : decoder_(decoder)
    {}
    // With a denoiser of `elementBytes` weights of which `trainedParameters` are trained (LoRA: its own count), with
    // AdamW in float32. `checkpointed`: its blocks are recomputed.
    void setDenoiser(
        const DenoiserFootprint& denoiser, double elementBytes, double trainedParameters, bool checkpointed);

    const DecoderCosts& decoder() const { return decoder_; }

    // Any thread. Sizes that the decoder cannot make are rounded up to the next that it can.
    MemoryPrediction predict(const PlanQuestion& question) const;

private:
    double sweepBytes(
        const PlanQuestion& question, std::int64_t groups, double cells, MemoryPrediction& result) const;
    double tiledBytes(
        const PlanQuestion& question, std::int64_t groups, double cells, MemoryPrediction& result) const;

    DecoderCosts decoder_;
    std::optional<DenoiserFootprint> denoiser_;
    double denoiserElementBytes_ = 4, denoiserTrained_ = 0;
    bool denoiserCheckpointed_ = false;
};

// One way to compute the gradient that fits a budget, and how good it is.
struct PlanChoice {
    GradientSchedule schedule;
    MemoryPrediction prediction;
    bool isExact = true;
};

struct PlanChoices {
    std::vector<PlanChoice> fitting; // best gradient first, then least time
    // When nothing fits: the least that any schedule needs, and what would fit instead.
    double leastBytes = 0;
    std::optional<GradientSchedule> leastSchedule;
    std::int64_t fittingFrames = 0;                   // at this size; 0 = none
    std::int64_t fittingWidth = 0, fittingHeight = 0; // of these frames, same shape of picture; 0 = none
};

// Every schedule worth trying: exact in all its forms, then chop with shrinking D, sliding before recomputing, and
// latent-only last. `question.schedule` is not looked at.
PlanChoices choicesFor(const MemoryPlan& plan, PlanQuestion question, double budgetBytes);

nlohmann::json toJson(const MemoryPrediction& prediction);

// Groups that a clip of `frames` falls into, and its latent grid.
std::int64_t groupsFor(const DecoderCosts& decoder, std::int64_t frames);
// What the first of them costs.
const GroupCosts& firstGroupOf(const DecoderCosts& decoder, std::int64_t frames);

} // namespace reelmend::plan
