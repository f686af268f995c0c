#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/control.h"
#include "core/models/load.h"
#include "core/models/safetensors.h"

// The encoders of prompts: T5 v1.1 (CogVideoX, LTX) and UMT5 (Wan). Raffel et al. 2020; gated activation of Shazeer
// 2020; UMT5's bias of each layer: Chung et al. 2023.
namespace reelmend::models {

struct T5Config {
    std::int64_t vocabulary = 256384;
    std::int64_t channels = 4096;
    std::int64_t heads = 64, headChannels = 64;
    std::int64_t hidden = 10240; // of the feed-forward part
    std::int64_t layers = 24;
    std::int64_t buckets = 32; // of the relative position bias, both directions together
    std::int64_t maximumDistance = 128;
    bool biasInEveryLayer = true; // UMT5; T5 has one table, in layer 0
    double epsilon = 1e-6;

    bool operator==(const T5Config&) const = default;

    std::string family() const { return biasInEveryLayer ? "umt5" : "t5"; }
    // Which encoder made an embedding: family, channels, layers, vocabulary.
    std::string identity() const;
};

enum class T5Names {
    kTransformers, // "encoder.block.0.layer.0.SelfAttention.q.weight", also ComfyUI's files
    kOriginal,     // Wan's own: "blocks.0.attn.q.weight"
};

struct DetectedT5 {
    T5Config config;
    T5Names names = T5Names::kTransformers;
    std::string prefix;    // before every name; mostly empty
    std::string embedding; // as the file calls the table of token vectors, without the prefix
};

// The text encoder of `path`: a folder of a whole model (diffusers' with text_encoder in it, Wan's own with
// models_t5_….pth), else `path` itself.
std::filesystem::path findTextEncoder(const std::filesystem::path& path);

bool looksLikeT5(const WeightStore& store);
// Reads the config off names and shapes. A config.json beside the weights tells the longest distance and the norm's
// epsilon, and is otherwise only compared. Throws base::Error(kInput) for a checkpoint that is not such an encoder,
// also one whose feed-forward part has no gate or whose numbers are fp8 with scales.
DetectedT5 detectT5(const WeightStore& store);
// The stored name of a parameter with the given name of the transformers package.
std::string t5StoredName(const DetectedT5& found, const std::string& name);
// Every tensor of the encoder must be there in its shape. A decoder, an output layer and a tokenizer in the same file
// are known and left alone; anything else throws base::Error(kInput).
void checkT5(const WeightStore& store, const DetectedT5& found);

// One layer's weights, [outputs, inputs].
struct T5Layer {
    at::Tensor attentionNorm, query, key, value, output;
    at::Tensor bias; // [buckets, heads]; undefined where the layer has none of its own
    at::Tensor hiddenNorm, gate, up, down;
};
// `index`: of the layer, from 0. Names are those of the transformers package.
void visitT5Layer(const T5Config& config, std::int64_t index, T5Layer& layer, const ParameterVisitor& visitor);
// All of the encoder, by shapes; nothing is defined. For counting and checking.
void visitT5(const T5Config& config, const ParameterVisitor& visitor);

// One layer: `states` [tokens, channels] -> the same; `bias` as t5PositionBias gives it. Residual sums, norms and
// the softmax are computed in float32 or better, products in the weights' type.
at::Tensor t5Layer(const T5Config& config, const T5Layer& layer, const at::Tensor& states, const at::Tensor& bias);
// [buckets, heads] -> [heads, tokens, tokens]: what a pair of positions adds to its attention score.
at::Tensor t5PositionBias(const T5Config& config, const at::Tensor& table, std::int64_t tokens);

// Each list of token numbers -> [tokens, channels] in float32 on the CPU. All tokens attend to all others: leave
// padding out where the model masks it (UMT5), put it in where the model attends to it (T5 in CogVideoX).
// Layers are read from the file one after another, so that one layer is in memory at a time. In float16 the last
// product of each layer is computed in float32, where it would overflow. Throws base::Error(kUsage) for a token that
// the vocabulary lacks, kInput for the file; stops at `control` between layers.
std::vector<at::Tensor> encodeWithT5(const WeightStore& store, const DetectedT5& found,
    const std::vector<std::vector<std::int64_t>>& prompts, const LoadOptions& options, const base::Control& control);

} // namespace reelmend::models
