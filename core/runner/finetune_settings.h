#pragma once
#include <cstdint>

#include "core/jobs/finetune_request.h"
#include "core/train/lite_student.h"
#include "core/train/parallel.h"

// From a request to what core/train is told. Internal to the fine-tuning of this folder.
namespace reelmend::runner {

// Where this process computes; of several on a machine each has a card of its own. Throws base::Error(kUnavailable)
// for a CUDA device that is not there.
c10::Device deviceOf(const jobs::FineTuneRequest& request, const std::optional<train::ParallelPlace>& place);
models::LiteCondition conditionOf(const jobs::FineTuneRequest& request);
// D over the steps. Throws jobs::RequestError for a course that is not understood.
plan::DistanceSchedule courseOf(const jobs::FineTuneRequest& request);
// With the largest D that a course reaches.
plan::GradientSchedule scheduleOf(const jobs::FineTuneRequest& request);
train::BatchSettings batchesOf(const jobs::FineTuneRequest& request, bool hasPairs);
// Refuses terms of the loss that are not known, or that crops of this size cannot have. Throws jobs::RequestError,
// and Error(kUnavailable) for a network that is not here.
void checkLosses(const jobs::FineTuneRequest& request);
bool usesBFloat16(const jobs::FineTuneRequest& request, c10::Device device); // of activations
train::LiteStudentSettings studentOf(const jobs::FineTuneRequest& request, c10::Device device);
train::TeacherSettings teacherOf(const jobs::FineTuneRequest& request, c10::Device device);

} // namespace reelmend::runner
