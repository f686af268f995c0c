#include "app/cli/job_process.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <optional>

#include <nlohmann/json.hpp>

#include "app/cli/detach.h"
#include "app/cli/progress_line.h"
#include "app/cli/stop_signals.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/event.h"
#include "core/runner/run_job.h"

namespace reelmend::cli {

namespace {

int exitCodeOf(jobs::JobState state, const std::optional<jobs::FailureEvent>& failure)
{
    if (state == jobs::JobState::kFinished) {
        return 0;
    }
    if (state == jobs::JobState::kFailed) {
        return base::exitCode(failure ? failure->kind : base::ErrorKind::kFailed);
    }
    return base::kExitCancelled;
}

// What is said of a run when it has ended.
class Ending {
public:
    void see(const jobs::Event& event)
    {
        if (const auto* failed = std::get_if<jobs::FailureEvent>(&event.what)) {
            failure_ = *failed;
        } else if (const auto* finished = std::get_if<jobs::ResultEvent>(&event.what)) {
            result_ = *finished;
        }
    }

    int say(Output& output, bool asJson, const jobs::JobFolder& job, jobs::JobState state) const
    {
        const std::string folder = base::pathText(job.path());
        // A preview's is told relative to the job's folder.
        const std::string made = result_ ? base::pathText(job.path() / base::pathFromText(result_->path)) : "";
        if (asJson) {
            nlohmann::json last{{"job", job.id()}, {"folder", folder}, {"state", stateName(state)}};
            if (result_) {
                last.update({{"path", made}, {"frames", result_->frames}, {"seconds", result_->seconds}});
            }
            if (failure_) {
                last["error"] = jobs::toJson(*failure_);
            }
            output.json(last);
        } else if (failure_) {
            reportError(output, false, base::Error(failure_->kind, failure_->message, failure_->why, failure_->hint));
        } else if (result_) {
            output.line(made);
        } else if (std::filesystem::exists(job.requestFile())) {
            std::fprintf(stderr, "Go on later with: reelmend-cli run \"%s\"\n", folder.c_str());
        }
        return exitCodeOf(state, failure_);
    }

private:
    std::optional<jobs::FailureEvent> failure_;
    std::optional<jobs::ResultEvent> result_;
};

} // namespace

int runJobHere(Output& output, bool asJson, const jobs::JobFolder& job, bool discardsUseless)
{
    base::Control control;
    const StopSignals signals(control);
    ProgressLine progress(::isatty(STDERR_FILENO) != 0);
    Ending ending;

    runner::RunOptions options;
    if (isDetached()) {
        options.libraryLog = [](base::LogLevel level, std::string_view line) {
            if (level >= base::LogLevel::kWarning) {
                std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
            }
        };
    }
    options.discardsUseless = discardsUseless;
    options.isShutDown = [&] { return signals.isShutDown(); };
    options.onEvent = [&](const jobs::Event& event) {
        sayReady();
        ending.see(event);
        if (asJson) {
            output.json(jobs::toJson(event));
        } else {
            progress.show(event);
        }
    };
    options.abandon = [&](jobs::JobState state) {
        progress.clear();
        ::_exit(ending.say(output, asJson, job, state));
    };
    const jobs::JobState state = runner::runJob(job, control, options);
    progress.clear();
    return ending.say(output, asJson, job, state);
}

} // namespace reelmend::cli
