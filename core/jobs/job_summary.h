#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/jobs/enhance_request.h"
#include "core/jobs/event.h"
#include "core/jobs/job_folder.h"

namespace reelmend::jobs {

// Where a job stands, as far as its events tell. Feed it every event, oldest first.
struct JobStatus {
    JobState state = JobState::kWaiting;
    std::string phase; // of the last progress
    std::int64_t done = 0;
    std::int64_t total = 0;
    double framesPerSecond = 0;
    std::optional<double> remainingSeconds;
    std::optional<std::string> result; // path, of a finished job
    std::optional<FailureEvent> failure;
    double seconds = 0;         // the run took; 0 = it is not finished
    std::uint64_t sequence = 0; // of the last event

    void apply(const Event& event);
    // A job that was running or paused and that nobody runs any more was interrupted.
    JobState stateWhen(bool isLocked) const;
};

// A job as a list shows it (docs/protocol.md, "A job object").
struct JobSummary {
    std::string id, folder, kind, created;
    EnhanceRequest request;                  // of kind "enhance"
    std::optional<FineTuneRequest> fineTune; // of kind "finetune"
    JobStatus status;

    nlohmann::json toJson() const;
};

// Reads request and events of a job. Throws Error(kInput) or RequestError when its request cannot be read.
JobSummary summarise(const JobFolder& job);

} // namespace reelmend::jobs
