#include <filesystem>
#include <memory>
#include <string>

#include <CLI/App.hpp>

#include "app/cli/command.h"
#include "app/cli/job_process.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/job_summary.h"

namespace reelmend::cli {

namespace {

// Running a finished job once more could only fail at its own result, and would leave it listed as failed.
void refuseFinished(const jobs::JobFolder& job)
{
    const jobs::JobStatus status = jobs::summarise(job).status;
    std::error_code ignored;
    if (status.state == jobs::JobState::kFinished && status.result &&
        std::filesystem::exists(job.path() / base::pathFromText(*status.result), ignored)) {
        throw base::Error(base::ErrorKind::kUsage, "The job " + job.id() + " need not be run.",
            "It is finished: \"" + *status.result + "\".", "To make it again, remove the result first.");
    }
}

} // namespace

void addRun(CLI::App& app, Chosen& chosen)
{
    struct Options {
        std::string folder;
        bool asJson = false;
    };
    auto options = std::make_shared<Options>();
    CLI::App* run = app.add_subcommand("run", "Work on a job folder; goes on where an earlier run stopped");
    run->add_option("folder", options->folder, "The job's folder")->required();
    run->add_flag("--json", options->asJson, "The job's events on standard output, one JSON object a line");
    run->callback([&chosen, options] {
        chosen.asJson = options->asJson;
        chosen.run = [options](Output& output) {
            const jobs::JobFolder job = jobs::JobFolder::open(base::pathFromText(options->folder));
            refuseFinished(job);
            return runJobHere(output, options->asJson, job, false);
        };
    });
}

} // namespace reelmend::cli
