#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/t5_encoder.h"

namespace reelmend::models {

namespace {

constexpr std::int64_t kMostLayers = 512;
constexpr const char* kTransformersKey = "encoder.block.0.layer.0.SelfAttention.q.weight";
constexpr const char* kOriginalKey = "blocks.0.attn.q.weight";
constexpr const char* kOriginalFeedForward = "blocks.0.ffn.fc2.weight"; // Wan's transformer has no such name

base::Error detectError(const WeightStore& store, std::string why, std::string hint = {})
{
    return base::Error(base::ErrorKind::kInput, "\"" + store.label() + "\" cannot be used as a text encoder.",
        std::move(why), hint.empty() ? "Choose the text_encoder folder of a model, or its single file." : hint);
}

// What stands before the name `key` somewhere in the file; none where no name ends with it at a dot.
std::optional<std::string> prefixOf(const WeightStore& store, const std::string& key)
{
    for (const auto& [name, place] : store.places()) {
        if (name.ends_with(key)) {
            const std::string prefix = name.substr(0, name.size() - key.size());
            if (prefix.empty() || prefix.back() == '.') {
                return prefix;
            }
        }
    }
    return std::nullopt;
}

// Sizes of tensors that must be there, by their transformers names.
std::int64_t sizeOf(const WeightStore& store, const DetectedT5& found, const std::string& name, std::size_t axis)
{
    const std::string stored = t5StoredName(found, name);
    const auto* place = store.find(stored);
    if (!place) {
        throw detectError(store, "The tensor \"" + stored + "\" is missing.");
    }
    const auto& shape = place->tensor->shape;
    if (shape.size() != 2 || shape[axis] < 1) {
        throw detectError(store, "The tensor \"" + stored + "\" is not a table of two axes.");
    }
    return shape[axis];
}

void compareWithConfigFile(const WeightStore& store, T5Config& config)
{
    const auto path = store.folder() / "config.json";
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) {
        return;
    }
    const auto json = nlohmann::json::parse(base::readFile(path, 1 << 20), nullptr, false);
    const auto type = json.is_object() ? json.value("model_type", nlohmann::json()) : nlohmann::json();
    if (type != "t5" && type != "umt5") {
        return; // a config of something else in the same folder says nothing about this file
    }
    if (config.layers == 1) { // one layer alone does not tell
        config.biasInEveryLayer = type == "umt5";
    }
    const auto compare = [&](const char* field, std::int64_t value) {
        if (json.contains(field) && json[field] != value) {
            throw detectError(
                store, "Its config.json and its tensors disagree about \"" + std::string(field) + "\".");
        }
    };
    compare("d_model", config.channels);
    compare("d_kv", config.headChannels);
    compare("d_ff", config.hidden);
    compare("num_heads", config.heads);
    compare("num_layers", config.layers);
    compare("relative_attention_num_buckets", config.buckets);
    const auto activation = json.value("feed_forward_proj", nlohmann::json("gated-gelu"));
    if (activation != "gated-gelu") {
        throw detectError(store, "Its activation is " + activation.dump() + "; this program knows gated-gelu alone.");
    }
    const auto distance = json.value("relative_attention_max_distance", nlohmann::json(config.maximumDistance));
    const auto epsilon = json.value("layer_norm_epsilon", nlohmann::json(config.epsilon));
    if (!distance.is_number_integer() || distance <= config.buckets / 4 || !epsilon.is_number() || epsilon <= 0) {
        throw detectError(store, "Its config.json holds a distance or an epsilon that cannot be.");
    }
    config.maximumDistance = distance.get<std::int64_t>();
    config.epsilon = epsilon.get<double>();
}

void detectConfig(const WeightStore& store, DetectedT5& found)
{
    T5Config& config = found.config;
    const std::string layer = "encoder.block.0.layer.";
    const std::string table = layer + "0.SelfAttention.relative_attention_bias.weight";
    config.vocabulary = sizeOf(store, found, "shared.weight", 0);
    config.channels = sizeOf(store, found, "shared.weight", 1);
    config.buckets = sizeOf(store, found, table, 0);
    config.heads = sizeOf(store, found, table, 1);
    const std::int64_t inner = sizeOf(store, found, layer + "0.SelfAttention.q.weight", 0);
    if (inner % config.heads != 0 || config.buckets < 8 || config.buckets % 4 != 0) {
        throw detectError(store, "Its attention has " + std::to_string(inner) + " channels for " +
                                     std::to_string(config.heads) + " heads and " + std::to_string(config.buckets) +
                                     " buckets of distance, which do not go together.");
    }
    config.headChannels = inner / config.heads;
    if (!store.find(t5StoredName(found, layer + "1.DenseReluDense.wi_0.weight"))) {
        throw detectError(store, "Its feed-forward part has no gate: it is a T5 of the first version.");
    }
    config.hidden = sizeOf(store, found, layer + "1.DenseReluDense.wi_0.weight", 0);
    const auto has = [&](std::int64_t index, const char* part) {
        return store.find(t5StoredName(found, "encoder.block." + std::to_string(index) + part)) != nullptr;
    };
    config.layers = 1;
    while (config.layers < kMostLayers && has(config.layers, ".layer.0.SelfAttention.q.weight")) {
        ++config.layers;
    }
    // One layer alone tells neither, and both compute the same; config.json may know.
    config.biasInEveryLayer = config.layers > 1 ? has(1, ".layer.0.SelfAttention.relative_attention_bias.weight")
                                                : found.names == T5Names::kOriginal;
}

} // namespace

std::string T5Config::identity() const
{
    return family() + "/" + std::to_string(channels) + "ch/" + std::to_string(layers) + "layers/" +
           std::to_string(vocabulary) + "tokens";
}

std::filesystem::path findTextEncoder(const std::filesystem::path& path)
{
    std::error_code ignored;
    if (!std::filesystem::is_directory(path, ignored)) {
        return path;
    }
    if (std::filesystem::is_directory(path / "text_encoder", ignored)) {
        return path / "text_encoder";
    }
    for (const auto& entry : std::filesystem::directory_iterator(path, ignored)) {
        if (base::pathText(entry.path().filename()).starts_with("models_t5")) {
            return entry.path();
        }
    }
    return path;
}

bool looksLikeT5(const WeightStore& store)
{
    return prefixOf(store, kTransformersKey) ||
           (prefixOf(store, kOriginalKey) && prefixOf(store, kOriginalFeedForward));
}

std::string t5StoredName(const DetectedT5& found, const std::string& name)
{
    if (name == "shared.weight") {
        return found.prefix + found.embedding;
    }
    if (found.names == T5Names::kTransformers) {
        return found.prefix + name;
    }
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kParts = {{
        {"layer.0.SelfAttention.relative_attention_bias.", "pos_embedding.embedding."},
        {"layer.0.SelfAttention.", "attn."},
        {"layer.0.layer_norm.", "norm1."},
        {"layer.1.layer_norm.", "norm2."},
        {"layer.1.DenseReluDense.wi_0.", "ffn.gate.0."},
        {"layer.1.DenseReluDense.wi_1.", "ffn.fc1."},
        {"layer.1.DenseReluDense.wo.", "ffn.fc2."},
        {"encoder.final_layer_norm.", "norm."},
        {"encoder.block.", "blocks."},
    }};
    std::string text = name;
    for (const auto& [from, to] : kParts) {
        if (const auto at = text.find(from); at != std::string::npos) {
            text.replace(at, from.size(), to);
        }
    }
    return found.prefix + text;
}

DetectedT5 detectT5(const WeightStore& store)
{
    DetectedT5 found;
    if (const auto prefix = prefixOf(store, kTransformersKey)) {
        found.prefix = *prefix;
    } else if (const auto original = prefixOf(store, kOriginalKey); original && looksLikeT5(store)) {
        found.names = T5Names::kOriginal;
        found.prefix = *original;
    } else {
        throw detectError(store, "Its tensors are those of another model.");
    }
    for (const auto& [name, place] : store.places()) {
        if (name.ends_with("scaled_fp8") || name.ends_with(".scale_weight") || name.ends_with(".weight_scale")) {
            throw detectError(store, "Its numbers are fp8 with scales (\"" + name + "\").",
                "Choose the file in float16 or bfloat16.");
        }
    }
    found.embedding = found.names == T5Names::kOriginal                       ? "token_embedding.weight"
                      : store.find(found.prefix + "shared.weight") != nullptr ? "shared.weight"
                                                                              : "encoder.embed_tokens.weight";
    detectConfig(store, found);
    compareWithConfigFile(store, found.config);
    return found;
}

} // namespace reelmend::models
