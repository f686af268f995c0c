#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "core/base/control.h"
#include "core/jobs/job_folder.h"
#include "core/runner/journal.h"

namespace reelmend::runner {

struct RunContext {
    const jobs::JobFolder& job;
    Journal& journal;
    base::Control& control;
    std::function<double()> workSeconds; // stands still in a pause
    std::int64_t segmentFrames = 0;      // 0 = as planEnhance() has it
};

struct EnhanceResult {
    std::string path; // absolute; of a preview, relative to the job's folder
    std::int64_t frames = 0;
    std::int64_t framesMade = 0; // by this run; the others stood in segments already
};

// Does what the request asks for: a result goes to its output, a preview to the job's folder. Throws RequestError,
// Error, Cancelled, and std::bad_alloc.
EnhanceResult runEnhance(const jobs::EnhanceRequest& request, const RunContext& context);

} // namespace reelmend::runner
