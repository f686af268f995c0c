#pragma once
#include "app/cli/output.h"
#include "core/jobs/job_folder.h"

namespace reelmend::cli {

// Runs a job in this process, with Ctrl-C as its cancel, progress on standard error and, with `asJson`, its events on
// the output. A job that comes to nothing is removed again where `discardsUseless`. Returns the exit code, or ends
// the process with it when a cancelled job takes too long. Throws Error(kUsage) when another process runs it.
int runJobHere(Output& output, bool asJson, const jobs::JobFolder& job, bool discardsUseless);

} // namespace reelmend::cli
