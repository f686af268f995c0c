#pragma once
#include <cstdint>
#include <functional>

#include "core/base/control.h"
#include "core/base/log.h"
#include "core/jobs/event.h"
#include "core/jobs/job_folder.h"

namespace reelmend::runner {

struct RunOptions {
    // Seen after it was written to events.jsonl; from any thread, one at a time.
    std::function<void(const jobs::Event&)> onEvent;
    // Asked when the run was cancelled through the control object: true = the machine goes down. The job then has no
    // end and is found as interrupted.
    std::function<bool()> isShutDown;
    // What the libraries underneath say, for the log. From any thread.
    base::LogSink libraryLog;
    // Ends the process, and must not return. Called, from a thread of runJob(), when a cancelled job does not come to
    // its end in time because an encoder is deep in a large picture: the job's folder is in order by then. Without
    // it, runJob() takes the time that it takes.
    std::function<void(jobs::JobState)> abandon;
    // Remove the job's folder when the run ends without a result and without a finished segment.
    bool discardsUseless = false;
    std::int64_t segmentFrames = 0; // length of a segment; 0 = as planEnhance() has it
};

// Runs a job to its end: finished, cancelled, failed, or kInterrupted after isShutDown(). Obeys `control` and the
// job's control.jsonl, keeps the job's journal, writes report.json. Everything that goes wrong ends up in a failure
// event; it throws only what keeps it from starting: Error(kUsage) when another process runs the job, RequestError or
// Error(kInput) for a folder that holds no request that can be read, and Error(kOutput or kDiskFull) when the journal
// itself cannot be written.
jobs::JobState runJob(const jobs::JobFolder& job, base::Control& control, const RunOptions& options);

// Everything about a request that can be found wrong before any work: what validate() and unsupported() say, files
// that cannot be read, a mask that does not fit, a range beyond the end, an output that cannot be written or would
// replace the clip, a disk that is too full. Throws RequestError or Error; returns what the run will write.
void checkRequest(const jobs::EnhanceRequest& request, const base::Control* control = nullptr);

} // namespace reelmend::runner
