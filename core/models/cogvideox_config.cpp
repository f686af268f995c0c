#include "core/models/cogvideox_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/stored_shapes.h"

namespace reelmend::models {

namespace {

constexpr const char* kKey = "transformer_blocks.0.norm1.linear.weight";
constexpr const char* kSatKey = "mixins.adaln_layer.adaLN_modulations.0.1.weight";
constexpr const char* kProjection = "patch_embed.text_proj.weight"; // tells it from other joint transformers
constexpr int kMostLayers = 1000;
constexpr int kSinusoidChannels = 1920; // of the published model that adds sinusoids

base::Error detectError(const WeightStore& store, std::string why)
{
    return base::Error(base::ErrorKind::kInput,
        "\"" + store.label() + "\" cannot be used as a CogVideoX transformer.", std::move(why),
        "Choose the transformer folder of a CogVideoX or DOVE model.");
}

Refusal refusalOf(const WeightStore& store)
{
    return [&store](std::string why) { return detectError(store, std::move(why)); };
}

nlohmann::json configFile(const WeightStore& store)
{
    nlohmann::json json = configBeside(store, refusalOf(store));
    if (json.is_null()) {
        return nlohmann::json::object();
    }
    if (json.value("_class_name", nlohmann::json("CogVideoXTransformer3DModel")) != "CogVideoXTransformer3DModel") {
        return nlohmann::json::object(); // a config of something else says nothing about this file
    }
    return json;
}

// A number of the config file within bounds, or `other` where it says nothing.
double number(
    const WeightStore& store, const nlohmann::json& json, const char* field, double other, double least, double most)
{
    if (!json.contains(field) || json[field].is_null()) {
        return other;
    }
    const double value = json[field].is_number() ? json[field].get<double>() : least - 1;
    if (!(value >= least && value <= most)) {
        throw detectError(store, "Its config.json has no usable \"" + std::string(field) + "\".");
    }
    return value;
}

int whole(const WeightStore& store, const nlohmann::json& json, const char* field, int other)
{
    return static_cast<int>(number(store, json, field, other, 1, 1 << 20));
}

void compare(const WeightStore& store, const nlohmann::json& json, const char* field, std::int64_t found)
{
    if (json.contains(field) && json[field].is_number_integer() && json[field].get<std::int64_t>() != found) {
        throw detectError(store, "Its config.json and its tensors disagree about \"" + std::string(field) + "\".");
    }
}

bool flag(const nlohmann::json& json, const char* field, bool other)
{
    return json.contains(field) && json[field].is_boolean() ? json[field].get<bool>() : other;
}

std::string word(const nlohmann::json& json, const char* field, const char* other)
{
    return json.contains(field) && json[field].is_string() ? json[field].get<std::string>() : other;
}

void detectPatches(
    const WeightStore& store, const StoredShapes& shapes, const nlohmann::json& json, CogVideoXConfig& config)
{
    const char* const projection = "patch_embed.proj.weight";
    const bool joined = shapes.rank(projection) == 2;
    if (joined) {
        config.patch = whole(store, json, "patch_size", 2);
        config.patchTime = whole(store, json, "patch_size_t", 2);
        config.inputChannels = shapes.size(projection, 2, 1);
    } else {
        config.patch = shapes.size(projection, 4, 2);
        config.patchTime = 0;
        config.inputChannels = shapes.size(projection, 4, 1);
        compare(store, json, "patch_size", config.patch);
    }
    const int area = config.patch * config.patch, cells = area * config.tokenFrames();
    const int outputs = shapes.size("proj_out.weight", 2, 0);
    if ((joined && config.inputChannels % cells != 0) || outputs % cells != 0) {
        throw detectError(store, "Its patches do not hold whole channels.");
    }
    config.inputChannels /= joined ? cells : 1;
    config.outputChannels = outputs / cells;
    config.patchBias = shapes.has("patch_embed.proj.bias"); // whatever its config says: 1.5's says no and has one
}

void readConfigFile(const WeightStore& store, const nlohmann::json& json, CogVideoXConfig& config)
{
    compare(store, json, "num_attention_heads", config.heads);
    compare(store, json, "attention_head_dim", config.headChannels);
    compare(store, json, "num_layers", config.layers);
    compare(store, json, "in_channels", config.inputChannels);
    compare(store, json, "out_channels", config.outputChannels);
    compare(store, json, "text_embed_dim", config.textChannels);
    compare(store, json, "time_embed_dim", config.timeChannels);
    const bool sinusoids = config.positions == CogVideoXPositions::kSinusoids;
    if (config.positions != CogVideoXPositions::kRotaryLearned) {
        config.positions = flag(json, "use_rotary_positional_embeddings", !sinusoids)
                               ? CogVideoXPositions::kRotary
                               : CogVideoXPositions::kSinusoids;
    }
    const bool joined = config.patchTime > 0;
    config.sampleWidth = whole(store, json, "sample_width", joined ? 300 : 90);
    config.sampleHeight = whole(store, json, "sample_height", joined ? 300 : 60);
    config.sampleFrames = whole(store, json, "sample_frames", joined ? 81 : 49);
    config.temporalRatio = whole(store, json, "temporal_compression_ratio", config.temporalRatio);
    config.textTokens = whole(store, json, "max_text_seq_length", config.textTokens);
    config.spatialScale = number(store, json, "spatial_interpolation_scale", config.spatialScale, 1e-6, 1e6);
    config.temporalScale = number(store, json, "temporal_interpolation_scale", config.temporalScale, 1e-6, 1e6);
    config.epsilon = number(store, json, "norm_eps", config.epsilon, 0, 1);
    config.frequencyShift = number(store, json, "freq_shift", 0, -1e3, 1e3);
    config.cosineFirst = flag(json, "flip_sin_to_cos", true);
    const std::string gelu = word(json, "activation_fn", "gelu-approximate");
    config.tanhGelu = gelu == "gelu-approximate";
    if ((!config.tanhGelu && gelu != "gelu") || word(json, "timestep_activation_fn", "silu") != "silu") {
        throw detectError(store, "Its config.json asks for an activation that no published model has.");
    }
}

} // namespace

DenoiserTraits CogVideoXConfig::traits() const
{
    DenoiserTraits traits;
    traits.family = "cogvideox";
    traits.latentChannels = outputChannels;
    traits.inputChannels = inputChannels;
    traits.prediction = Prediction::kVelocity;
    traits.cellMultiple = patch;
    traits.framesFirst = true;
    traits.textChannels = textChannels;
    traits.textTokens = textTokens;
    return traits;
}

bool looksLikeCogVideoX(const WeightStore& store)
{
    const auto ending = [&](const char* key) {
        return std::any_of(store.places().begin(), store.places().end(),
            [&](const auto& entry) { return entry.first.ends_with(key); });
    };
    return (ending(kKey) || ending(kSatKey)) && ending(kProjection);
}

DetectedCogVideoX detectCogVideoX(const WeightStore& store)
{
    DetectedCogVideoX found;
    for (const auto& [name, place] : store.places()) {
        for (const char* key : {kKey, kSatKey}) {
            if (name.ends_with(key)) {
                found.prefix = name.substr(0, name.size() - std::string(key).size());
                found.names = key == kKey ? CogVideoXNames::kDiffusers : CogVideoXNames::kSat;
            }
        }
    }
    const StoredShapes shapes(
        store, [&](const std::string& name) { return cogVideoXStoredPieces(found, name).name; }, refusalOf(store),
        1 << 20);
    const auto json = configFile(store);
    CogVideoXConfig& config = found.config;
    const int channels = shapes.size("transformer_blocks.0.attn1.to_q.weight", 2, 1);
    config.headChannels = shapes.size("transformer_blocks.0.attn1.norm_q.weight", 1, 0);
    if (channels % config.headChannels != 0 || config.headChannels % 2 != 0) {
        throw detectError(store, "Its channels do not divide into heads.");
    }
    config.heads = channels / config.headChannels;
    config.layers = shapes.count("transformer_blocks.", ".norm1.linear.weight", kMostLayers);
    config.ffnChannels = shapes.size("transformer_blocks.0.ff.net.0.proj.weight", 2, 0);
    config.timeChannels = shapes.size("time_embedding.linear_1.weight", 2, 0);
    config.textChannels = shapes.size(kProjection, 2, 1);
    config.attentionBias = shapes.has("transformer_blocks.0.attn1.to_q.bias");
    config.affineNorms = shapes.has("transformer_blocks.0.norm1.norm.weight");
    const char* const offset = "ofs_embedding.linear_1.weight";
    config.offsetChannels = shapes.has(offset) ? shapes.size(offset, 2, 0) : 0;
    detectPatches(store, shapes, json, config);
    config.positions = shapes.has("patch_embed.pos_embedding")                  ? CogVideoXPositions::kRotaryLearned
                       : config.patchTime == 0 && channels == kSinusoidChannels ? CogVideoXPositions::kSinusoids
                                                                                : CogVideoXPositions::kRotary;
    readConfigFile(store, json, config);
    if (config.offsetChannels != 0 && config.offsetChannels != config.timeChannels) {
        throw detectError(store, "Its embeddings of time and offset differ in size.");
    }
    return found;
}

} // namespace reelmend::models
