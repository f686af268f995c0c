#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/detach.h"
#include "app/cli/job_process.h"
#include "app/cli/stop_signals.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/finetune_presets.h"
#include "core/jobs/json_text.h"
#include "core/runner/finetune_run.h"

namespace reelmend::cli {

namespace {

struct Options {
    // Of the request, as text or as it may be absent: what was not given stays as the preset or the default has it.
    nlohmann::json given = nlohmann::json::object();
    std::string file;
    std::optional<std::int64_t> rank;
    std::optional<double> alpha;
    std::vector<std::string> modules;
    std::optional<std::string> loraNames;
    bool withoutDecoder = false;
    bool isDetached = false, asJson = false, listsPresets = false;
};

// The adapter's options, if any of them was given.
void addAdapter(const Options& options, nlohmann::json& request)
{
    if (!options.rank && !options.alpha && options.modules.empty() && !options.loraNames && !options.withoutDecoder) {
        return;
    }
    nlohmann::json adapter = nlohmann::json::object();
    if (options.rank) {
        adapter["rank"] = *options.rank;
    }
    if (options.alpha) {
        adapter["alpha"] = *options.alpha;
    }
    if (!options.modules.empty()) {
        adapter["modules"] = options.modules;
    }
    if (options.loraNames) {
        adapter["names"] = *options.loraNames;
    }
    if (options.withoutDecoder) {
        adapter["decoder"] = false;
    }
    request["adapter"] = std::move(adapter);
}

void makeAbsolute(nlohmann::json& request, const char* field)
{
    if (request.contains(field) && request[field].is_string() && !request[field].get_ref<std::string&>().empty()) {
        const auto path = base::pathFromText(request[field].get<std::string>());
        request[field] = base::pathText(std::filesystem::absolute(path).lexically_normal());
    }
}

jobs::FineTuneRequest requestOf(const Options& options)
{
    nlohmann::json json = nlohmann::json::object();
    if (!options.file.empty()) {
        const auto file = jobs::parseJson(base::readFile(base::pathFromText(options.file), 1 << 20));
        json = file ? *file : nlohmann::json();
    }
    if (json.is_object()) { // options go before the file
        json.update(options.given);
        addAdapter(options, json);
        makeAbsolute(json, "promptEmbedding");
        if (json.value("model", nlohmann::json("lite")) != "lite") {
            makeAbsolute(json, "model");
        }
    }
    jobs::Problems problems;
    jobs::FineTuneRequest request = jobs::fineTuneRequestFromJson(json, problems);
    if (!problems.empty()) {
        throw jobs::RequestError(std::move(problems));
    }
    return request;
}

int listPresets(Output& output, bool asJson)
{
    for (const jobs::FineTunePreset& preset : jobs::fineTunePresets()) {
        if (asJson) {
            output.json({{"name", preset.name}, {"description", preset.description},
                {"request", jobs::toJson(preset.request)}});
        } else {
            output.line(preset.name + "  " + preset.description);
        }
    }
    return 0;
}

int fineTune(Output& output, const Options& options)
{
    if (options.listsPresets) {
        return listPresets(output, options.asJson);
    }
    jobs::FineTuneRequest request = requestOf(options);
    if (runner::fineTuneRank() > 0) { // torchrun or srun: the first process has the job
        runner::followFineTune(request);
        return 0;
    }
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
    CLI::App* command =
        app.add_subcommand("finetune", "Teach lite, or an adapter over a published model, your own footage");
    const auto add = [&]<class Value>(const char* name, const char* field, Value, const char* what) {
        return command->add_option_function<Value>(
            name, [options, field](const Value& value) { options->given[field] = value; }, what);
    };
    using Text = std::string;
    using Count = std::int64_t;
    command->add_option("request", options->file, "A request as JSON; options go before what it says");
    command->add_flag("--list-presets", options->listsPresets, "List the presets, and do nothing else");
    add("--preset", "preset", Text(), "Settings to start from (see --list-presets)");
    add("--task", "task", Text(), "upscale, inpaint, restore (default), repair or harmonise");
    add("--scale", "scale", Count(), "2 or 4, for upscale");
    add("--data", "data", std::vector<Text>(),
        "Clips, folders of clips or numbered pictures, folders with clean/ and degraded/ or masks/, packed footage");
    add("-o,--out", "output", Text(), "The weights that come of it, .safetensors");
    add("--model", "model", Text(), "lite (default), weights to start from, or a published model's folder");
    add("--prompt-embedding", "promptEmbedding", Text(),
        "For published models: a safetensors file that holds the embedding of their prompt");
    add("--steps", "steps", Count(), "How many (500)");
    add("--minutes", "minutes", double(), "Stop after that long; 0 = no limit");
    add("--gradient", "gradient", Text(), "full (default), exact, chop or latent-only");
    command->add_option_function<Text>(
        "--distance",
        [options](const Text& text) {
            const bool isNumber = !text.empty() && text.size() < 10 &&
                                  std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
            options->given["truncationDistance"] = isNumber ? std::stoll(text) : 1;
            options->given["distanceCourse"] = isNumber ? Text() : text;
        },
        "D of chop, in groups of frames (1), or its course: 0..2@600 grows over 600 steps, adaptive follows what is "
        "measured (adaptive:0..4@200,0.1: within 0 and 4, every 200 steps, to a bias of 0.1)");
    add("--frames", "frames", Count(), "Of a training clip, 1 + 4 n (9)");
    add("--size", "size", Count(), "Side of a crop in pixels (64)");
    add("--clips", "clips", Count(), "Crops of one pass (2)");
    add("--accumulation", "accumulation", Count(), "Passes of one step (2)");
    command->add_option("--lora-rank", options->rank, "Teach an adapter of that rank instead of all weights");
    command->add_option("--lora-alpha", options->alpha, "Its strength; by default its rank");
    command->add_option(
        "--lora-modules", options->modules, "Parts of the names of its layers; by default all layers");
    command->add_flag("--lora-no-decoder", options->withoutDecoder, "Leave the decoder as it is");
    command->add_option("--lora-names", options->loraNames, "Names in its file: peft (diffusers), kohya or comfy");
    add("--optimizer", "optimizer", Text(), "adamw (default), or adamw8: states in 8 bits");
    add("--rate", "learningRate", double(), "Learning rate (1e-4)");
    add("--rate-shape", "rate", Text(), "cosine (default) or constant");
    add("--perceptual", "perceptualWeight", double(), "Weight of LPIPS in the loss (0.1)");
    add("--losses", "losses", Text(),
        "More terms: ssim, ms-ssim, lpips-alex, lpips-vgg, dists, gram, focal-frequency, wavelet, census and others, "
        "like 0.1*dists+0.05*gram");
    add("--device", "device", Text(), "auto (default: a CUDA device where one answers), cpu or cuda[:n]");
    add("--precision", "precision", Text(), "auto, float32 or bfloat16");
    add("--memory", "memory", Count(), "Bytes that a step may take; 0 = whatever it takes");
    add("--validate-every", "validateEvery", Count(), "Steps; 0 = never (100)");
    add("--keep-checkpoints", "keepCheckpoints", Count(), "The newest so many, and the best (3)");
    add("--seed", "seed", Count(), "Of everything that is drawn (1)");
    const auto flag = [&](const char* name, const char* field, const char* what) {
        command->add_flag_callback(
            name, [options, field] { options->given[field] = true; }, what);
    };
    flag("--recompute", "recompute", "Make activations again in the backward pass: less memory, more time");
    flag("--offload", "offload", "On a card: idle networks of a published model wait in main memory");
    flag("--overwrite", "overwrite", "Replace existing weights");
    command->add_flag("--detach", options->isDetached, "Start the job, print its id, and return");
    command->add_flag("--json", options->asJson, "Events on standard output, one JSON object a line");
    command->callback([&chosen, options] {
        chosen.asJson = options->asJson;
        chosen.run = [options](Output& output) { return fineTune(output, *options); };
    });
}

} // namespace reelmend::cli
