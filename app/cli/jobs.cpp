#include <cstdio>
#include <memory>
#include <string>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/control_file.h"
#include "core/jobs/job_summary.h"

namespace reelmend::cli {

namespace {

std::string jobLine(const jobs::JobSummary& job)
{
    char numbers[64] = "";
    if (job.status.total > 0) {
        std::snprintf(numbers, sizeof numbers, "%lld of %lld", static_cast<long long>(job.status.done),
            static_cast<long long>(job.status.total));
    }
    char line[128];
    std::snprintf(line, sizeof line, "%s  %-11s  %-8s  %-14s  ", job.id.c_str(),
        std::string(stateName(job.status.state)).c_str(), std::string(taskName(job.request.task)).c_str(), numbers);
    return line + (job.fineTune ? job.fineTune->output : job.request.input);
}

template <class Visit> void forEachJob(Visit visit)
{
    for (const jobs::JobFolder& job : jobs::JobFolder::list(jobs::JobFolder::standardRoot())) {
        try {
            visit(job, jobs::summarise(job));
        } catch (const base::Error& error) {
            std::fprintf(stderr, "reelmend-cli: %s\n", error.what());
        }
    }
}

int listJobs(Output& output, bool asJson)
{
    nlohmann::json list = nlohmann::json::array();
    forEachJob([&](const jobs::JobFolder&, const jobs::JobSummary& summary) {
        if (asJson) {
            list.push_back(summary.toJson());
        } else {
            output.line(jobLine(summary));
        }
    });
    if (asJson) {
        output.json({{"jobs", std::move(list)}});
    }
    return 0;
}

int cleanJobs(Output& output, bool asJson, bool alsoUnfinished)
{
    int removed = 0;
    forEachJob([&](const jobs::JobFolder& job, const jobs::JobSummary& summary) {
        const jobs::JobState state = summary.status.state;
        const bool isUnfinished = state == jobs::JobState::kInterrupted || state == jobs::JobState::kCancelled ||
                                  state == jobs::JobState::kFailed;
        if (state == jobs::JobState::kFinished || (alsoUnfinished && isUnfinished)) {
            job.remove();
            ++removed;
        }
    });
    if (asJson) {
        output.json({{"removed", removed}});
    } else {
        output.line(std::to_string(removed) + (removed == 1 ? " job removed." : " jobs removed."));
    }
    return 0;
}

int steerJob(Output& output, bool asJson, const std::string& id, jobs::Command command)
{
    const jobs::JobFolder job = jobs::JobFolder::find(jobs::JobFolder::standardRoot(), id);
    if (!job.isLocked()) {
        throw base::Error(base::ErrorKind::kUsage, "The job " + id + " cannot be steered.", "It is not running.",
            "Go on with it: reelmend-cli run \"" + base::pathText(job.path()) + "\"");
    }
    jobs::sendCommand(job.controlFile(), command);
    if (asJson) {
        output.json({{"job", id}, {"command", commandName(command)}});
    }
    return 0;
}

} // namespace

void addJobs(CLI::App& app, Chosen& chosen)
{
    struct Options {
        std::string id;
        bool asJson = false;
        bool alsoUnfinished = false;
    };
    auto options = std::make_shared<Options>();
    CLI::App* jobs = app.add_subcommand("jobs", "List, steer and remove jobs");
    jobs->require_subcommand(1);
    const auto add = [&](const char* name, const char* text, std::function<int(Output&)> run) {
        CLI::App* command = jobs->add_subcommand(name, text);
        command->add_flag("--json", options->asJson, "One JSON object on standard output");
        command->callback([&chosen, options, run = std::move(run)] {
            chosen.asJson = options->asJson;
            chosen.run = run;
        });
        return command;
    };
    add("list", "All jobs, newest first", [options](Output& output) { return listJobs(output, options->asJson); });
    add("clean", "Remove finished jobs; the results stay", [options](Output& output) {
        return cleanJobs(output, options->asJson, options->alsoUnfinished);
    })->add_flag("--all", options->alsoUnfinished, "Also those that failed, were cancelled or interrupted");
    for (const jobs::Command command : {jobs::Command::kPause, jobs::Command::kResume, jobs::Command::kCancel}) {
        const std::string name(commandName(command));
        add(name.c_str(), ("Ask a running job to " + name).c_str(),
            [options, command](Output& output) { return steerJob(output, options->asJson, options->id, command); })
            ->add_option("job", options->id, "The job's id, as the list shows it")
            ->required();
    }
}

} // namespace reelmend::cli
