#pragma once
#include <cstdint>

#include "core/jobs/finetune_request.h"
#include "core/train/lite_student.h"

// From a request to what core/train is told. Internal to the fine-tuning of this folder.
namespace reelmend::runner {

models::LiteCondition conditionOf(const jobs::FineTuneRequest& request);
plan::GradientSchedule scheduleOf(const jobs::FineTuneRequest& request);
train::BatchSettings batchesOf(const jobs::FineTuneRequest& request, bool hasPairs);
// Refuses terms of the loss that are not known, or that crops of this size cannot have. Throws jobs::RequestError,
// and Error(kUnavailable) for a network that is not here.
void checkLosses(const jobs::FineTuneRequest& request);
train::LiteStudentSettings studentOf(const jobs::FineTuneRequest& request);
train::TeacherSettings teacherOf(const jobs::FineTuneRequest& request);

// About what a training takes in memory beside the program itself: measured on two small pictures, and the rest by
// rule of three.
double trainingBytes(const jobs::FineTuneRequest& request, const models::LiteWeights& base);
// Refuses a request whose budget is smaller than that, and says what would fit. Throws jobs::RequestError.
void checkBudget(const jobs::FineTuneRequest& request, const models::LiteWeights& base);

} // namespace reelmend::runner
