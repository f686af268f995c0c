#include "core/jobs/finetune_request.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/jobs/finetune_presets.h"
#include "core/jobs/json_fields.h"

namespace reelmend::jobs {

using nlohmann::json;

namespace {

void readList(Fields& fields, const char* name, std::vector<std::string>& values)
{
    const json* found = fields.find(name);
    if (!found) {
        return;
    }
    const json list = found->is_string() ? json::array({*found}) : *found;
    const auto isText = [](const json& item) { return item.is_string(); };
    if (!list.is_array() || !std::all_of(list.begin(), list.end(), isText)) {
        fields.complain(name, "It must be a list of texts.");
        return;
    }
    values = list.get<std::vector<std::string>>();
}

json toJson(const AdapterSettings& adapter)
{
    return {{"rank", adapter.rank}, {"alpha", adapter.alpha}, {"modules", adapter.modules},
        {"decoder", adapter.decoder}, {"names", adapter.names}};
}

void readAdapter(Fields& fields, std::optional<AdapterSettings>& adapter, Problems& problems)
{
    const json* found = fields.find("adapter");
    if (!found || found->is_null()) {
        return;
    }
    if (!found->is_object()) {
        fields.complain("adapter", "It must be an object with rank and alpha, or null.");
        return;
    }
    AdapterSettings settings;
    Problems own;
    Fields inside(*found, own);
    inside.count("rank", settings.rank, 1, 4096);
    settings.alpha = static_cast<double>(settings.rank);
    inside.number("alpha", settings.alpha);
    readList(inside, "modules", settings.modules);
    inside.flag("decoder", settings.decoder);
    inside.text("names", settings.names);
    inside.nameUnknown();
    for (Problem& problem : own) {
        problems.push_back({"adapter." + problem.field, std::move(problem.reason)});
    }
    adapter = std::move(settings);
}

} // namespace

json toJson(const FineTuneRequest& request)
{
    return {
        {"task", taskName(request.task)},
        {"scale", request.scale},
        {"model", request.model},
        {"promptEmbedding", request.promptEmbedding},
        {"data", request.data},
        {"output", request.output},
        {"steps", request.steps},
        {"minutes", request.minutes},
        {"gradient", gradientModeName(request.gradient)},
        {"truncationDistance", request.truncationDistance},
        {"distanceCourse", request.distanceCourse},
        {"gridRows", request.gridRows},
        {"gridColumns", request.gridColumns},
        {"frames", request.frames},
        {"size", request.size},
        {"clips", request.clips},
        {"accumulation", request.accumulation},
        {"adapter", request.adapter ? toJson(*request.adapter) : json()},
        {"optimizer", optimizerName(request.optimizer)},
        {"learningRate", request.learningRate},
        {"warmUp", request.warmUp},
        {"rate", rateShapeName(request.rate)},
        {"beta1", request.beta1},
        {"beta2", request.beta2},
        {"weightDecay", request.weightDecay},
        {"clip", request.clip},
        {"averaging", request.averaging},
        {"pixelWeight", request.pixelWeight},
        {"flickerWeight", request.flickerWeight},
        {"perceptualWeight", request.perceptualWeight},
        {"losses", request.losses},
        {"device", request.device},
        {"precision", precisionName(request.precision)},
        {"recompute", request.recompute},
        {"offload", request.offload},
        {"memory", request.memory},
        {"validateEvery", request.validateEvery},
        {"validationSize", request.validationSize},
        {"keepCheckpoints", request.keepCheckpoints},
        {"seed", request.seed},
        {"overwrite", request.overwrite},
    };
}

FineTuneRequest fineTuneRequestFromJson(const json& value, Problems& problems)
{
    FineTuneRequest request;
    if (value.is_object() && value.contains("preset")) {
        const json& name = value["preset"];
        const auto preset = name.is_string() ? fineTunePreset(name.get<std::string>()) : std::nullopt;
        if (preset) {
            request = preset->request;
        } else {
            problems.push_back({"preset", "It must be one of " + fineTunePresetNames() + "."});
        }
    }
    if (!value.is_object()) {
        problems.push_back({"request", "It must be a JSON object."});
        return request;
    }
    constexpr std::int64_t kMost = std::int64_t{1} << 53;
    Problems found;
    Fields fields(value, found);
    fields.find("preset");
    fields.word("task", request.task, taskFromName, "upscale, inpaint, repair, harmonise, restore");
    std::int64_t scale = request.scale;
    fields.count("scale", scale, 2, 4);
    request.scale = static_cast<int>(scale);
    fields.text("model", request.model);
    fields.text("promptEmbedding", request.promptEmbedding);
    readList(fields, "data", request.data);
    fields.text("output", request.output);
    fields.count("steps", request.steps, 1, kMost);
    fields.number("minutes", request.minutes);
    fields.word("gradient", request.gradient, gradientModeFromName, "latent-only, chop, exact, full");
    fields.count("truncationDistance", request.truncationDistance, 0, kMost);
    fields.text("distanceCourse", request.distanceCourse);
    fields.count("gridRows", request.gridRows, 1, kMost);
    fields.count("gridColumns", request.gridColumns, 1, kMost);
    fields.count("frames", request.frames, 1, kMost);
    fields.count("size", request.size, 1, kMost);
    fields.count("clips", request.clips, 1, kMost);
    fields.count("accumulation", request.accumulation, 1, kMost);
    readAdapter(fields, request.adapter, found);
    fields.word("optimizer", request.optimizer, optimizerFromName, "adamw, adamw8");
    fields.number("learningRate", request.learningRate);
    fields.count("warmUp", request.warmUp, 0, kMost);
    fields.word("rate", request.rate, rateShapeFromName, "cosine, constant");
    fields.number("beta1", request.beta1);
    fields.number("beta2", request.beta2);
    fields.number("weightDecay", request.weightDecay);
    fields.number("clip", request.clip);
    fields.number("averaging", request.averaging);
    fields.number("pixelWeight", request.pixelWeight);
    fields.number("flickerWeight", request.flickerWeight);
    fields.number("perceptualWeight", request.perceptualWeight);
    fields.text("losses", request.losses);
    fields.text("device", request.device);
    fields.word("precision", request.precision, precisionFromName, "auto, float32, bfloat16");
    fields.flag("recompute", request.recompute);
    fields.flag("offload", request.offload);
    fields.count("memory", request.memory, 0, kMost);
    fields.count("validateEvery", request.validateEvery, 0, kMost);
    fields.count("validationSize", request.validationSize, 1, kMost);
    fields.count("keepCheckpoints", request.keepCheckpoints, 1, kMost);
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
