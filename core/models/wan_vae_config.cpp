#include "core/models/wan_vae_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/stored_shapes.h"

namespace reelmend::models {

namespace {

// The published statistics of Wan2.1's latents.
const std::vector<double> kMean = {-0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508, 0.4134,
    -0.0715, 0.5517, -0.3632, -0.1922, -0.9497, 0.2503, -0.2921};
const std::vector<double> kStd = {2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743, 3.2687, 2.1526,
    2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160};

constexpr const char* kDiffusersKey = "mid_block.resnets.0.norm1.gamma";
constexpr const char* kOriginalKey = "middle.0.residual.0.gamma";
constexpr int kMostBlocks = 200;
constexpr int kMostChannels = 4096; // what the norm's kernels take

base::Error detectError(const WeightStore& store, std::string why)
{
    return base::Error(base::ErrorKind::kInput, "\"" + store.label() + "\" cannot be used as a Wan2.1 autoencoder.",
        std::move(why), "Choose the vae folder of a Wan2.1 model, or its single-file autoencoder.");
}

Refusal refusalOf(const WeightStore& store)
{
    return [&store](std::string why) { return detectError(store, std::move(why)); };
}

// Original names and diffusers names number the encoder's blocks alike, so the original needs no config here.
void detectEncoder(const WeightStore& store, const StoredShapes& shapes, WanVaeConfig& config)
{
    config.encoderChannels.clear();
    config.encoderAttention.clear();
    config.temporal.clear();
    config.encoderStem = shapes.size("encoder.conv_in.weight", 0);
    config.frameChannels = shapes.size("encoder.conv_in.weight", 1);
    config.latentChannels = shapes.size("encoder.conv_out.weight", 0) / 2;
    int blocks = 0, channels = 0;
    bool attention = false;
    const auto closeLevel = [&] {
        if (channels == 0 || (!config.encoderChannels.empty() && blocks != config.residualBlocks)) {
            throw detectError(store, "The levels of its encoder differ in depth.");
        }
        config.residualBlocks = blocks;
        config.encoderChannels.push_back(channels);
        config.encoderAttention.push_back(attention);
        blocks = channels = 0;
        attention = false;
    };
    for (int i = 0; i < kMostBlocks; ++i) {
        const std::string block = "encoder.down_blocks." + std::to_string(i) + ".";
        if (shapes.has(block + "conv1.weight")) {
            channels = shapes.size(block + "conv1.weight", 0);
            ++blocks;
        } else if (shapes.has(block + "to_qkv.weight")) {
            attention = true;
        } else if (shapes.has(block + "resample.1.weight")) {
            closeLevel();
            config.temporal.push_back(shapes.has(block + "time_conv.weight"));
        } else {
            break;
        }
    }
    closeLevel();
}

void detectDecoder(const WeightStore& store, const StoredShapes& shapes, WanVaeConfig& config)
{
    config.decoderChannels.clear();
    std::vector<bool> temporal;
    config.decoderStem = shapes.size("decoder.conv_in.weight", 0);
    config.latentChannels = shapes.size("decoder.conv_in.weight", 1);
    config.frameChannels = shapes.size("decoder.conv_out.weight", 0);
    for (int level = 0; level < kMostBlocks; ++level) {
        const std::string block = "decoder.up_blocks." + std::to_string(level) + ".";
        if (!shapes.has(block + "resnets.0.conv1.weight")) {
            break;
        }
        int depth = 0;
        while (depth < kMostBlocks && shapes.has(block + "resnets." + std::to_string(depth) + ".conv1.weight")) {
            ++depth;
        }
        if (level > 0 && depth != config.residualBlocks + 1) {
            throw detectError(store, "The levels of its decoder differ in depth.");
        }
        config.residualBlocks = depth - 1;
        config.decoderChannels.insert(
            config.decoderChannels.begin(), shapes.size(block + "resnets.0.conv1.weight", 0));
        if (shapes.has(block + "upsamplers.0.resample.1.weight")) {
            temporal.insert(temporal.begin(), shapes.has(block + "upsamplers.0.time_conv.weight"));
        }
    }
    if (config.decoderChannels.size() != temporal.size() + 1 || config.residualBlocks < 0) {
        throw detectError(store, "Its decoder does not have one level more than it has upsampling steps.");
    }
    config.temporal = temporal;
    config.fusesFrames = shapes.has("decoder.fusion.weight");
}

// The original spelling numbers the decoder's blocks through: the first upsampling step ends the first level.
int originalDecoderDepth(const WeightStore& store, const std::string& prefix)
{
    for (int i = 0; i < kMostBlocks; ++i) {
        if (store.find(prefix + "decoder.upsamples." + std::to_string(i) + ".resample.1.weight")) {
            return i - 1;
        }
    }
    throw detectError(store, "Its decoder has no upsampling step.");
}

[[noreturn]] void differs(const WeightStore& store, const std::string& field)
{
    throw detectError(store, "Its config.json and its tensors disagree about \"" + field + "\".");
}

void compare(const WeightStore& store, const nlohmann::json& json, const char* field, std::int64_t found)
{
    if (json.contains(field) && json[field].is_number_integer() && json[field].get<std::int64_t>() != found) {
        differs(store, field);
    }
}

std::vector<double> numbers(const nlohmann::json& json, const char* field)
{
    std::vector<double> values;
    if (json.contains(field) && json[field].is_array()) {
        for (const auto& value : json[field]) {
            if (!value.is_number()) {
                return {};
            }
            values.push_back(value.get<double>());
        }
    }
    return values;
}

void compareWithConfigFile(const WeightStore& store, DetectedWanVae& found)
{
    WanVaeConfig& config = found.config;
    const bool official = config.latentChannels == static_cast<int>(kMean.size());
    if (official) {
        config.latentMean = kMean;
        config.latentStd = kStd;
    }
    const nlohmann::json json = configBeside(store, refusalOf(store));
    if (json.is_null()) {
        return;
    }
    const auto kind = json.value("_class_name", nlohmann::json("AutoencoderKLWan"));
    if (kind != "AutoencoderKLWan") {
        return; // a config of something else in the same folder says nothing about this file
    }
    compare(store, json, "z_dim", config.latentChannels);
    compare(store, json, "num_res_blocks", config.residualBlocks);
    if (found.hasEncoder) {
        compare(store, json, "base_dim", config.encoderStem);
    }
    if (json.contains("temperal_downsample") && json["temperal_downsample"].is_array()) {
        std::vector<bool> temporal;
        for (const auto& value : json["temperal_downsample"]) {
            temporal.push_back(value.is_boolean() && value.get<bool>());
        }
        if (temporal != config.temporal) {
            differs(store, "temperal_downsample");
        }
    }
    auto mean = numbers(json, "latents_mean"), std = numbers(json, "latents_std");
    if (!mean.empty() || !std.empty()) {
        const auto channels = static_cast<std::size_t>(config.latentChannels);
        const bool usable = mean.size() == channels && std.size() == channels &&
                            std::all_of(std.begin(), std.end(), [](double value) { return value > 0; });
        // Tiny configs often keep the default 16 numbers for fewer channels: then none are known.
        config.latentMean = usable ? mean : std::vector<double>();
        config.latentStd = usable ? std : std::vector<double>();
    }
}

} // namespace

int WanVaeConfig::framesPerGroup() const
{
    return 1 << std::count(temporal.begin(), temporal.end(), true);
}

int WanVaeConfig::fusionLevel() const
{
    const auto first = std::find(temporal.begin(), temporal.end(), true);
    return first == temporal.end() ? -1 : static_cast<int>(first - temporal.begin());
}

CodecTraits WanVaeConfig::traits() const
{
    CodecTraits traits;
    traits.family = "wan2.1";
    traits.latentChannels = latentChannels;
    traits.frameChannels = frameChannels;
    traits.spatialStride = spatialStride();
    traits.sizeMultiple = spatialStride();
    traits.framesPerGroup = framesPerGroup();
    traits.skipLevels = fusesFrames ? 1 : 0;
    traits.latentMean = latentMean;
    traits.latentStd = latentStd;
    return traits;
}

bool looksLikeWanVae(const WeightStore& store)
{
    return std::any_of(store.places().begin(), store.places().end(), [](const auto& entry) {
        for (const char* part : {"encoder.", "decoder."}) {
            for (const char* key : {kDiffusersKey, kOriginalKey}) {
                if (entry.first.ends_with(std::string(part) + key)) {
                    return true;
                }
            }
        }
        return false;
    });
}

DetectedWanVae detectWanVae(const WeightStore& store)
{
    DetectedWanVae found;
    bool any = false;
    for (const auto& [name, place] : store.places()) {
        for (const bool original : {false, true}) {
            for (const bool decoder : {false, true}) {
                const std::string key =
                    std::string(decoder ? "decoder." : "encoder.") + (original ? kOriginalKey : kDiffusersKey);
                if (!name.ends_with(key)) {
                    continue;
                }
                found.names = original ? WanVaeNames::kOriginal : WanVaeNames::kDiffusers;
                found.prefix = name.substr(0, name.size() - key.size());
                (decoder ? found.hasDecoder : found.hasEncoder) = true;
                any = true;
            }
        }
    }
    if (!any) {
        throw detectError(store, "Its tensors are those of another model: the first is \"" +
                                     (store.places().empty() ? std::string() : store.places().begin()->first) +
                                     "\".");
    }
    const auto stored = [&](const char* name) { return store.find(found.prefix + name) != nullptr; };
    if (stored("encoder.down_blocks.0.resnets.0.conv1.weight") ||
        stored("decoder.up_blocks.0.upsampler.resample.1.weight") ||
        stored("encoder.downsamples.0.downsamples.0.residual.2.weight")) {
        throw detectError(store, "It is a Wan2.2 autoencoder, whose blocks are built differently.");
    }

    const StoredShapes shapes(
        store, [&](const std::string& name) { return wanVaeStoredName(found, name); }, refusalOf(store),
        kMostChannels);
    if (found.hasEncoder) {
        detectEncoder(store, shapes, found.config);
        found.config.decoderChannels = found.config.encoderChannels;
    }
    if (found.hasDecoder) {
        WanVaeConfig& config = found.config;
        if (!found.hasEncoder && found.names == WanVaeNames::kOriginal) {
            config.residualBlocks = originalDecoderDepth(store, found.prefix);
        }
        const WanVaeConfig encoder = config;
        detectDecoder(store, shapes, config);
        if (!found.hasEncoder) {
            config.encoderChannels = config.decoderChannels;
            config.encoderStem = config.decoderChannels.front();
            config.encoderAttention.assign(config.decoderChannels.size(), false);
            if (config.fusesFrames) {
                throw detectError(store, "Its decoder takes features of an encoder that is not there.");
            }
        } else if (encoder.temporal != config.temporal || encoder.latentChannels != config.latentChannels ||
                   encoder.residualBlocks != config.residualBlocks || encoder.frameChannels != config.frameChannels) {
            throw detectError(store, "Its encoder and decoder do not belong together.");
        }
    }
    compareWithConfigFile(store, found);
    return found;
}

} // namespace reelmend::models
