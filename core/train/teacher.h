#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/models/parameters.h"
#include "core/plan/influence.h"
#include "core/tensor/memory_tracker.h"
#include "core/train/batch_queue.h"
#include "core/train/batch_upload.h"
#include "core/train/parallel.h"
#include "core/train/trainer.h"
#include "core/train/weight_optimizer.h"

namespace reelmend::train {

// The learning rate of every step.
struct RateSchedule {
    double peak = 1e-4;
    std::int64_t warmUp = 50; // steps
    std::int64_t steps = 500; // of the whole training
    bool falls = true;        // after the warm-up along a cosine to 0; otherwise level

    double at(std::int64_t step) const;
};

// A record of one step, with everything a person may want to see of it.
struct TeachingStep : StepRecord {
    struct Phase {
        std::string name; // "data", "values", "gradient", "optimizer"
        double seconds = 0;
        std::int64_t peakBytes = 0; // of tensors, on the device that computes, beyond what the step found there
    };
    int distance = -1; // D; -1 = the gradient is not truncated
    std::vector<Phase> phases;
    std::vector<std::pair<std::string, double>> partNorms; // gradient norms by the first word of the names
    std::vector<std::pair<std::string, double>> moreTerms; // of LossWeights::more, before their weights
    LossTerms terms;                                       // sums over the micro-batches
};

// Times and peaks of a step's phases; a phase that occurs again adds up. A phase ends when the device is done.
class PhaseClock {
public:
    explicit PhaseClock(TeachingStep& record, c10::Device device = c10::Device(c10::kCPU))
        : record_(record)
        , device_(device)
        , tracker_(device)
    {}
    void begin(const char* name); // and ends the one before
    void end();
    // What another has measured with tracker(), between two phases.
    void add(const std::string& name, double seconds, std::int64_t peakBytes);
    tensor::MemoryTracker& tracker() { return tracker_; }

private:
    TeachingStep& record_;
    c10::Device device_;
    tensor::MemoryTracker tracker_;
    std::string name_;
    double start_ = 0;
};

struct TeacherSettings {
    AdamWSettings optimizer;
    bool eightBit = false; // optimizer states
    RateSchedule rate;
    std::optional<plan::DistanceSchedule> distance; // of a truncated gradient
    std::int64_t microBatches = 2;                  // of a step, in every process
    std::uint64_t seed = 1;
    c10::Device device = c10::Device(c10::kCPU); // of the trained tensors; batches are brought there
    std::string identity; // of everything that a checkpoint must agree with, for people: "full weights", …
};

// Any training: takes batches, lets `backward` leave gradients, steps, keeps itself resumable. A run that goes on
// from a checkpoint gives the same bytes as one that never stopped, on the same device; on another one it goes on
// from the same state. Everything that is drawn follows from seed, step and item: no generator's state has to be
// kept.
class Teacher {
public:
    // What an adaptive schedule's D is to be, from a batch that the step is about to use; none = not known.
    using Probe = std::function<std::optional<int>(const Batch& batch, std::uint64_t key)>;
    // Adds share x the gradient of the batch's loss to the trained tensors' .grad, and its terms to the record.
    // `key` differs from batch to batch and is the same when the step is repeated; record.distance is the step's D.
    using Backward = std::function<void(
        const Batch& batch, std::uint64_t key, double share, TeachingStep& record, PhaseClock& clock)>;
    using Draw = std::function<Batch(std::int64_t step, std::int64_t item)>;

    // `trained` visits float32 tensors. `group`: the other processes, or null; all then begin with rank 0's weights.
    Teacher(TeacherSettings settings, const models::VisitFunction& trained, Draw draw, Backward backward,
        ParallelGroup* group = nullptr);

    void measureDistanceWith(Probe probe) { probe_ = std::move(probe); } // before the first step

    std::int64_t step() const { return step_; }
    const WeightOptimizer& optimizer() const { return *optimizer_; }

    // One optimizer step. A loss or gradient that is not finite leaves everything as it was but the count of steps;
    // throws base::Error(kFailed) after three such in a row.
    TeachingStep advance();

    // Whole or not at all. `notes` come back from load().
    using Notes = std::map<std::string, std::string>;
    void save(const std::filesystem::path& path, const Notes& notes = {}) const;
    // Throws base::Error(kInput) for a file that is none, is of a newer version of the program, or of another
    // network, adapter or optimizer.
    Notes load(const std::filesystem::path& path);
    double checkpointBytes() const; // about

    // The averaged values (or the values, where no average is kept) by name.
    std::map<std::string, at::Tensor> averaged() const;

private:
    Batch nextBatch();
    int distanceOf(const Batch& first, std::uint64_t key);
    void readTerms(TeachingStep& record, double share);
    void exchangeGradients();
    void judge(TeachingStep& record);
    std::vector<std::pair<std::string, double>> partNorms() const;

    TeacherSettings settings_;
    std::unique_ptr<WeightOptimizer> optimizer_;
    Draw draw_;
    Backward backward_;
    Probe probe_;
    ParallelGroup* group_;
    std::shared_ptr<const BatchUpload> upload_; // the queue's thread has it, too
    std::unique_ptr<BatchQueue> queue_;         // begins with the first step
    std::int64_t step_ = 0;
    std::int64_t rejectedInARow_ = 0;
    std::optional<int> measuredDistance_; // last
};

} // namespace reelmend::train
