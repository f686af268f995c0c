#include <memory>
#include <string>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/detach.h"
#include "app/cli/job_process.h"
#include "app/cli/stop_signals.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/finetune_request.h"
#include "core/jobs/json_text.h"
#include "core/runner/finetune_run.h"

namespace reelmend::cli {

namespace {

struct Options {
    jobs::FineTuneRequest request;
    std::string file, task = "restore", gradient = "full";
    bool isDetached = false, asJson = false;
};

jobs::FineTuneRequest requestOf(const Options& options)
{
    jobs::Problems problems;
    jobs::FineTuneRequest request = options.request;
    if (!options.file.empty()) {
        const auto json = jobs::parseJson(base::readFile(base::pathFromText(options.file), 1 << 20));
        request = jobs::fineTuneRequestFromJson(json ? *json : nlohmann::json(), problems);
    } else {
        if (const auto task = jobs::taskFromName(options.task)) {
            request.task = *task;
        } else {
            problems.push_back({"task", "There is no task \"" + options.task + "\"."});
        }
        if (const auto mode = jobs::gradientModeFromName(options.gradient)) {
            request.gradient = *mode;
        } else {
            problems.push_back({"gradient", "It must be latent-only, chop, exact or full."});
        }
    }
    if (!problems.empty()) {
        throw jobs::RequestError(std::move(problems));
    }
    return request;
}

int fineTune(Output& output, const Options& options)
{
    jobs::FineTuneRequest request = requestOf(options);
    {
        base::Control control;
        const StopSignals signals(control);
        runner::checkFineTune(request, &control);
    }
    const jobs::JobFolder job = jobs::JobFolder::create(jobs::JobFolder::standardRoot(), std::move(request));
    if (options.isDetached) {
        startDetached(job);
        if (options.asJson) {
            output.json({{"job", job.id()}, {"folder", base::pathText(job.path())}});
        } else {
            output.line(job.id());
        }
        return 0;
    }
    return runJobHere(output, options.asJson, job, true);
}

} // namespace

void addFineTune(CLI::App& app, Chosen& chosen)
{
    auto options = std::make_shared<Options>();
    jobs::FineTuneRequest& request = options->request;
    CLI::App* command = app.add_subcommand("finetune", "Teach the lite model your own footage");
    command->add_option("request", options->file, "A request as JSON; the other options are then not looked at");
    command->add_option("--task", options->task, "upscale, inpaint, restore, repair or harmonise")
        ->capture_default_str();
    command->add_option("--scale", request.scale, "2 or 4, for upscale")->capture_default_str();
    command->add_option("--data", request.data,
        "Clips, folders of clips, folders with clean/ and degraded/ clips, or packed footage");
    command->add_option("-o,--out", request.output, "The weights that come of it, .safetensors");
    command->add_option("--model", request.model, "lite, or weights to start from")->capture_default_str();
    command->add_option("--steps", request.steps)->capture_default_str();
    command->add_option("--minutes", request.minutes, "Stop after that long; 0 = no limit")->capture_default_str();
    command->add_option("--gradient", options->gradient, "full, exact, chop or latent-only")->capture_default_str();
    command->add_option("--distance", request.truncationDistance, "D of chop, in groups of frames")
        ->capture_default_str();
    command->add_option("--frames", request.frames, "Of a training clip, 1 + 4 n")->capture_default_str();
    command->add_option("--size", request.size, "Side of a crop in pixels")->capture_default_str();
    command->add_option("--clips", request.clips, "Crops of one pass")->capture_default_str();
    command->add_option("--accumulation", request.accumulation, "Passes of one step")->capture_default_str();
    command->add_option("--rate", request.learningRate, "Learning rate")->capture_default_str();
    command->add_option("--perceptual", request.perceptualWeight, "Weight of LPIPS in the loss")
        ->capture_default_str();
    command->add_option("--validate-every", request.validateEvery, "Steps; 0 = never")->capture_default_str();
    command->add_option("--seed", request.seed)->capture_default_str();
    command->add_flag("--overwrite", request.overwrite, "Replace existing weights");
    command->add_flag("--detach", options->isDetached, "Start the job, print its id, and return");
    command->add_flag("--json", options->asJson, "Events on standard output, one JSON object a line");
    command->callback([&chosen, options] {
        chosen.asJson = options->asJson;
        chosen.run = [options](Output& output) { return fineTune(output, *options); };
    });
}

} // namespace reelmend::cli
