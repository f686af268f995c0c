#include <memory>
#include <string>

#include <CLI/App.hpp>

#include "app/cli/command.h"
#include "app/cli/job_process.h"
#include "core/base/files.h"

namespace reelmend::cli {

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
            return runJobHere(
                output, options->asJson, jobs::JobFolder::open(base::pathFromText(options->folder)), false);
        };
    });
}

} // namespace reelmend::cli
