#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/adapter_text.h"
#include "app/cli/command.h"
#include "app/cli/detach.h"
#include "app/cli/job_process.h"
#include "app/cli/stop_signals.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/probe.h"
#include "core/runner/model_choice.h"
#include "core/runner/run_job.h"

namespace reelmend::cli {

namespace {

struct Options {
    jobs::EnhanceRequest request;
    std::string task, quality = "good", codec = "auto", range;
    std::vector<std::string> adapters;
    bool isPreview = false, isDetached = false, asJson = false;
};

// Everything that is wrong, not only what could not be read.
void refuse(jobs::Problems problems, const jobs::EnhanceRequest& request)
{
    for (jobs::Problem& problem : request.validate()) {
        if (std::ranges::find(problems, problem.field, &jobs::Problem::field) == problems.end()) {
            problems.push_back(std::move(problem));
        }
    }
    throw jobs::RequestError(std::move(problems));
}

// The words of the command line as a request; ranges may be open ("48:"), so the clip's length is needed for them.
jobs::EnhanceRequest requestOf(const Options& options, const base::Control& control)
{
    jobs::EnhanceRequest request = options.request;
    jobs::Problems problems;
    if (const auto task = jobs::taskFromName(options.task)) {
        request.task = *task;
    } else {
        problems.push_back({"task",
            "There is no task \"" + options.task + "\"; there are upscale, inpaint, restore, repair and harmonise."});
    }
    if (const auto quality = jobs::qualityFromName(options.quality)) {
        request.quality = *quality;
    } else {
        problems.push_back({"quality",
            "There is no quality \"" + options.quality + "\"; there are draft, good, best and lossless."});
    }
    if (const auto codec = jobs::codecFromName(options.codec)) {
        request.codec = *codec;
    } else {
        problems.push_back({"codec",
            "There is no codec \"" + options.codec + "\"; there are auto, h264, h265, av1, vp9, prores and ffv1."});
    }
    request.purpose = options.isPreview ? jobs::Purpose::kPreview : jobs::Purpose::kResult;
    // A name that holds no slash and is no weight file may be a model's name, or that of a folder right here.
    const bool isPath = request.model.ends_with(".safetensors") || request.model.find('/') != std::string::npos ||
                        (request.model != "lite" && request.model != "classical" && request.model != "auto" &&
                            std::filesystem::is_directory(base::pathFromText(request.model)));
    std::string noFile;
    std::string* const model = isPath ? &request.model : &noFile;
    request.adapters.clear();
    for (const std::string& text : options.adapters) {
        const AdapterText adapter = parseAdapter(text);
        if (!adapter.problem.empty()) {
            problems.push_back({"adapters", adapter.problem});
        }
        request.adapters.push_back({adapter.file, adapter.strength});
    }
    std::vector<std::string*> paths{&request.input, &request.output, &request.mask, &request.promptEmbedding, model};
    for (std::string& reference : request.references) {
        paths.push_back(&reference);
    }
    for (jobs::AdapterUse& adapter : request.adapters) {
        paths.push_back(&adapter.path);
    }
    for (std::string* path : paths) {
        if (!path->empty()) {
            *path = base::pathText(std::filesystem::absolute(base::pathFromText(*path)).lexically_normal());
        }
    }
    if (!problems.empty()) {
        refuse(std::move(problems), request);
    }
    if (!options.range.empty()) {
        media::ProbeOptions probe;
        probe.control = &control;
        request.range =
            base::parseRange(options.range, media::probe(base::pathFromText(request.input), probe).frameCount());
    }
    return runner::resolved(std::move(request));
}

int startAway(Output& output, bool asJson, const jobs::JobFolder& job)
{
    startDetached(job);
    if (asJson) {
        output.json({{"job", job.id()}, {"folder", base::pathText(job.path())}});
    } else {
        output.line(job.id());
    }
    return 0;
}

int enhance(Output& output, const Options& options)
{
    jobs::EnhanceRequest request;
    {
        base::Control control;
        const StopSignals signals(control, StopSignals::Leaves::kNothing);
        request = requestOf(options, control);
        runner::checkRequest(request, &control);
    }
    if (options.request.model == "auto" && request.model == "classical" && !options.asJson) {
        std::fprintf(stderr, "%s The classical model does the work.\n", runner::liteProblem().c_str());
    }
    const jobs::JobFolder job = jobs::JobFolder::create(jobs::JobFolder::standardRoot(), std::move(request));
    if (options.isDetached) {
        return startAway(output, options.asJson, job);
    }
    return runJobHere(output, options.asJson, job, true);
}

} // namespace

void addEnhance(CLI::App& app, Chosen& chosen)
{
    auto options = std::make_shared<Options>();
    jobs::EnhanceRequest& request = options->request;
    CLI::App* command = app.add_subcommand("enhance", "Make a better clip out of a clip");
    command->add_option("input", request.input, "A clip, or numbered pictures name.%04d.png")->required();
    command->add_option("-o,--out", request.output, "The result; its extension chooses the container");
    command
        ->add_option("--task", options->task,
            "upscale, inpaint, restore, repair (rendered scenes) or harmonise (inserted objects)")
        ->required();
    command
        ->add_option("--model", request.model,
            "lite, classical, a file of weights, or a folder with a published model (transformer, vae)")
        ->capture_default_str();
    command->add_option("--prompt-embedding", request.promptEmbedding,
        "For published models: a safetensors file that holds the embedding of their prompt");
    command
        ->add_option("--steps", request.steps,
            "VACE: 1 = one evaluation at a fixed timestep; more = sampled from noise in so many steps")
        ->capture_default_str();
    command
        ->add_option("--guidance", request.guidance,
            "Of several steps: how far away from the negative prompt that came with the embedding; 1 = not at all")
        ->capture_default_str();
    command->add_option(
        "--reference", request.references, "Of several steps: a picture of what is to appear; may be given again");
    command->add_option("--lora", options->adapters,
        "An adapter over the model's weights, FILE.safetensors or FILE.safetensors:STRENGTH; may be given again");
    command->add_option("--scale", request.scale, "2 or 4, for upscale")->capture_default_str();
    command->add_option("--mask", request.mask, "Where to change: a picture, a video, or a folder of pictures");
    command->add_option("--range", options->range, "Frames first:end, the end not included; a side may be left out");
    command->add_option("--strength", request.strength, "0 (the source) to 1 (all that the model does)")
        ->capture_default_str();
    command->add_option(
        "--detail", request.detail, "lite: 0 (faithful) to 1 (most detail); what suits the task else");
    command->add_option("--quality", options->quality, "draft, good, best or lossless")->capture_default_str();
    command
        ->add_option(
            "--codec", options->codec, "auto (what suits the file's name), h264, h265, av1, vp9, prores, ffv1")
        ->capture_default_str();
    command->add_flag(
        "--deinterlace", request.deinterlace, "Interlaced footage: make one picture of the two fields first");
    command->add_option("--seed", request.seed, "For models that draw random numbers")
        ->capture_default_str()
        ->check(seedProblem);
    command->add_option("--device", request.device, "auto, cpu or cuda[:n]")->capture_default_str();
    command->add_flag("--overwrite", request.overwrite, "Replace an existing result");
    command->add_flag("--preview", options->isPreview, "Make the range's one frame, as a PNG in the job's folder");
    command->add_flag("--detach", options->isDetached, "Start the job, print its id, and return");
    command->add_flag("--json", options->asJson, "Events on standard output, one JSON object a line");
    command->callback([&chosen, options] {
        chosen.asJson = options->asJson;
        chosen.run = [options](Output& output) { return enhance(output, *options); };
    });
}

} // namespace reelmend::cli
