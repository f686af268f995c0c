#include "core/runner/run_job.h"

#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/report.h"
#include "core/media/log.h"
#include "core/runner/capabilities.h"
#include "core/runner/command_thread.h"
#include "core/runner/enhance_plan.h"
#include "core/runner/enhance_run.h"
#include "core/runner/journal.h"

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

void writeReport(const jobs::JobFolder& job, const jobs::Report& report, Journal& journal)
{
    if (const auto error = errorOf([&] { report.write(job.reportFile()); })) {
        journal.log(base::LogLevel::kWarning, "There is no report: " + error->why());
    }
}

} // namespace

void checkRequest(const jobs::EnhanceRequest& request, const base::Control* control)
{
    const EnhancePlan plan = planEnhance(request, 0, control);
    checkDiskSpace(plan, jobs::JobFolder::standardRoot(), 0);
}

jobs::JobState runJob(const jobs::JobFolder& job, base::Control& control, const RunOptions& options)
{
    const std::optional<jobs::JobLock> lock = job.tryLock();
    if (!lock) {
        throw base::Error(base::ErrorKind::kUsage, "The job " + job.id() + " cannot be run.",
            "Another process is running it.", "Wait for it, or cancel it first.");
    }
    jobs::Report report;
    report.request = job.enhanceRequest();
    report.programVersion = REELMEND_VERSION;
    report.machine = jobs::machineText();
    report.started = base::utcNowText();
    Journal journal(job.eventFile(), options.onEvent);
    journal.write(jobs::StateEvent{jobs::JobState::kRunning});
    CommandThread commands(job.controlFile(), control, journal);

    const LibraryLog libraryLog(options.libraryLog);
    EnhanceResult result;
    std::optional<base::Error> error;
    try {
        error = errorOf([&] {
            RunContext context{job, journal, control, [&] { return commands.workSeconds(); }, options.segmentFrames};
            result = runEnhance(report.request, context);
        });
        report.outcome = error ? jobs::JobState::kFailed : jobs::JobState::kFinished;
    } catch (const base::Cancelled&) {
        report.outcome = jobs::JobState::kCancelled;
    }
    const double seconds = commands.workSeconds();
    commands.stop();
    if (report.outcome == jobs::JobState::kCancelled && options.isShutDown && options.isShutDown()) {
        journal.log(base::LogLevel::kInfo, "The system asked to stop. The finished frames are kept.");
        return jobs::JobState::kInterrupted;
    }
    report.ended = base::utcNowText();
    report.seconds = seconds;
    report.frames = result.frames;
    report.framesMade = result.framesMade;
    report.result = result.path;
    if (error) {
        report.failure = jobs::failureOf(*error);
        journal.tryWrite(*report.failure);
    } else if (report.outcome == jobs::JobState::kFinished) {
        journal.tryWrite(jobs::ResultEvent{result.path, result.frames, seconds});
    }
    writeReport(job, report, journal);
    // What was asked for is done; a later run of this job starts without it.
    errorOf([&] { job.forgetCommands(*lock); });
    journal.tryWrite(jobs::StateEvent{report.outcome});
    return report.outcome;
}

} // namespace reelmend::runner
