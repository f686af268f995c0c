#include "core/jobs/finetune_request.h"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/jobs/json_fields.h"

namespace reelmend::jobs {

using nlohmann::json;

namespace {

constexpr std::array<std::pair<GradientMode, std::string_view>, 4> kModes{{
    {GradientMode::kLatentOnly, "latent-only"},
    {GradientMode::kChop, "chop"},
    {GradientMode::kExact, "exact"},
    {GradientMode::kFull, "full"},
}};

void checkPathOf(const std::string& path, const char* field, Problems& problems)
{
    if (path.size() > 4095 || path.find('\0') != std::string::npos || !isUtf8(path)) {
        problems.push_back({field, "The path is not one that a file can have."});
    }
}

void checkNumber(double value, double least, double most, const char* field, Problems& problems)
{
    if (!(value >= least && value <= most)) {
        problems.push_back({field, "It must be from " + json(least).dump() + " to " + json(most).dump() + "."});
    }
}

void readData(Fields& fields, std::vector<std::string>& data)
{
    const json* found = fields.find("data");
    if (!found) {
        return;
    }
    const json list = found->is_string() ? json::array({*found}) : *found;
    if (!list.is_array()) {
        fields.complain("data", "It must be a list of paths.");
        return;
    }
    data.clear();
    for (const json& item : list) {
        if (!item.is_string()) {
            fields.complain("data", "It must be a list of paths.");
            return;
        }
        data.push_back(item.get<std::string>());
    }
}

} // namespace

std::string_view gradientModeName(GradientMode mode)
{
    for (const auto& [value, name] : kModes) {
        if (value == mode) {
            return name;
        }
    }
    return {};
}

std::optional<GradientMode> gradientModeFromName(std::string_view name)
{
    for (const auto& [value, text] : kModes) {
        if (text == name) {
            return value;
        }
    }
    return std::nullopt;
}

Problems FineTuneRequest::validate() const
{
    Problems problems;
    if (data.empty()) {
        problems.push_back({"data", "At least one clip, folder of clips, or pack is needed."});
    }
    for (const std::string& path : data) {
        if (path.empty()) {
            problems.push_back({"data", "One of the paths is empty."});
        }
        checkPathOf(path, "data", problems);
    }
    if (!output.ends_with(".safetensors")) {
        problems.push_back({"output", "A name that ends in .safetensors is needed for the weights."});
    }
    checkPathOf(output, "output", problems);
    checkPathOf(model, "model", problems);
    if (model != "lite" && !model.ends_with(".safetensors")) {
        problems.push_back({"model", "It must be lite, or a .safetensors file of weights."});
    } else if (model == output) {
        problems.push_back({"output", "The result would replace the weights that it starts from."});
    }
    if (scale != 2 && scale != 4) {
        problems.push_back({"scale", "It must be 2 or 4, not " + std::to_string(scale) + "."});
    }
    const auto count = [&](std::int64_t value, std::int64_t least, std::int64_t most, const char* field) {
        checkNumber(
            static_cast<double>(value), static_cast<double>(least), static_cast<double>(most), field, problems);
    };
    count(steps, 1, 10'000'000, "steps");
    checkNumber(minutes, 0, 1e6, "minutes", problems);
    count(truncationDistance, 0, 1000, "truncationDistance");
    if (frames < 1 || frames > 129 || (frames - 1) % 4 != 0) {
        problems.push_back({"frames", "The first frame stands alone and the others go in fours: 5, 9, 13, …, 129."});
    }
    if (size < 32 || size > 1024 || size % 8 != 0) {
        problems.push_back({"size", "It must be a multiple of 8 from 32 to 1024."});
    }
    count(clips, 1, 64, "clips");
    count(accumulation, 1, 256, "accumulation");
    checkNumber(learningRate, 1e-8, 1, "learningRate", problems);
    count(warmUp, 0, 1'000'000, "warmUp");
    checkNumber(clip, 0, 1e6, "clip", problems);
    checkNumber(averaging, 0, 0.99999, "averaging", problems);
    checkNumber(perceptualWeight, 0, 100, "perceptualWeight", problems);
    count(validateEvery, 0, 1'000'000, "validateEvery");
    return problems;
}

json toJson(const FineTuneRequest& request)
{
    return {
        {"task", taskName(request.task)},
        {"scale", request.scale},
        {"model", request.model},
        {"data", request.data},
        {"output", request.output},
        {"steps", request.steps},
        {"minutes", request.minutes},
        {"gradient", gradientModeName(request.gradient)},
        {"truncationDistance", request.truncationDistance},
        {"frames", request.frames},
        {"size", request.size},
        {"clips", request.clips},
        {"accumulation", request.accumulation},
        {"learningRate", request.learningRate},
        {"warmUp", request.warmUp},
        {"clip", request.clip},
        {"averaging", request.averaging},
        {"perceptualWeight", request.perceptualWeight},
        {"validateEvery", request.validateEvery},
        {"seed", request.seed},
        {"overwrite", request.overwrite},
    };
}

FineTuneRequest fineTuneRequestFromJson(const json& value, Problems& problems)
{
    FineTuneRequest request;
    if (!value.is_object()) {
        problems.push_back({"request", "It must be a JSON object."});
        return request;
    }
    constexpr std::int64_t kMost = std::int64_t{1} << 53;
    Problems found;
    Fields fields(value, found);
    fields.word("task", request.task, taskFromName, "upscale, inpaint, repair, harmonise, restore");
    std::int64_t scale = request.scale;
    fields.count("scale", scale, 2, 4);
    request.scale = static_cast<int>(scale);
    fields.text("model", request.model);
    readData(fields, request.data);
    fields.text("output", request.output);
    fields.count("steps", request.steps, 1, kMost);
    fields.number("minutes", request.minutes);
    fields.word("gradient", request.gradient, gradientModeFromName, "latent-only, chop, exact, full");
    fields.count("truncationDistance", request.truncationDistance, 0, kMost);
    fields.count("frames", request.frames, 1, kMost);
    fields.count("size", request.size, 1, kMost);
    fields.count("clips", request.clips, 1, kMost);
    fields.count("accumulation", request.accumulation, 1, kMost);
    fields.number("learningRate", request.learningRate);
    fields.count("warmUp", request.warmUp, 0, kMost);
    fields.number("clip", request.clip);
    fields.number("averaging", request.averaging);
    fields.number("perceptualWeight", request.perceptualWeight);
    fields.count("validateEvery", request.validateEvery, 0, kMost);
    fields.count("seed", request.seed, 0, kMost);
    fields.flag("overwrite", request.overwrite);
    fields.nameUnknown();
    for (Problem& problem : request.validate()) {
        if (!hasProblem(found, problem.field)) {
            found.push_back(std::move(problem));
        }
    }
    problems.insert(problems.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    return request;
}

} // namespace reelmend::jobs
