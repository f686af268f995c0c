#include "core/models/wan_transformer_config.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/stored_shapes.h"

namespace reelmend::models {

namespace {

constexpr const char* kDiffusersKey = "condition_embedder.time_embedder.linear_1.weight";
constexpr const char* kOriginalKey = "head.modulation";
constexpr int kMostSize = 1 << 17;
constexpr int kMostBlocks = 1000;
constexpr int kHeadChannels = 128; // of every published Wan transformer

base::Error detectError(const WeightStore& store, std::string why)
{
    return base::Error(base::ErrorKind::kInput, "\"" + store.label() + "\" cannot be used as a Wan2.1 transformer.",
        std::move(why), "Choose the transformer folder of a Wan2.1 or VACE model, or its single-file transformer.");
}

Refusal refusalOf(const WeightStore& store)
{
    return [&store](std::string why) { return detectError(store, std::move(why)); };
}

// The config.json beside the weights, or null where there is none or it is about something else.
nlohmann::json wanConfigBeside(const WeightStore& store)
{
    const nlohmann::json json = configBeside(store, refusalOf(store));
    if (json.is_null()) {
        return json;
    }
    const auto name = json.find("_class_name");
    const std::string kind = name != json.end() && name->is_string() ? name->get<std::string>() : std::string();
    const bool isWan = kind == "WanTransformer3DModel" || kind == "WanVACETransformer3DModel" || kind == "WanModel" ||
                       kind == "VaceWanModel";
    return isWan ? json : nlohmann::json(nullptr);
}

// A whole number of the config.json, 0 where it says nothing.
int number(const nlohmann::json& json, const char* field)
{
    const auto found = json.is_object() ? json.find(field) : json.end();
    if (found == json.end() || !found->is_number_integer()) {
        return 0;
    }
    const auto value = found->get<std::int64_t>();
    return value > 0 && value <= kMostSize ? static_cast<int>(value) : 0;
}

[[noreturn]] void differs(const WeightStore& store, const std::string& field)
{
    throw detectError(store, "Its config.json and its tensors disagree about \"" + field + "\".");
}

void compare(const WeightStore& store, const nlohmann::json& json, const WanTransformerConfig& config)
{
    const auto agree = [&](const char* field, int found) {
        if (const int told = number(json, field); told != 0 && told != found) {
            differs(store, field);
        }
    };
    for (const char* field : {"in_channels", "in_dim"}) {
        agree(field, config.inputChannels);
    }
    for (const char* field : {"out_channels", "out_dim"}) {
        agree(field, config.outputChannels);
    }
    agree("num_layers", config.layers);
    agree("ffn_dim", config.ffnChannels);
    agree("text_dim", config.textChannels);
    agree("freq_dim", config.frequencies);
    agree("dim", config.channels());
    if (config.isVace()) {
        agree("vace_in_channels", config.contextChannels);
        agree("vace_in_dim", config.contextChannels);
    }
}

void detectHeads(const WeightStore& store, const nlohmann::json& json, int channels, WanTransformerConfig& config)
{
    int heads = number(json, "num_attention_heads");
    heads = heads != 0 ? heads : number(json, "num_heads");
    const int told = number(json, "attention_head_dim");
    if (heads == 0) {
        const int each = told != 0 ? told : kHeadChannels;
        heads = channels % each == 0 ? channels / each : 0;
    }
    if (heads == 0) {
        throw detectError(store, "Its width of " + std::to_string(channels) +
                                     " is not that of a published model, and no config.json beside "
                                     "it says how many heads it has.");
    }
    if (channels % heads != 0 || (told != 0 && told * heads != channels)) {
        differs(store, "num_attention_heads");
    }
    config.heads = heads;
    config.headChannels = channels / heads;
    if (config.headChannels % 2 != 0) {
        throw detectError(store, "A head of " + std::to_string(config.headChannels) + " channels cannot be rotated.");
    }
}

void detectVace(
    const WeightStore& store, const nlohmann::json& json, const StoredShapes& shapes, WanTransformerConfig& config)
{
    const int blocks = shapes.count("vace_blocks.", ".proj_out.weight", kMostBlocks);
    if (blocks == 0) {
        return;
    }
    config.contextChannels = shapes.size("vace_patch_embedding.weight", 5, 1);
    if (const auto layers = json.is_object() ? json.find("vace_layers") : json.end();
        layers != json.end() && layers->is_array()) {
        for (const auto& layer : *layers) {
            config.vaceLayers.push_back(layer.is_number_integer() ? layer.get<int>() : -1);
        }
        std::sort(config.vaceLayers.begin(), config.vaceLayers.end());
    } else if (config.layers % blocks == 0) {
        for (int i = 0; i < blocks; ++i) {
            config.vaceLayers.push_back(i * (config.layers / blocks));
        }
    }
    const auto& layers = config.vaceLayers;
    const bool usable = static_cast<int>(layers.size()) == blocks && layers.front() == 0 &&
                        layers.back() < config.layers &&
                        std::adjacent_find(layers.begin(), layers.end()) == layers.end();
    if (!usable) {
        throw detectError(store, "Its " + std::to_string(blocks) + " side blocks do not fit its " +
                                     std::to_string(config.layers) +
                                     " layers: no config.json says where they go, or "
                                     "it says something else.");
    }
}

} // namespace

DenoiserTraits WanTransformerConfig::traits() const
{
    DenoiserTraits traits;
    traits.family = isVace() ? "wan2.1-vace" : "wan2.1-transformer";
    traits.latentChannels = outputChannels;
    traits.inputChannels = inputChannels;
    traits.prediction = Prediction::kFlow;
    traits.cellMultiple = std::max(patch[1], patch[2]);
    traits.textChannels = textChannels;
    traits.textTokens = 512;
    traits.contextChannels = contextChannels;
    traits.contextScales = static_cast<int>(vaceLayers.size());
    return traits;
}

bool looksLikeWanTransformer(const WeightStore& store)
{
    return std::any_of(store.places().begin(), store.places().end(), [](const auto& entry) {
        return entry.first.ends_with(kDiffusersKey) || entry.first.ends_with(kOriginalKey);
    });
}

DetectedWanTransformer detectWanTransformer(const WeightStore& store)
{
    DetectedWanTransformer found;
    bool any = false;
    for (const auto& [name, place] : store.places()) {
        for (const bool original : {false, true}) {
            const std::string_view key = original ? kOriginalKey : kDiffusersKey;
            if (!any && name.ends_with(key)) {
                found.names = original ? WanTransformerNames::kOriginal : WanTransformerNames::kDiffusers;
                found.prefix = name.substr(0, name.size() - key.size());
                any = true;
            }
        }
    }
    if (!any) {
        throw detectError(store, "Its tensors are those of another model: the first is \"" +
                                     (store.places().empty() ? std::string() : store.places().begin()->first) +
                                     "\".");
    }
    for (const char* key : {"condition_embedder.image_embedder.norm1.weight", "img_emb.proj.0.weight"}) {
        if (store.find(found.prefix + key)) {
            throw detectError(store, "It is an image-to-video model, which needs an image encoder beside it.");
        }
    }
    const StoredShapes shapes(
        store, [&](const std::string& name) { return wanTransformerStoredName(found, name); }, refusalOf(store),
        kMostSize);
    WanTransformerConfig& config = found.config;
    const int channels = shapes.size("patch_embedding.weight", 5, 0);
    config.inputChannels = shapes.size("patch_embedding.weight", 5, 1);
    for (std::size_t i = 0; i < 3; ++i) {
        config.patch[i] = shapes.size("patch_embedding.weight", 5, 2 + i);
    }
    const int cells = config.patch[0] * config.patch[1] * config.patch[2];
    config.outputChannels = shapes.size("proj_out.weight", 2, 0) / cells;
    config.textChannels = shapes.size("condition_embedder.text_embedder.linear_1.weight", 2, 1);
    config.frequencies = shapes.size("condition_embedder.time_embedder.linear_1.weight", 2, 1);
    config.ffnChannels = shapes.size("blocks.0.ffn.net.0.proj.weight", 2, 0);
    config.layers = shapes.count("blocks.", ".attn1.to_q.weight", kMostBlocks);
    config.crossNorm = shapes.has("blocks.0.norm2.weight");
    const nlohmann::json json = wanConfigBeside(store);
    detectHeads(store, json, channels, config);
    detectVace(store, json, shapes, config);
    if (const auto epsilon = json.is_object() ? json.find("eps") : json.end();
        epsilon != json.end() && epsilon->is_number() && epsilon->get<double>() > 0) {
        config.epsilon = epsilon->get<double>();
    }
    compare(store, json, config);
    return found;
}

} // namespace reelmend::models
