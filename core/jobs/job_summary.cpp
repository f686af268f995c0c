#include "core/jobs/job_summary.h"

#include <chrono>
#include <system_error>
#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/jobs/event_log.h"

namespace reelmend::jobs {

namespace {

// The end of the file says all there is to say about most jobs; a long one that runs now is read whole.
constexpr std::uint64_t kTailBytes = 64 << 10;

std::optional<JobStatus> statusFrom(EventReader reader)
{
    JobStatus status;
    bool knowsState = false;
    for (const Event& event : reader.poll()) {
        status.apply(event);
        knowsState = knowsState || std::holds_alternative<StateEvent>(event.what);
    }
    return knowsState ? std::optional(std::move(status)) : std::nullopt;
}

JobStatus statusOf(const JobFolder& job)
{
    EventReader tail(job.eventFile());
    tail.skipToLast(kTailBytes);
    if (std::optional<JobStatus> status = statusFrom(std::move(tail)); status && isEnd(status->state)) {
        return std::move(*status);
    }
    return statusFrom(EventReader(job.eventFile())).value_or(JobStatus());
}

// A process was started for the job, some time ago, and did not come as far as its first event.
bool neverBegan(const JobFolder& job)
{
    std::error_code code;
    const auto started = std::filesystem::last_write_time(job.logFile(), code);
    return !code && std::filesystem::file_time_type::clock::now() - started > std::chrono::seconds(10);
}

} // namespace

void JobStatus::apply(const Event& event)
{
    sequence = event.sequence;
    if (const auto* to = std::get_if<StateEvent>(&event.what)) {
        if (to->state == JobState::kRunning && state != JobState::kPaused) {
            result.reset(); // a new start: what an earlier run said about its end no longer holds
            failure.reset();
            seconds = 0;
        }
        state = to->state;
    } else if (const auto* progress = std::get_if<ProgressEvent>(&event.what)) {
        phase = progress->phase;
        done = progress->done;
        total = progress->total;
        framesPerSecond = progress->framesPerSecond;
        remainingSeconds = progress->remainingSeconds;
    } else if (const auto* step = std::get_if<StepEvent>(&event.what)) {
        phase = "teaching";
        done = step->step;
        total = step->steps;
    } else if (const auto* failed = std::get_if<FailureEvent>(&event.what)) {
        failure = *failed;
    } else if (const auto* finished = std::get_if<ResultEvent>(&event.what)) {
        result = finished->path;
        seconds = finished->seconds;
    }
}

JobState JobStatus::stateWhen(bool isLocked) const
{
    const bool wasAlive = state == JobState::kRunning || state == JobState::kPaused;
    return wasAlive && !isLocked ? JobState::kInterrupted : state;
}

nlohmann::json JobSummary::toJson() const
{
    nlohmann::json result; // null = none
    if (status.result) {
        result = *status.result;
    }
    nlohmann::json failure;
    if (status.failure) {
        failure = jobs::toJson(*status.failure);
    }
    return {{"job", id}, {"folder", folder}, {"kind", kind},
        {"request", fineTune ? jobs::toJson(*fineTune) : jobs::toJson(request)}, {"state", stateName(status.state)},
        {"created", created}, {"done", status.done}, {"total", status.total}, {"result", std::move(result)},
        {"failure", std::move(failure)}, {"seconds", status.seconds}, {"sequence", status.sequence}};
}

JobSummary summarise(const JobFolder& job)
{
    JobSummary summary;
    summary.id = job.id();
    summary.folder = base::pathText(job.path());
    summary.kind = job.kind();
    if (summary.kind == "finetune") {
        summary.fineTune = job.fineTuneRequest();
        summary.request.task = summary.fineTune->task;
        summary.request.output = summary.fineTune->output;
    } else {
        summary.request = job.enhanceRequest();
    }
    summary.created = job.createdText();
    // The lock is asked first: a job that ends between the two questions is then seen with its end. One that begins
    // between them is asked for again.
    const bool isLocked = job.isLocked();
    summary.status = statusOf(job);
    summary.status.state = summary.status.stateWhen(isLocked || job.isLocked());
    if (summary.status.state == JobState::kWaiting && !isLocked && neverBegan(job)) {
        summary.status.state = JobState::kInterrupted;
    }
    return summary;
}

} // namespace reelmend::jobs
