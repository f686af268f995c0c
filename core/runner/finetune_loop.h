#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "core/runner/enhance_run.h"
#include "core/train/checkpoint_shelf.h"
#include "core/train/student.h"
#include "core/train/teacher.h"
#include "core/train/validation.h"

// The steps of a fine-tuning job, and what is done between them. Internal to the fine-tuning of this folder.
namespace reelmend::runner {

train::Teacher makeTeacher(const jobs::FineTuneRequest& request, const train::ClipPack& pack,
    const train::BatchSettings& batches, train::Student& student, train::ParallelGroup* group);

class FineTuneLoop {
public:
    // `lpips`, on the CPU for scores, and `group` may be null; everything handed in must outlive the loop.
    FineTuneLoop(const jobs::FineTuneRequest& request, const RunContext& context, const train::ClipPack& pack,
        const train::BatchSettings& batches, train::Student& student, const perceptual::Lpips* lpips,
        train::ParallelGroup* group);

    const train::Teacher& teacher() const { return teacher_; }

    // Footage to validate on. Before run().
    void validateOn(const train::ClipPack& pack);
    // Goes on from the shelf's newest checkpoint, if there is one; returns the step it begins with.
    std::int64_t resume(const train::CheckpointShelf& shelf, const base::LogSink& log);
    // Steps to the end, with events, validations and checkpoints. Leaves a checkpoint, also when it is cancelled.
    // Throws Error, Cancelled.
    void run();

private:
    void announce(const train::TeachingStep& record);
    bool validate(); // true when it did best so far
    void keep(train::CheckpointShelf::Standing standing);

    const jobs::FineTuneRequest& request_;
    const RunContext& context_;
    train::BatchSettings batches_;
    train::Student& student_;
    const perceptual::Lpips* lpips_;
    train::ParallelGroup* group_;
    train::Teacher teacher_;
    train::CheckpointShelf shelf_;
    std::vector<train::Batch> looks_; // what validations look at
    double bestPsnr_ = -std::numeric_limits<double>::infinity();
    double kept_ = 0; // when the last checkpoint was written
};

} // namespace reelmend::runner
