#pragma once
#include "core/jobs/finetune_request.h"
#include "core/runner/enhance_run.h"

namespace reelmend::runner {

// Looks at every file of a request and refuses what cannot work, before any work. Throws RequestError, Error,
// Cancelled.
void checkFineTune(const jobs::FineTuneRequest& request, const base::Control* control = nullptr);

// Teaches the model and writes the weights. Goes on from the checkpoint in the job's folder, bit for bit; a cancel
// leaves one. Throws RequestError, Error, Cancelled.
EnhanceResult runFineTune(const jobs::FineTuneRequest& request, const RunContext& context);

} // namespace reelmend::runner
