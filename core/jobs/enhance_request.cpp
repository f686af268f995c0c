#include "core/jobs/enhance_request.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "core/jobs/json_text.h"

namespace reelmend::jobs {

namespace {

constexpr std::array<std::pair<Task, std::string_view>, 5> kTasks{{
    {Task::kUpscale, "upscale"},
    {Task::kInpaint, "inpaint"},
    {Task::kRepair, "repair"},
    {Task::kHarmonise, "harmonise"},
    {Task::kRestore, "restore"},
}};
constexpr std::array<std::pair<Quality, std::string_view>, 4> kQualities{{
    {Quality::kDraft, "draft"},
    {Quality::kGood, "good"},
    {Quality::kBest, "best"},
    {Quality::kLossless, "lossless"},
}};
constexpr std::array<std::pair<Codec, std::string_view>, 7> kCodecs{{
    {Codec::kAuto, "auto"},
    {Codec::kH264, "h264"},
    {Codec::kH265, "h265"},
    {Codec::kAv1, "av1"},
    {Codec::kVp9, "vp9"},
    {Codec::kProRes, "prores"},
    {Codec::kFfv1, "ffv1"},
}};

template <class Value, std::size_t N>
std::string_view nameOf(const std::array<std::pair<Value, std::string_view>, N>& table, Value value)
{
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.first == value; });
    return found == table.end() ? std::string_view{} : found->second;
}

template <class Value, std::size_t N>
std::optional<Value> valueOf(const std::array<std::pair<Value, std::string_view>, N>& table, std::string_view name)
{
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.second == name; });
    return found == table.end() ? std::nullopt : std::optional(found->first);
}

void checkPath(const std::string& path, const char* field, Problems& problems)
{
    if (path.size() > 4095) {
        problems.push_back({field, "The path is longer than any path can be."});
    } else if (path.find('\0') != std::string::npos) {
        problems.push_back({field, "The path contains a zero byte."});
    } else if (!isUtf8(path)) {
        problems.push_back({field, "The path is not UTF-8 text."});
    }
}

constexpr int kMostSteps = 1000; // timesteps that a network was trained with
constexpr std::size_t kMostReferences = 16;

bool isModelName(std::string_view text)
{
    const auto isAllowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == '_';
    };
    if (text.ends_with(".safetensors") || text.starts_with('/')) {
        return true; // the path of a weight file or a folder: looked at like other paths
    }
    return !text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), isAllowed);
}

} // namespace

std::string_view taskName(Task task)
{
    return nameOf(kTasks, task);
}

std::string_view qualityName(Quality quality)
{
    return nameOf(kQualities, quality);
}

std::string_view codecName(Codec codec)
{
    return nameOf(kCodecs, codec);
}

std::optional<Task> taskFromName(std::string_view name)
{
    return valueOf(kTasks, name);
}

std::optional<Quality> qualityFromName(std::string_view name)
{
    return valueOf(kQualities, name);
}

std::optional<Codec> codecFromName(std::string_view name)
{
    return valueOf(kCodecs, name);
}

bool isDevice(std::string_view text)
{
    if (text == "auto" || text == "cpu" || text == "cuda") {
        return true;
    }
    if (!text.starts_with("cuda:")) {
        return false;
    }
    text.remove_prefix(5);
    int number = -1;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    return code == std::errc() && end == text.data() + text.size() && number >= 0 && number < 256;
}

Problems EnhanceRequest::validate() const
{
    Problems problems;
    if (input.empty()) {
        problems.push_back({"input", "A clip is needed."});
    }
    checkPath(input, "input", problems);
    if (output.empty() && purpose == Purpose::kResult) {
        problems.push_back({"output", "A name for the result is needed."});
    } else if (!output.empty() && output == input) {
        problems.push_back({"output", "The result would replace the clip itself. Choose another name."});
    }
    checkPath(output, "output", problems);
    if (!isModelName(model)) {
        problems.push_back({"model", "A model's name has letters, digits, dots, dashes and underscores only."});
    }
    checkPath(model, "model", problems);
    checkPath(promptEmbedding, "promptEmbedding", problems);
    if (steps < 1 || steps > kMostSteps) {
        problems.push_back({"steps", "It must be from 1 to " + std::to_string(kMostSteps) + "."});
    }
    if (!(guidance >= 0 && guidance <= 30)) {
        problems.push_back({"guidance", "It must be from 0 to 30."});
    }
    if (references.size() > kMostReferences) {
        problems.push_back({"references", "There may be " + std::to_string(kMostReferences) + " at most."});
    }
    for (const std::string& reference : references) {
        checkPath(reference, "references", problems);
    }
    for (const AdapterUse& adapter : adapters) {
        checkPath(adapter.path, "adapters", problems);
        if (!adapter.path.ends_with(".safetensors")) {
            problems.push_back({"adapters", "An adapter is a .safetensors file."});
        }
        if (!(adapter.strength >= -10 && adapter.strength <= 10)) {
            problems.push_back({"adapters", "An adapter's strength must be from -10 to 10."});
        }
    }
    if (scale != 2 && scale != 4) {
        problems.push_back({"scale", "It must be 2 or 4, not " + std::to_string(scale) + "."});
    }
    if (mask.empty() && task == Task::kInpaint) {
        problems.push_back({"mask", "Inpainting needs a mask that says what to replace."});
    } else if (mask.empty() && task == Task::kHarmonise) {
        problems.push_back({"mask", "Matching an inserted object needs a mask that says where it is."});
    } else if (!mask.empty() && task == Task::kUpscale) {
        problems.push_back({"mask", "Upscaling changes every pixel, so a mask cannot be used with it."});
    }
    checkPath(mask, "mask", problems);
    if (range && (range->begin < 0 || range->end > kMaximumFrame)) {
        problems.push_back({"range", "Frame numbers go from 0 to " + std::to_string(kMaximumFrame) + "."});
    } else if (range && range->empty()) {
        problems.push_back({"range", "It contains no frame: the end must be larger than the beginning."});
    } else if (purpose == Purpose::kPreview && (!range || range->size() != 1)) {
        problems.push_back({"range", "A preview makes exactly one frame: its range ends one after its beginning."});
    }
    if (!(strength >= 0 && strength <= 1)) {
        problems.push_back({"strength", "It must be from 0 to 1."});
    }
    if (detail && !(*detail >= 0 && *detail <= 1)) {
        problems.push_back({"detail", "It must be from 0 to 1."});
    }
    if (!isDevice(device)) {
        problems.push_back({"device", "It must be auto, cpu, cuda, or cuda: and the card's number."});
    }
    return problems;
}

} // namespace reelmend::jobs
