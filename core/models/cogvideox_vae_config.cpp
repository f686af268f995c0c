#include "core/models/cogvideox_vae_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/stored_shapes.h"

namespace reelmend::models {

namespace {

constexpr const char* kEncoderKeys[] = {
    "encoder.down_blocks.0.resnets.0.conv1.conv.weight", "encoder.down.0.block.0.conv1.conv.weight"};
constexpr const char* kDecoderKeys[] = {
    "decoder.mid_block.resnets.0.norm1.norm_layer.weight", "decoder.mid.block_1.norm1.norm_layer.weight"};
constexpr int kMostBlocks = 64;
constexpr int kMostChannels = 4096;
constexpr std::int64_t kMostTemporalRatio = 64;

base::Error detectError(const WeightStore& store, std::string why)
{
    return base::Error(base::ErrorKind::kInput,
        "\"" + store.label() + "\" cannot be used as a CogVideoX autoencoder.", std::move(why),
        "Choose the vae folder of a CogVideoX or DOVE model, or its single-file autoencoder.");
}

Refusal refusalOf(const WeightStore& store)
{
    return [&store](std::string why) { return detectError(store, std::move(why)); };
}

void detectEncoder(const WeightStore& store, const StoredShapes& shapes, CogVideoXVaeConfig& config)
{
    config.frameChannels = shapes.size("encoder.conv_in.conv.weight", 1);
    config.latentChannels = shapes.size("encoder.conv_out.conv.weight", 0) / 2;
    const int levels = shapes.count("encoder.down_blocks.", ".resnets.0.conv1.conv.weight", kMostBlocks);
    config.channels.clear();
    for (int i = 0; i < levels; ++i) {
        const std::string block = "encoder.down_blocks." + std::to_string(i) + ".resnets.";
        const int depth = shapes.count(block, ".conv1.conv.weight", kMostBlocks);
        if (i > 0 && depth != config.residualBlocks) {
            throw detectError(store, "The levels of its encoder differ in depth.");
        }
        config.residualBlocks = depth;
        config.channels.push_back(shapes.size(block + "0.conv1.conv.weight", 0));
    }
    config.quantConvolution = shapes.has("quant_conv.weight");
}

void detectDecoder(const WeightStore& store, const StoredShapes& shapes, CogVideoXVaeConfig& config)
{
    config.frameChannels = shapes.size("decoder.conv_out.conv.weight", 0);
    config.latentChannels = shapes.size("decoder.conv_in.conv.weight", 1);
    const int levels = static_cast<int>(config.channels.size());
    std::vector<int> channels; // SAT's names need the number of levels, so the config keeps it until the end
    for (int i = 0; i < levels; ++i) {
        const std::string block = "decoder.up_blocks." + std::to_string(i) + ".resnets.";
        const int depth = shapes.count(block, ".conv1.conv.weight", kMostBlocks);
        if (i > 0 && depth != config.residualBlocks + 1) {
            throw detectError(store, "The levels of its decoder differ in depth.");
        }
        config.residualBlocks = depth - 1;
        channels.insert(channels.begin(), shapes.size(block + "0.conv1.conv.weight", 0));
    }
    config.channels = channels;
    config.postQuantConvolution = shapes.has("post_quant_conv.weight");
}

// Of a decoder alone. SAT numbers the levels the other way round, which needs their number first.
int decoderLevels(const WeightStore& store, const DetectedCogVideoXVae& found)
{
    const bool sat = found.names == CogVideoXVaeNames::kSat;
    int levels = 0;
    while (levels < kMostBlocks &&
           store.find(found.prefix + (sat ? "decoder.up." : "decoder.up_blocks.") + std::to_string(levels) +
                      (sat ? ".block.0.conv1.conv.weight" : ".resnets.0.conv1.conv.weight"))) {
        ++levels;
    }
    return levels;
}

void compare(const WeightStore& store, const nlohmann::json& json, const char* field, const nlohmann::json& found)
{
    if (json.contains(field) && json[field] != found) {
        throw detectError(store, "Its config.json and its tensors disagree about \"" + std::string(field) + "\".");
    }
}

template <class Number>
Number number(
    const WeightStore& store, const nlohmann::json& json, const char* field, Number other, Number least, Number most)
{
    if (!json.contains(field) || json[field].is_null()) {
        return other;
    }
    const double value = json[field].is_number() ? json[field].get<double>() : -1.0;
    if (!(value >= static_cast<double>(least) && value <= static_cast<double>(most))) {
        throw detectError(store, "Its config.json has no usable \"" + std::string(field) + "\".");
    }
    return static_cast<Number>(value);
}

void readConfigFile(const WeightStore& store, CogVideoXVaeConfig& config)
{
    const nlohmann::json json = configBeside(store, refusalOf(store));
    if (json.is_null()) {
        return;
    }
    if (json.value("_class_name", nlohmann::json("AutoencoderKLCogVideoX")) != "AutoencoderKLCogVideoX") {
        return; // a config of something else in the same folder says nothing about this file
    }
    compare(store, json, "latent_channels", config.latentChannels);
    compare(store, json, "layers_per_block", config.residualBlocks);
    compare(store, json, "block_out_channels", config.channels);
    config.normGroups = number<int>(store, json, "norm_num_groups", config.normGroups, 1, kMostChannels);
    config.normEpsilon = number<double>(store, json, "norm_eps", config.normEpsilon, 1e-12, 1.0);
    config.scalingFactor = number<double>(store, json, "scaling_factor", config.scalingFactor, 1e-6, 1e6);
    const auto ratio = number<std::int64_t>(
        store, json, "temporal_compression_ratio", 1 << config.temporalLevels, 1, kMostTemporalRatio);
    config.temporalLevels = 0;
    while (std::int64_t{2} << config.temporalLevels <= ratio) {
        ++config.temporalLevels;
    }
}

} // namespace

CodecTraits CogVideoXVaeConfig::traits() const
{
    CodecTraits traits;
    traits.family = "cogvideox";
    traits.latentChannels = latentChannels;
    traits.frameChannels = frameChannels;
    traits.spatialStride = spatialStride();
    traits.sizeMultiple = spatialStride();
    traits.latentsPerGroup = 2;
    traits.framesPerGroup = static_cast<int>(cogVideoXDoubled(2, std::min(temporalLevels, levels() - 1)));
    const auto size = static_cast<std::size_t>(latentChannels);
    traits.latentMean.assign(size, 0.0);
    traits.latentStd.assign(size, 1.0 / scalingFactor);
    return traits;
}

std::vector<base::FrameRange> cogVideoXGroups(std::int64_t count, std::int64_t perGroup)
{
    std::vector<base::FrameRange> groups;
    const std::int64_t first = count < perGroup ? count : perGroup + count % perGroup;
    for (std::int64_t begin = 0, end = first; begin < count; begin = end, end += perGroup) {
        groups.push_back({begin, end});
    }
    return groups;
}

std::int64_t cogVideoXHalved(std::int64_t frames, int levels)
{
    for (int i = 0; i < levels; ++i) {
        frames = frames / 2 + frames % 2;
    }
    return frames;
}

std::int64_t cogVideoXDoubled(std::int64_t frames, int levels)
{
    for (int i = 0; i < levels && frames > 1; ++i) {
        frames = 2 * frames - frames % 2;
    }
    return frames;
}

bool looksLikeCogVideoXVae(const WeightStore& store)
{
    return std::any_of(store.places().begin(), store.places().end(), [](const auto& entry) {
        const auto ends = [&](const char* key) { return entry.first.ends_with(key); };
        return ends(kEncoderKeys[0]) || ends(kEncoderKeys[1]) || ends(kDecoderKeys[0]) || ends(kDecoderKeys[1]);
    });
}

DetectedCogVideoXVae detectCogVideoXVae(const WeightStore& store)
{
    DetectedCogVideoXVae found;
    for (const auto& [name, place] : store.places()) {
        for (const bool sat : {false, true}) {
            for (const bool decoder : {false, true}) {
                const std::string key = (decoder ? kDecoderKeys : kEncoderKeys)[sat ? 1 : 0];
                if (name.ends_with(key)) {
                    found.names = sat ? CogVideoXVaeNames::kSat : CogVideoXVaeNames::kDiffusers;
                    found.prefix = name.substr(0, name.size() - key.size());
                    (decoder ? found.hasDecoder : found.hasEncoder) = true;
                }
            }
        }
    }
    if (!found.hasEncoder && !found.hasDecoder) {
        throw detectError(store, "Its tensors are those of another model: the first is \"" +
                                     (store.places().empty() ? std::string() : store.places().begin()->first) +
                                     "\".");
    }
    const StoredShapes shapes(
        store, [&](const std::string& name) { return cogVideoXVaeStoredName(found, name); }, refusalOf(store),
        kMostChannels);
    CogVideoXVaeConfig& config = found.config;
    if (found.hasEncoder) {
        detectEncoder(store, shapes, config);
    }
    if (found.hasDecoder) {
        const CogVideoXVaeConfig encoder = config;
        config.channels.resize(static_cast<std::size_t>(decoderLevels(store, found)));
        detectDecoder(store, shapes, config);
        if (found.hasEncoder && encoder.channels.size() != config.channels.size()) {
            throw detectError(store, "Its encoder and decoder do not belong together.");
        }
        if (found.hasEncoder &&
            (encoder.channels != config.channels || encoder.latentChannels != config.latentChannels ||
                encoder.residualBlocks != config.residualBlocks)) {
            throw detectError(store, "Its encoder and decoder do not belong together.");
        }
    }
    if (config.channels.empty() || config.residualBlocks < 1) {
        throw detectError(store, "It has no levels that residual blocks make up.");
    }
    readConfigFile(store, config);
    for (const int channels : config.channels) {
        if (channels % config.normGroups != 0) {
            throw detectError(store, std::to_string(channels) + " channels do not divide into " +
                                         std::to_string(config.normGroups) +
                                         " groups, which a config.json beside it could set otherwise.");
        }
    }
    return found;
}

} // namespace reelmend::models
