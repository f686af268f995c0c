#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "core/base/control.h"
#include "core/base/log.h"
#include "core/models/lite_weights.h"
#include "core/perceptual/lpips.h"
#include "core/plan/gradient_schedule.h"
#include "core/train/batch.h"
#include "core/train/optimizer.h"

namespace reelmend::train {

struct LossWeights {
    double charbonnier = 1;
    double charbonnierEpsilon = 0.01; // in the range [-1, 1]
    double frameDifference = 0.2;     // Charbonnier of (change of result - change of clean)
    double perceptual = 0.1;          // LPIPS times the dial squared
    double perceptualShare = 1.0 / 3; // of the frames, drawn anew each time
};

// How the bundled network is trained. Everything that a run depends on, so that the same settings make the same
// weights.
struct LiteTraining {
    models::LiteConfig network;
    BatchSettings batch;
    LossWeights losses;
    AdamWSettings optimizer;
    std::int64_t microBatches = 2; // per step; each has one condition
    double learningRate = 6e-4;
    std::int64_t warmUpSteps = 150;
    std::int64_t steps = 20'000;
    std::int64_t decayFrom = 0; // constant until here, then a cosine to 0 at `steps`
    std::uint64_t seed = 1;
    plan::GradientSchedule gradient{.mode = plan::GradientMode::kFull}; // how the loss reaches the latents
    bool bfloat16 = true;                                               // activations; master weights are float32
    double checkpointMinutes = 5;

    double rateAt(std::int64_t step) const;
};

struct StepRecord {
    std::int64_t step = 0;
    double loss = 0, charbonnier = 0, frameDifference = 0, perceptual = 0;
    double gradientNorm = 0, learningRate = 0, seconds = 0, dataWait = 0;
    std::vector<std::int64_t> conditions; // of the micro-batches
    bool rejected = false;                // not finite: the weights were left as they were
};

// Loss of a batch's frames, `result` [clips, frames, 3, height, width]; terms as numbers in `record`.
at::Tensor pixelLoss(const at::Tensor& result, const Batch& batch, const LossWeights& losses,
    const perceptual::Lpips* lpips, std::uint64_t key, StepRecord& record);

// Loss of one micro-batch, its graph still attached; terms as numbers in `record`. All frames of the clips go through
// the network group by group with caches handed on, and gradients through all of them.
at::Tensor liteLoss(const models::LiteWeights& master, const Batch& batch, const LossWeights& losses,
    const perceptual::Lpips* lpips, bool bfloat16, std::uint64_t key, StepRecord& record);

class LiteTrainer {
public:
    LiteTrainer(LiteTraining settings, const ClipPack& pack, const perceptual::Lpips* lpips);

    models::LiteWeights& master() { return master_; }
    std::int64_t step() const { return step_; }

    // Weights, optimizer state, average and position: written whole or not at all. A run that goes on from it gives
    // the same bytes as one that never stopped.
    void save(const std::filesystem::path& path);
    void load(const std::filesystem::path& path);
    // Weights alone, from a checkpoint's average or a model file: a warm start.
    void loadWeights(const std::filesystem::path& path);

    // One optimizer step. Throws base::Error(kFailed) after three rejected steps in a row.
    StepRecord advance();

    // Asked after every step; true = enough.
    using OnStep = std::function<bool(const StepRecord&)>;

    // Steps until `settings.steps`; checkpoints to `folder`/checkpoint.safetensors every few minutes and at the end,
    // also when cancelled; one JSON line per step in `folder`/steps.jsonl.
    void run(const std::filesystem::path& folder, const base::Control& control, const base::LogSink& log,
        const OnStep& onStep = {});

    // The averaged weights (the weights themselves where none are kept), for a run or a model file.
    models::LiteWeights averaged();

private:
    LiteTraining settings_;
    const ClipPack& pack_;
    const perceptual::Lpips* lpips_;
    models::LiteWeights master_;
    AdamW optimizer_;
    std::int64_t step_ = 0;
    int rejectedInARow_ = 0;
};

} // namespace reelmend::train
