#pragma once
#include "core/jobs/finetune_request.h"
#include "core/runner/enhance_run.h"

namespace reelmend::runner {

// Looks at every file of a request and refuses what cannot work, before any work. Throws RequestError, Error,
// Cancelled.
void checkFineTune(const jobs::FineTuneRequest& request, const base::Control* control = nullptr);

// Teaches the model and writes the weights; with an adapter also that, beside them as NAME.lora.safetensors. Goes on
// from the checkpoint in the job's folder, bit for bit; a cancel leaves one. Where torchrun or srun started several
// processes, this is what the first of them does. Throws RequestError, Error, Cancelled.
EnhanceResult runFineTune(const jobs::FineTuneRequest& request, const RunContext& context);

// This process's number among those that torchrun or srun started; 0 for one on its own. Throws Error(kUsage).
int fineTuneRank();
// What processes 1 and above do: take part until the first one ends. The request and the folder of the first one's
// job must be readable here. Throws RequestError, Error.
void followFineTune(const jobs::FineTuneRequest& request);

} // namespace reelmend::runner
