#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/control.h"
#include "core/base/log.h"
#include "core/models/lite_weights.h"
#include "core/models/lora.h"
#include "core/plan/gradient_schedule.h"
#include "core/train/batch.h"
#include "core/train/batch_queue.h"
#include "core/train/optimizer.h"
#include "core/train/pixel_loss.h"
#include "core/train/recorded_loss.h"

namespace reelmend::train {

// How the bundled network is trained. Everything that a run depends on, so that the same settings make the same
// weights.
struct LiteTraining {
    models::LiteConfig network;
    BatchSettings batch;
    std::vector<BatchSettings>
        kinds; // if there are any: micro-batch i is of kind i modulo their number, not of `batch`
    LossWeights losses;
    // What is trained, where there is one: an adapter over weights that stay as they are, and FiLM tables. With
    // batches of one condition it becomes that condition's own (models::withAdapter()).
    std::optional<models::LoraSettings> adapter;
    AdamWSettings optimizer;
    std::int64_t microBatches = 2; // per step
    double learningRate = 6e-4;
    std::int64_t warmUpSteps = 150;
    std::int64_t steps = 20'000;
    std::int64_t decayFrom = 0; // constant until here, then a cosine to 0 at `steps`
    std::uint64_t seed = 1;
    plan::GradientSchedule gradient{.mode = plan::GradientMode::kFull}; // how the loss reaches the latents
    bool bfloat16 = true;                                               // activations; master weights are float32
    double checkpointMinutes = 5;
    c10::Device device = c10::kCPU;
    int dataThreads = 0;   // that make batches ahead; 0: they are made when they are needed
    bool recorded = false; // steps are recorded once and repeated; for mixed batches and the full gradient

    double rateAt(std::int64_t step) const;
    const BatchSettings& batchOf(std::int64_t microBatch) const;
};

struct StepRecord {
    std::int64_t step = 0;
    double loss = 0, charbonnier = 0, frameDifference = 0, logError = 0, perceptual = 0;
    double gradientNorm = 0, learningRate = 0, seconds = 0, dataWait = 0;
    std::vector<std::int64_t> conditions; // of the micro-batches' first clips
    bool rejected = false;                // not finite: the weights were left as they were
};

// The network of a batch: folded where its clips share condition and dial, else with a row per clip.
models::LiteWeights networkOf(const models::LiteWeights& master, const Batch& batch, bool bfloat16);

// What a network, networkOf() a batch or models::perSample() of its rows, makes of the batch's frames, all at once:
// [clips, frames, 3, height, width]. The batch's conditions and details are not looked at.
at::Tensor networkFrames(const models::LiteWeights& network, const Batch& batch);

// Loss of one micro-batch, its graph still attached. All frames of the clips go through the network, and gradients
// through all of them.
at::Tensor liteLoss(const models::LiteWeights& master, const Batch& batch, const LossWeights& losses,
    const perceptual::Lpips* lpips, bool bfloat16, std::uint64_t key, LossTerms& terms);

class LiteTrainer {
public:
    LiteTrainer(LiteTraining settings, const ClipPack& pack, const perceptual::Lpips* lpips);
    LiteTrainer(const LiteTrainer&) = delete; // the data threads know its address
    LiteTrainer& operator=(const LiteTrainer&) = delete;

    models::LiteWeights& master() { return master_; }
    std::int64_t step() const { return step_; }

    // Weights, optimizer state, average and position: written whole or not at all. A run that goes on from it gives
    // the same bytes as one that never stopped.
    void save(const std::filesystem::path& path);
    void load(const std::filesystem::path& path);
    // Weights alone, from a checkpoint's average or a model file: a warm start, and what an adapter is trained over.
    // Of the file's adapters only that of the condition whose adapter is trained is taken up, where its rank is no
    // higher.
    void loadWeights(const std::filesystem::path& path);

    // One optimizer step. Throws base::Error(kFailed) after three rejected steps in a row.
    StepRecord advance();

    // Asked after every step; true = enough.
    using OnStep = std::function<bool(const StepRecord&)>;

    // Steps until `settings.steps`; checkpoints to `folder`/checkpoint.safetensors every few minutes and at the end,
    // also when cancelled; one JSON line per step in `folder`/steps.jsonl.
    void run(const std::filesystem::path& folder, const base::Control& control, const base::LogSink& log,
        const OnStep& onStep = {});

    // The averaged weights (the weights themselves where none are kept), for a run or a model file; an adapter taken
    // up in them.
    models::LiteWeights averaged();

private:
    void visitTrained(const models::ParameterVisitor& visitor);
    models::LiteWeights taught(); // the network's weights as functions of the trained tensors
    Batch nextBatch(std::int64_t microBatch);
    void backward(const Batch& batch, std::int64_t microBatch, double share, LossTerms& terms);

    LiteTraining settings_;
    const ClipPack& pack_;
    const perceptual::Lpips* lpips_;
    models::LiteWeights master_;
    std::optional<models::Lora> lora_;
    AdamW optimizer_;
    tensor::OwnStream stream_;                            // the default one where nothing is recorded
    std::vector<std::unique_ptr<RecordedLoss>> recorded_; // one for each kind
    std::int64_t step_ = 0;
    std::int64_t advanced_ = 0; // steps of this object
    int rejectedInARow_ = 0;
    std::unique_ptr<BatchQueue> queue_; // from step_ on; only with data threads
};

} // namespace reelmend::train
