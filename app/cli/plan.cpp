#include <ATen/ATen.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/command.h"
#include "app/cli/measure_options.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/kept_file.h"
#include "core/base/time.h"
#include "core/chopgrad/measure_costs.h"
#include "core/models/kept_footprint.h"
#include "core/plan/memory_plan.h"

namespace reelmend::cli {

namespace {

struct PlanOptions {
    MeasureOptions what; // its lists: model, frames, sizes, modes, …
    std::string budget, costs;
    bool coupled = false;
};

// "24000000000", "24GB", "22.5GiB". Throws base::Error(kUsage).
double parseBytes(const std::string& text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string unit(error == std::errc() ? end : text.data() + text.size(), text.data() + text.size());
    const std::pair<const char*, double> units[] = {{"", 1}, {"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9},
        {"TB", 1e12}, {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}};
    for (const auto& [name, factor] : units) {
        if (error == std::errc() && unit == name && std::isfinite(value) && value > 0) {
            return value * factor;
        }
    }
    throw base::Error(base::ErrorKind::kUsage, "The option --budget cannot be understood.",
        "\"" + text + "\" is not a number of bytes.", "Write for example 24000000000, 24GB or 22.5GiB.");
}

plan::DecoderCosts costsFromText(const std::string& text)
{
    return plan::decoderCostsFromJson(nlohmann::json::parse(text, nullptr, false));
}

// Where the costs of this kind of network are kept when no file is named.
std::filesystem::path costsInCache(const MeasuredModel& model, const MeasureOptions& what)
{
    return base::cacheFolder() / ("costs-" + models::networkFingerprint(*model.decoder) + "-" + what.operators +
                                     (what.variables() == chopgrad::Variables::kDecoder ? "-trained-" : "-frozen-") +
                                     std::string(c10::toString(c10::typeMetaToScalarType(model.options.dtype()))) +
                                     "-" + model.options.device().str() + ".json");
}

// Costs from the file, where there is one; else from the cache; else measured on two small pictures, which takes a
// minute for a large network, and kept.
plan::DecoderCosts costsFor(const PlanOptions& options)
{
    const auto path = base::pathFromText(options.costs);
    std::error_code ignored;
    if (!options.costs.empty() && std::filesystem::exists(path, ignored)) {
        return costsFromText(base::readFile(path));
    }
    if (options.what.model.empty()) {
        throw base::Error(base::ErrorKind::kUsage, "There is nothing to plan for.", "No model was named.",
            "Add --model PATH, or --costs with a file that an earlier plan wrote.");
    }
    const bool trained = options.what.variables() == chopgrad::Variables::kDecoder;
    const MeasuredModel model = openMeasured(options.what.model, options.what.engine, chopgrad::Variables::kLatents);
    model.decoder->setOperators(
        options.what.operators == "stock" ? models::OperatorSet::kStock : models::OperatorSet::kLean);
    models::setRequiresGrad([&](const models::ParameterVisitor& visitor) { model.decoder->visit(visitor); }, trained);
    const auto measure = [&] {
        if (!options.what.asJson) {
            std::fputs("Measuring what this kind of model costs, once; a large one takes about a minute.\n", stderr);
        }
        return chopgrad::measureCosts(
            *model.decoder, model.options, chopgrad::skipsMaker(model.networks(), model.options));
    };
    const auto write = [](const plan::DecoderCosts& costs) { return plan::toJson(costs).dump(1) + "\n"; };
    if (options.costs.empty()) {
        return base::keptInFile(costsInCache(model, options.what), costsFromText, measure, write);
    }
    const plan::DecoderCosts costs = measure();
    base::writeFileAtomically(path, write(costs)); // asked for: a failure is an error
    return costs;
}

std::string predictionText(const plan::GradientSchedule& schedule, const plan::MemoryPrediction& prediction)
{
    char units[64];
    std::snprintf(units, sizeof units, ", %.0f group runs of time", prediction.units);
    std::string text = plan::scheduleText(schedule) + ": " + base::bytesText(prediction.peakBytes) + units;
    if (prediction.hostBytes > 0) {
        text += ", main memory " + base::bytesText(prediction.hostBytes);
    }
    if (prediction.diskBytes > 0) {
        text += ", disk " + base::bytesText(prediction.diskBytes);
    }
    return text;
}

nlohmann::json predictionJson(const plan::PlanQuestion& question, const plan::GradientSchedule& schedule,
    const plan::MemoryPrediction& prediction)
{
    nlohmann::json json = plan::toJson(prediction);
    json["schedule"] = plan::scheduleText(schedule);
    json["mode"] = plan::modeName(schedule.mode);
    json["distance"] =
        schedule.mode == plan::GradientMode::kChop ? nlohmann::json(schedule.distance) : nlohmann::json();
    json["frames"] = question.frames;
    json["width"] = question.width;
    json["height"] = question.height;
    return json;
}

base::Error nothingFits(const plan::PlanChoices& choices, double budget)
{
    std::string hint;
    if (choices.fittingFrames > 0) {
        hint = std::to_string(choices.fittingFrames) + " frames of this size would fit";
    }
    if (choices.fittingWidth > 0) {
        hint += (hint.empty() ? "These frames would fit at " : ", or these frames at ") +
                std::to_string(choices.fittingWidth) + "x" + std::to_string(choices.fittingHeight);
    }
    return {base::ErrorKind::kOutOfMemory, "No gradient of the picture fits into " + base::bytesText(budget) + ".",
        "The least that any needs is " + base::bytesText(choices.leastBytes) +
            (choices.leastSchedule ? " (" + plan::scheduleText(*choices.leastSchedule) + ")" : std::string()) + ", " +
            base::bytesText(choices.leastBytes - budget) + " more.",
        hint.empty() ? "The weights alone are too large: use bfloat16, or another machine." : hint + "."};
}

// Frames, width and height that a question is filled up to where they do not divide.
std::array<std::int64_t, 3> filledUp(const plan::DecoderCosts& costs, const plan::PlanQuestion& question)
{
    const std::int64_t stride = costs.spatialStride;
    const auto side = [&](std::int64_t size) { return (size + stride - 1) / stride * stride; };
    std::int64_t frames = question.frames;
    if (costs.latentsPerGroup == 1 && question.schedule.mode != plan::GradientMode::kFramewise) {
        frames = costs.firstFrames + (plan::groupsFor(costs, question.frames) - 1) * costs.framesPerGroup;
    }
    return {frames, side(question.width), side(question.height)};
}

int showPlan(Output& output, const PlanOptions& options)
{
    const auto cases = options.what.cases();
    const bool hasBudget = !options.budget.empty();
    const double budget = hasBudget ? parseBytes(options.budget) : 0;
    const plan::DecoderCosts costs = costsFor(options);
    const plan::MemoryPlan plan(costs);
    nlohmann::json result = {
        {"result", "plan"}, {"measured", costs.isMeasured}, {"predictions", nlohmann::json::array()}};
    std::string text;
    for (const auto& step : cases) {
        plan::PlanQuestion question{step.frames, step.width, step.height, step.schedule, options.coupled,
            options.what.engine.device.starts_with("cuda")};
        const auto prediction = plan.predict(question);
        nlohmann::json row = predictionJson(question, step.schedule, prediction);
        std::string line = std::to_string(step.frames) + " frames of " + std::to_string(step.width) + "x" +
                           std::to_string(step.height);
        const auto filled = filledUp(costs, question);
        if (filled != std::array<std::int64_t, 3>{step.frames, step.width, step.height}) {
            row["filled_up"] = filled;
            line += " (filled up to " + std::to_string(filled[0]) + " of " + std::to_string(filled[1]) + "x" +
                    std::to_string(filled[2]) + ")";
        }
        line += ", " + predictionText(step.schedule, prediction);
        if (hasBudget) {
            row["fits"] = prediction.peakBytes <= budget;
            line += prediction.peakBytes <= budget
                        ? "; fits"
                        : "; " + base::bytesText(prediction.peakBytes - budget) + " too much";
        }
        result["predictions"].push_back(row);
        text += (text.empty() ? "" : "\n") + line;
    }
    if (hasBudget) {
        const auto& step = cases.front();
        plan::PlanQuestion question{step.frames, step.width, step.height, step.schedule, options.coupled,
            options.what.engine.device.starts_with("cuda")};
        const auto choices = plan::choicesFor(plan, question, budget);
        const bool decodes =
            !choices.fitting.empty() && choices.fitting.front().schedule.mode != plan::GradientMode::kLatentOnly;
        if (!decodes) {
            if (!options.what.asJson) {
                output.line(text);
            }
            throw nothingFits(choices, budget);
        }
        result["fitting"] = nlohmann::json::array();
        text += "\nFits into " + base::bytesText(budget) + ", best gradient first:";
        for (const auto& choice : choices.fitting) {
            nlohmann::json row = predictionJson(question, choice.schedule, choice.prediction);
            row["exact"] = choice.isExact;
            result["fitting"].push_back(row);
            text += "\n  " + predictionText(choice.schedule, choice.prediction) + (choice.isExact ? " (exact)" : "");
        }
    }
    options.what.asJson ? output.json(result) : output.line(text);
    return 0;
}

} // namespace

void addPlan(CLI::App& app, Chosen& chosen)
{
    auto options = std::make_shared<PlanOptions>();
    MeasureOptions& what = options->what;
    what.frames = "81";
    what.sizes = "832x480";
    CLI::App* plan = app.add_subcommand("plan", "Predict the memory of a gradient step, and list what fits a budget");
    plan->add_option("--model", what.model, "An autoencoder's folder or file, or wan2.1 for its shape");
    plan->add_option(
        "--costs", options->costs, "A file with the model's measured costs: read, or written when absent");
    plan->add_option("--frames", what.frames, "Frame counts: n,n,…")->capture_default_str();
    plan->add_option("--size", what.sizes, "Frame sizes: WxH,WxH,…")->capture_default_str();
    plan->add_option("--mode", what.modes, "latent-only, chop, exact, full, checkpoint, framewise")
        ->capture_default_str();
    plan->add_option("--distance", what.distances, "Truncation distances D of chop: n,n,…")->capture_default_str();
    plan->add_option("--form", what.forms, "Of chop: sliding, recomputing, delayed")->capture_default_str();
    plan->add_option("--store", what.stores, "device, host, disk, recompute")->capture_default_str();
    plan->add_option("--tiles", what.tiles, "Grids of picture parts: columns x rows")->capture_default_str();
    plan->add_option("--ops", what.operators, "lean or stock")->capture_default_str();
    plan->add_option("--wrt", what.with, "latent or decoder")->capture_default_str();
    plan->add_option("--budget", options->budget, "Bytes: list what fits, best gradient first");
    plan->add_flag("--coupled-loss", options->coupled, "A frame's loss depends on its neighbours");
    plan->add_flag("--json", what.asJson, "One JSON object on standard output");
    what.engine.addTo(*plan);
    plan->callback([&chosen, options] {
        chosen.asJson = options->what.asJson;
        chosen.run = [options](Output& output) { return showPlan(output, *options); };
    });
}

} // namespace reelmend::cli
