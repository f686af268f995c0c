#include <utility>

#include <nlohmann/json.hpp>

#include "core/jobs/enhance_request.h"
#include "core/jobs/json_fields.h"
#include "core/jobs/json_text.h"

namespace reelmend::jobs {

using nlohmann::json;

namespace {

std::optional<Purpose> purposeFromName(std::string_view name)
{
    if (name == "result") {
        return Purpose::kResult;
    }
    return name == "preview" ? std::optional(Purpose::kPreview) : std::nullopt;
}

void readScale(Fields& fields, int& scale)
{
    const json* found = fields.find("scale");
    if (!found) {
        return;
    }
    const std::optional<std::int64_t> number = wholeNumber(*found);
    if (number && (*number == 2 || *number == 4)) {
        scale = static_cast<int>(*number);
    } else {
        fields.complain("scale", "It must be 2 or 4.");
    }
}

void readRange(Fields& fields, std::optional<base::FrameRange>& range)
{
    const json* found = fields.find("range");
    if (!found || found->is_null()) {
        return;
    }
    const bool isPair = found->is_array() && found->size() == 2;
    const std::optional<std::int64_t> begin = isPair ? wholeNumber((*found)[0]) : std::nullopt;
    const std::optional<std::int64_t> end = isPair ? wholeNumber((*found)[1]) : std::nullopt;
    if (begin && end) {
        range = base::FrameRange{*begin, *end};
    } else {
        fields.complain("range", "It must be two frame numbers, [first, end], or null for the whole clip.");
    }
}

void readSeed(Fields& fields, std::uint64_t& seed)
{
    const json* found = fields.find("seed");
    if (!found) {
        return;
    }
    const std::optional<std::int64_t> number = wholeNumber(*found);
    if (found->is_number_unsigned()) {
        seed = found->get<std::uint64_t>();
    } else if (number && *number >= 0) {
        seed = static_cast<std::uint64_t>(*number);
    } else {
        fields.complain("seed", "It must be a whole number that is not negative.");
    }
}

void readSteps(Fields& fields, int& steps)
{
    const json* found = fields.find("steps");
    const auto number = found ? wholeNumber(*found) : std::nullopt;
    if (!found) {
        return;
    }
    if (number && *number >= 0 && *number <= 1'000'000) {
        steps = static_cast<int>(*number);
    } else {
        fields.complain("steps", "It must be a whole number.");
    }
}

void readReferences(Fields& fields, std::vector<std::string>& references)
{
    const json* found = fields.find("references");
    if (!found || found->is_null()) {
        return;
    }
    const auto isText = [](const json& item) { return item.is_string(); };
    if (!found->is_array() || !std::all_of(found->begin(), found->end(), isText)) {
        fields.complain("references", "It must be a list of paths.");
        return;
    }
    references = found->get<std::vector<std::string>>();
}

json adaptersJson(const std::vector<AdapterUse>& adapters)
{
    json list = json::array();
    for (const AdapterUse& adapter : adapters) {
        list.push_back({{"path", adapter.path}, {"strength", adapter.strength}});
    }
    return list;
}

void readAdapters(Fields& fields, std::vector<AdapterUse>& adapters, Problems& problems)
{
    const json* found = fields.find("adapters");
    if (!found || found->is_null()) {
        return;
    }
    const auto isObject = [](const json& item) { return item.is_object(); };
    if (!found->is_array() || !std::all_of(found->begin(), found->end(), isObject)) {
        fields.complain("adapters", "It must be a list of objects with path and strength.");
        return;
    }
    for (const json& item : *found) {
        AdapterUse adapter;
        Problems own;
        Fields inside(item, own);
        inside.text("path", adapter.path);
        inside.number("strength", adapter.strength);
        inside.nameUnknown();
        for (Problem& problem : own) {
            problems.push_back({"adapters." + problem.field, std::move(problem.reason)});
        }
        adapters.push_back(std::move(adapter));
    }
}

} // namespace

json toJson(const EnhanceRequest& request)
{
    json range; // null = the whole clip
    if (request.range) {
        range = json::array({request.range->begin, request.range->end});
    }
    return {
        {"input", request.input},
        {"output", request.output},
        {"purpose", request.purpose == Purpose::kPreview ? "preview" : "result"},
        {"task", taskName(request.task)},
        {"model", request.model},
        {"promptEmbedding", request.promptEmbedding},
        {"steps", request.steps},
        {"guidance", request.guidance},
        {"references", request.references},
        {"adapters", adaptersJson(request.adapters)},
        {"scale", request.scale},
        {"mask", request.mask},
        {"range", std::move(range)},
        {"strength", request.strength},
        {"detail", request.detail ? json(*request.detail) : json()},
        {"deinterlace", request.deinterlace},
        {"quality", qualityName(request.quality)},
        {"codec", codecName(request.codec)},
        {"overwrite", request.overwrite},
        {"seed", request.seed},
        {"device", request.device},
    };
}

EnhanceRequest enhanceRequestFromJson(const json& value, Problems& problems)
{
    EnhanceRequest request;
    if (!value.is_object()) {
        problems.push_back({"request", "It must be a JSON object."});
        return request;
    }
    Problems found;
    Fields fields(value, found);
    fields.text("input", request.input);
    fields.text("output", request.output);
    fields.word("purpose", request.purpose, purposeFromName, "result, preview");
    fields.word("task", request.task, taskFromName, "upscale, inpaint, repair, harmonise, restore");
    fields.text("model", request.model);
    fields.text("promptEmbedding", request.promptEmbedding);
    readSteps(fields, request.steps);
    fields.number("guidance", request.guidance);
    readReferences(fields, request.references);
    readAdapters(fields, request.adapters, found);
    readScale(fields, request.scale);
    fields.text("mask", request.mask);
    readRange(fields, request.range);
    fields.number("strength", request.strength);
    if (const json* detail = fields.find("detail"); detail && !detail->is_null()) {
        request.detail = 0;
        fields.number("detail", *request.detail);
    }
    fields.word("quality", request.quality, qualityFromName, "draft, good, best, lossless");
    fields.flag("deinterlace", request.deinterlace);
    fields.word("codec", request.codec, codecFromName, "auto, h264, h265, av1, vp9, prores, ffv1");
    fields.flag("overwrite", request.overwrite);
    readSeed(fields, request.seed);
    fields.text("device", request.device);
    fields.nameUnknown();
    if (!value.contains("task")) {
        found.push_back({"task", "A task is needed."});
    }
    // Whether there must be a mask depends on the task, and how many frames on the purpose.
    const bool hasTask = !hasProblem(found, "task");
    const bool hasPurpose = !hasProblem(found, "purpose");
    for (Problem& problem : request.validate()) {
        const bool isGuess = (problem.field == "mask" && !hasTask) || (problem.field == "output" && !hasPurpose);
        if (!isGuess && !hasProblem(found, problem.field)) {
            found.push_back(std::move(problem));
        }
    }
    problems.insert(problems.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    return request;
}

} // namespace reelmend::jobs
