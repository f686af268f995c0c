#include "core/plan/decoder_costs.h"

#include <string>

#include <nlohmann/json.hpp>

#include "core/base/error.h"

namespace reelmend::plan {

namespace {

// The field lists stand once and serve both directions.
template <class Archive, class Group> void groupFields(Archive&& archive, Group& g)
{
    archive("input", g.input);
    archive("output", g.output);
    archive("cache", g.cache);
    archive("kept", g.kept);
    archive("value", g.value);
    archive("make", g.make);
    archive("make_held", g.makeHeld);
    archive("pull", g.pull);
    archive("pull_kept", g.pullKept);
    archive("pull_alone", g.pullAlone);
}

template <class Archive, class Costs> void numberFields(Archive&& archive, Costs& c)
{
    archive("parameter_bytes", c.parameterBytes);
    archive("trained_bytes", c.trainedBytes);
    archive("spatial_stride", c.spatialStride);
    archive("frames_per_group", c.framesPerGroup);
    archive("first_frames", c.firstFrames);
    archive("latents_per_group", c.latentsPerGroup);
    archive("halo_cells", c.haloCells);
    archive("element_bytes", c.elementBytes);
    archive("measured", c.isMeasured);
}

base::Error unreadable(const std::string& field)
{
    return {base::ErrorKind::kInput, "The measured costs of the model cannot be read.",
        "Their field " + field + " is missing or not of the right type.", "Measure them again."};
}

struct Writer {
    nlohmann::json& json;
    void operator()(const char* name, const LinearBytes& value) { json[name] = {value.fixed, value.perCell}; }
    template <class T> void operator()(const char* name, const T& value) { json[name] = value; }
};

struct Reader {
    const nlohmann::json& json;
    void operator()(const char* name, LinearBytes& value)
    {
        const auto found = json.find(name);
        if (found == json.end() || !found->is_array() || found->size() != 2 || !(*found)[0].is_number() ||
            !(*found)[1].is_number()) {
            throw unreadable(name);
        }
        value = {(*found)[0].get<double>(), (*found)[1].get<double>()};
    }
    template <class T> void operator()(const char* name, T& value)
    {
        const auto found = json.find(name);
        if (found == json.end() || !(std::is_same_v<T, bool> ? found->is_boolean() : found->is_number())) {
            throw unreadable(name);
        }
        value = found->template get<T>();
    }
};

template <class Costs, class Visit> void groupsOf(Costs& costs, Visit&& visit)
{
    visit("first_group", costs.first);
    visit("second_group", costs.second);
    visit("steady_group", costs.steady);
    if (costs.latentsPerGroup > 1) {
        visit("longer_first_group", costs.longerFirst);
        visit("still", costs.still);
    }
    visit("global_part", costs.globalSteady);
    visit("local_part", costs.localSteady);
}

LinearBytes scaled(const LinearBytes& bytes, double factor)
{
    return {bytes.fixed * factor, bytes.perCell * factor};
}

// A group of other length.
GroupCosts scaled(const GroupCosts& g, double factor)
{
    return {scaled(g.input, factor), scaled(g.output, factor), g.cache, scaled(g.kept, factor),
        scaled(g.value, factor), scaled(g.make, factor), scaled(g.makeHeld, factor), scaled(g.pull, factor),
        scaled(g.pullKept, factor), scaled(g.pullAlone, factor)};
}

GroupCosts estimateGroup(const CodecFootprint& codec, const GroupFootprint& group, double elementBytes,
    OperatorChoice operators, bool trained)
{
    GroupCosts costs;
    const auto perCell = [&](double elements) { return LinearBytes{0, elements * elementBytes}; };
    const double frames = static_cast<double>(group.frames) * codec.frameChannels * codec.spatialStride *
                          codec.spatialStride; // elements per cell
    const double saved = operators == OperatorChoice::kStock ? group.savedStock
                         : trained                           ? group.savedTrained
                                                             : group.savedLean;
    costs.input = perCell(static_cast<double>(codec.latentChannels) * group.latents);
    costs.output = perCell(frames);
    costs.cache = perCell(codec.cacheElements);
    costs.kept = perCell(saved);
    costs.value = perCell(group.workElements + frames + codec.cacheElements);
    costs.make = costs.makeHeld = perCell(saved + group.workElements + frames + codec.cacheElements);
    const double backward = group.backwardElements > 0 ? group.backwardElements : group.workElements;
    costs.pull = perCell(backward + codec.cacheElements / 2);
    costs.pullKept = perCell(backward + codec.cacheElements);
    costs.pullAlone = perCell(backward);
    return costs;
}

} // namespace

DecoderCosts estimateCosts(const CodecFootprint& decoder, double elementBytes, OperatorChoice operators, bool trained)
{
    DecoderCosts costs;
    costs.first = estimateGroup(decoder, decoder.first, elementBytes, operators, trained);
    costs.steady = estimateGroup(decoder, decoder.steady, elementBytes, operators, trained);
    costs.firstFrames = decoder.first.frames;
    if (decoder.steady.latents > 1) { // the footprint's first group is the longer one
        costs.firstFrames -= decoder.steady.frames;
        costs.longerFirst = costs.first;
        costs.still = scaled(costs.first, static_cast<double>(costs.firstFrames) / decoder.first.frames);
        costs.first = costs.steady;
    }
    costs.second = costs.steady;
    costs.localSteady = costs.steady; // the global part runs at the latent's resolution: little beside the rest
    costs.globalSteady.input = costs.steady.input;
    costs.globalSteady.output = {0, decoder.cacheElements / 64 * elementBytes};
    costs.parameterBytes = static_cast<double>(decoder.parameters) * elementBytes;
    costs.trainedBytes = trained ? static_cast<double>(decoder.parameters) * 4 : 0;
    costs.spatialStride = decoder.spatialStride;
    costs.framesPerGroup = decoder.steady.frames;
    costs.latentsPerGroup = decoder.steady.latents;
    costs.haloCells = decoder.haloCells;
    costs.elementBytes = elementBytes;
    return costs;
}

nlohmann::json toJson(const DecoderCosts& costs)
{
    nlohmann::json json;
    numberFields(Writer{json}, costs);
    groupsOf(costs, [&](const char* name, const GroupCosts& group) {
        nlohmann::json part;
        groupFields(Writer{part}, group);
        json[name] = std::move(part);
    });
    return json;
}

DecoderCosts decoderCostsFromJson(const nlohmann::json& json)
{
    DecoderCosts costs;
    if (!json.is_object()) {
        throw unreadable("(all)");
    }
    numberFields(Reader{json}, costs);
    groupsOf(costs, [&](const char* name, GroupCosts& group) {
        if (!json.contains(name) || !json[name].is_object()) {
            throw unreadable(name);
        }
        groupFields(Reader{json[name]}, group);
    });
    return costs;
}

} // namespace reelmend::plan
