#include "core/jobs/finetune_request.h"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/jobs/json_text.h"

namespace reelmend::jobs {

using nlohmann::json;

namespace {

constexpr std::array<std::pair<GradientMode, std::string_view>, 4> kModes{{
    {GradientMode::kLatentOnly, "latent-only"},
    {GradientMode::kChop, "chop"},
    {GradientMode::kExact, "exact"},
    {GradientMode::kFull, "full"},
}};

constexpr std::array<std::pair<Optimizer, std::string_view>, 2> kOptimizers{{
    {Optimizer::kAdamW, "adamw"},
    {Optimizer::kAdamW8, "adamw8"},
}};
constexpr std::array<std::pair<RateShape, std::string_view>, 2> kRates{{
    {RateShape::kCosine, "cosine"},
    {RateShape::kConstant, "constant"},
}};
constexpr std::array<std::pair<Precision, std::string_view>, 3> kPrecisions{{
    {Precision::kAuto, "auto"},
    {Precision::kFloat32, "float32"},
    {Precision::kBFloat16, "bfloat16"},
}};

template <class Table, class Value> std::string_view nameIn(const Table& table, Value wanted)
{
    for (const auto& [value, name] : table) {
        if (value == wanted) {
            return name;
        }
    }
    return {};
}

template <class Table> auto valueIn(const Table& table, std::string_view wanted)
{
    std::optional<typename Table::value_type::first_type> found;
    for (const auto& [value, name] : table) {
        if (name == wanted) {
            found = value;
        }
    }
    return found;
}

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

} // namespace

std::string_view gradientModeName(GradientMode mode)
{
    return nameIn(kModes, mode);
}
std::optional<GradientMode> gradientModeFromName(std::string_view name)
{
    return valueIn(kModes, name);
}
std::string_view optimizerName(Optimizer optimizer)
{
    return nameIn(kOptimizers, optimizer);
}
std::optional<Optimizer> optimizerFromName(std::string_view name)
{
    return valueIn(kOptimizers, name);
}
std::string_view rateShapeName(RateShape shape)
{
    return nameIn(kRates, shape);
}
std::optional<RateShape> rateShapeFromName(std::string_view name)
{
    return valueIn(kRates, name);
}
std::string_view precisionName(Precision precision)
{
    return nameIn(kPrecisions, precision);
}
std::optional<Precision> precisionFromName(std::string_view name)
{
    return valueIn(kPrecisions, name);
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
    checkPathOf(promptEmbedding, "promptEmbedding", problems);
    if (model != "lite" && !model.ends_with(".safetensors") && !model.starts_with('/')) {
        problems.push_back({"model",
            "It must be lite, a .safetensors file of weights, or the full path of a published model's folder."});
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
    if (!distanceCourse.empty() && gradient != GradientMode::kChop) {
        problems.push_back(
            {"distanceCourse", "Only the gradient chop has a distance: choose it, or leave this empty."});
    }
    if (frames < 1 || frames > 129 || (frames - 1) % 4 != 0) {
        problems.push_back({"frames", "The first frame stands alone and the others go in fours: 5, 9, 13, …, 129."});
    }
    if (size < 32 || size > 1024 || size % 8 != 0) {
        problems.push_back({"size", "It must be a multiple of 8 from 32 to 1024."});
    }
    count(gridRows, 1, 16, "gridRows");
    count(gridColumns, 1, 16, "gridColumns");
    if ((gridRows > 1 || gridColumns > 1) && gradient != GradientMode::kChop && gradient != GradientMode::kExact) {
        problems.push_back({"gridRows", "Only the gradients chop and exact can go part by part."});
    }
    count(clips, 1, 64, "clips");
    count(accumulation, 1, 256, "accumulation");
    checkNumber(learningRate, 1e-8, 1, "learningRate", problems);
    count(warmUp, 0, 1'000'000, "warmUp");
    checkNumber(clip, 0, 1e6, "clip", problems);
    checkNumber(averaging, 0, 0.99999, "averaging", problems);
    checkNumber(beta1, 0, 0.9999, "beta1", problems);
    checkNumber(beta2, 0, 0.999999, "beta2", problems);
    checkNumber(weightDecay, 0, 10, "weightDecay", problems);
    checkNumber(pixelWeight, 0, 100, "pixelWeight", problems);
    checkNumber(flickerWeight, 0, 100, "flickerWeight", problems);
    checkNumber(perceptualWeight, 0, 1000, "perceptualWeight", problems);
    if (losses.size() > 1000 || !isUtf8(losses)) {
        problems.push_back({"losses", "It must be terms by name, joined by +, of 1000 letters at most."});
    }
    if (pixelWeight + flickerWeight + perceptualWeight <= 0 && losses.empty()) {
        problems.push_back({"pixelWeight", "At least one of the losses needs a weight."});
    }
    if (!isDevice(device)) {
        problems.push_back({"device", "It must be auto, cpu, cuda, or cuda: and the card's number."});
    }
    checkNumber(static_cast<double>(memory), 0, 1e15, "memory", problems);
    count(validateEvery, 0, 1'000'000, "validateEvery");
    count(validationSize, 32, 2048, "validationSize");
    count(keepCheckpoints, 1, 100, "keepCheckpoints");
    if (adapter) {
        count(adapter->rank, 1, 4096, "adapter.rank");
        checkNumber(adapter->alpha, 1e-6, 1e6, "adapter.alpha", problems);
        if (adapter->names != "peft" && adapter->names != "kohya" && adapter->names != "comfy") {
            problems.push_back({"adapter.names", "It must be peft, kohya or comfy."});
        }
    }
    return problems;
}

} // namespace reelmend::jobs
