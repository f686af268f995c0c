#include "app/cli/job_process.h"

#include <unistd.h>

#include <cstdio>
#include <mutex>
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

} // namespace

int runJobHere(Output& output, bool asJson, const jobs::JobFolder& job)
{
    base::Control control;
    const StopSignals signals(control);
    ProgressLine progress(::isatty(STDERR_FILENO) != 0);
    std::optional<jobs::FailureEvent> failure;
    std::optional<jobs::ResultEvent> result;

    runner::RunOptions options;
    if (isDetached()) {
        options.libraryLog = [](base::LogLevel level, std::string_view line) {
            if (level >= base::LogLevel::kWarning) {
                std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
            }
        };
    }
    options.isShutDown = [&] { return signals.isShutDown(); };
    options.onEvent = [&](const jobs::Event& event) {
        sayReady();
        if (const auto* failed = std::get_if<jobs::FailureEvent>(&event.what)) {
            failure = *failed;
        } else if (const auto* finished = std::get_if<jobs::ResultEvent>(&event.what)) {
            result = *finished;
        }
        if (asJson) {
            output.json(jobs::toJson(event));
        } else {
            progress.show(event);
        }
    };
    const jobs::JobState state = runner::runJob(job, control, options);
    progress.clear();

    const std::string folder = base::pathText(job.path());
    if (asJson) {
        nlohmann::json last{{"job", job.id()}, {"folder", folder}, {"state", stateName(state)}};
        if (result) {
            last.update({{"path", result->path}, {"frames", result->frames}, {"seconds", result->seconds}});
        }
        if (failure) {
            last["error"] = jobs::toJson(*failure);
        }
        output.json(last);
    } else if (failure) {
        reportError(output, false, base::Error(failure->kind, failure->message, failure->why, failure->hint));
    } else if (result) {
        output.line(result->path);
    } else {
        std::fprintf(stderr, "Stopped. Go on with: reelmend-cli run \"%s\"\n", folder.c_str());
    }
    return exitCodeOf(state, failure);
}

} // namespace reelmend::cli
