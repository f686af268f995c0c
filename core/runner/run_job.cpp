#include "core/runner/run_job.h"

#include <atomic>
#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/report.h"
#include "core/jobs/segment_index.h"
#include "core/media/log.h"
#include "core/runner/capabilities.h"
#include "core/runner/command_thread.h"
#include "core/runner/enhance_plan.h"
#include "core/runner/enhance_run.h"
#include "core/runner/finetune_run.h"
#include "core/runner/journal.h"
#include "core/runner/segment_writer.h"

namespace reelmend::runner {

namespace {

// Runs `work` and says what went wrong, if anything did. Cancelled passes through.
template <class Work> std::optional<base::Error> errorOf(Work work)
{
    try {
        work();
        return std::nullopt;
    } catch (const base::Error& error) {
        return error;
    } catch (const std::bad_alloc&) {
        return base::Error(base::ErrorKind::kOutOfMemory, "The clip could not be enhanced.", "Memory ran out.",
            "Close other programs and start the job again: it goes on from its finished frames.");
    } catch (const std::exception& error) {
        return base::Error(base::ErrorKind::kFailed, "The clip could not be enhanced.", error.what(),
            "This is a fault of the program. The job's folder holds a log that helps to find it.");
    }
}

// FFmpeg's log goes to the job's while one runs.
class LibraryLog {
public:
    explicit LibraryLog(base::LogSink sink) { media::sendFfmpegLogTo(std::move(sink)); }
    ~LibraryLog() { media::sendFfmpegLogTo({}); }
    LibraryLog(const LibraryLog&) = delete;
    LibraryLog& operator=(const LibraryLog&) = delete;
};

// One run of one job, from the lock to the last event.
class JobRun {
public:
    JobRun(const jobs::JobFolder& job, base::Control& control, const RunOptions& options, jobs::JobLock lock)
        : job_(job)
        , control_(control)
        , options_(options)
        , lock_(std::move(lock))
        , fineTune_(job.kind() == "finetune" ? std::optional(job.fineTuneRequest()) : std::nullopt)
        , request_(fineTune_ ? jobs::EnhanceRequest() : job.enhanceRequest())
        , started_(base::utcNowText())
        , journal_(job.eventFile(), options.onEvent)
    {}

    jobs::JobState run()
    {
        journal_.write(jobs::StateEvent{jobs::JobState::kRunning});
        const LibraryLog libraryLog(options_.libraryLog);
        CommandThread commands(job_.controlFile(), control_, journal_, [this] { abandon(); });
        clock_ = [&commands] { return commands.workSeconds(); };
        EnhanceResult result;
        std::optional<base::Error> error;
        jobs::JobState outcome = jobs::JobState::kCancelled;
        try {
            error = errorOf([&] {
                const RunContext context{job_, journal_, control_, clock_, options_.segmentFrames};
                result = fineTune_ ? runFineTune(*fineTune_, context) : runEnhance(request_, context);
            });
            outcome = error ? jobs::JobState::kFailed : jobs::JobState::kFinished;
        } catch (const base::Cancelled&) {
        }
        if (hasEnded_.exchange(true)) {
            commands.stop(); // abandon() was quicker, and ends the process
        }
        outcome = end(outcome, result, error);
        commands.stop();
        return outcome;
    }

private:
    // The journal's last lines and the report. Called once, by whoever set hasEnded_.
    jobs::JobState end(jobs::JobState outcome, const EnhanceResult& result, const std::optional<base::Error>& error)
    {
        if (outcome == jobs::JobState::kCancelled && options_.isShutDown && options_.isShutDown()) {
            journal_.log(base::LogLevel::kInfo, "The system asked to stop. Finished pieces are kept.");
            return jobs::JobState::kInterrupted;
        }
        const double seconds = clock_();
        std::optional<jobs::FailureEvent> failure;
        if (error) {
            failure = jobs::failureOf(*error);
            journal_.tryWrite(*failure);
        } else if (outcome == jobs::JobState::kFinished) {
            journal_.tryWrite(jobs::ResultEvent{result.path, result.frames, seconds});
        }
        writeReport({request_, fineTune_, outcome, REELMEND_VERSION, jobs::machineText(), started_,
            base::utcNowText(), seconds, result.frames, result.framesMade, result.path, failure});
        // What was asked for is done; a later run of this job starts without it.
        errorOf([&] { job_.forgetCommands(lock_); });
        journal_.tryWrite(jobs::StateEvent{outcome});
        if (outcome != jobs::JobState::kFinished && options_.discardsUseless) {
            discardIfUseless();
        }
        return outcome;
    }

    void writeReport(const jobs::Report& report)
    {
        if (const auto error = errorOf([&] { report.write(job_.reportFile()); })) {
            journal_.log(base::LogLevel::kWarning, "There is no report: " + error->why());
        }
    }

    void discardIfUseless()
    {
        const auto index = jobs::SegmentIndex::read(job_.segmentFolder());
        std::error_code code;
        const bool hasCheckpoint = fineTune_ && std::filesystem::exists(job_.path() / "checkpoint.safetensors", code);
        if (!hasCheckpoint && (!index || index->segments.empty())) {
            errorOf([&] { job_.remove(lock_); });
        }
    }

    // On the command thread, while the run is stuck: what unwinding would have removed is removed here.
    void abandon()
    {
        if (!options_.abandon || hasEnded_.exchange(true)) {
            return;
        }
        clearUnfinished(job_.segmentFolder());
        if (!request_.output.empty()) {
            const base::PartFile half(base::pathFromText(request_.output));
        }
        options_.abandon(end(jobs::JobState::kCancelled, {}, std::nullopt));
    }

    const jobs::JobFolder& job_;
    base::Control& control_;
    const RunOptions& options_;
    jobs::JobLock lock_;
    std::optional<jobs::FineTuneRequest> fineTune_; // of a job of that kind; `request_` is then empty
    jobs::EnhanceRequest request_;
    std::string started_;
    Journal journal_;
    std::function<double()> clock_;
    std::atomic<bool> hasEnded_{false};
};

} // namespace

void checkRequest(const jobs::EnhanceRequest& request, const base::Control* control)
{
    const EnhancePlan plan = planEnhance(request, 0, control);
    refuseTakenOutput(plan, nullptr);
    checkDiskSpace(plan, jobs::JobFolder::standardRoot(), 0);
}

jobs::JobState runJob(const jobs::JobFolder& job, base::Control& control, const RunOptions& options)
{
    std::optional<jobs::JobLock> lock = job.tryLock();
    if (!lock) {
        throw base::Error(base::ErrorKind::kUsage, "The job " + job.id() + " cannot be run.",
            "Another process is running it.", "Wait for it, or cancel it first.");
    }
    return JobRun(job, control, options, std::move(*lock)).run();
}

} // namespace reelmend::runner
