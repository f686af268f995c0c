#include "core/models/t5_encoder.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <utility>

#include "core/base/error.h"

namespace reelmend::models {

namespace {

using Shape = std::vector<std::int64_t>;

std::string layerName(std::int64_t index)
{
    return "encoder.block." + std::to_string(index) + ".layer.";
}

// Root mean square over channels without mean or bias, in float32 or better; the result in the weight's type.
at::Tensor rootMeanSquareNorm(const at::Tensor& states, const at::Tensor& weight, double epsilon)
{
    const at::Tensor wide = states.to(at::promote_types(states.scalar_type(), at::kFloat));
    const at::Tensor normal = wide * at::rsqrt(wide.square().mean(-1, /*keepdim=*/true) + epsilon);
    return normal.to(weight.scalar_type()) * weight;
}

// [inputs] rows through [outputs, inputs], in the weight's type.
at::Tensor product(const at::Tensor& rows, const at::Tensor& weight)
{
    return at::linear(rows.to(weight.scalar_type()), weight);
}

// Rows of the table of token vectors, [tokens, channels] in float32, without reading the rest of it: UMT5's has two
// gigabytes.
at::Tensor tokenVectors(const WeightStore& store, const DetectedT5& found, const std::vector<std::int64_t>& tokens)
{
    const auto* place = store.find(t5StoredName(found, "shared.weight"));
    const T5Config& config = found.config;
    ReadOptions how;
    how.options = at::TensorOptions(at::kFloat);
    how.refuseNonFinite = true;
    const StoredTensor& table = *place->tensor;
    const at::Tensor whole = table.strides.empty() ? at::Tensor() : place->file->read(table, how);
    const at::Tensor rows = at::empty({static_cast<std::int64_t>(tokens.size()), config.channels}, how.options);
    const std::uint64_t rowBytes = table.bytes() / static_cast<std::uint64_t>(config.vocabulary);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i] < 0 || tokens[i] >= config.vocabulary) {
            throw base::Error(base::ErrorKind::kUsage, "The prompt cannot be encoded.",
                "Its token " + std::to_string(tokens[i]) + " is none of the " + std::to_string(config.vocabulary) +
                    " that the text encoder knows.",
                "Use the tokenizer that belongs to this text encoder.");
        }
        StoredTensor row = table;
        row.shape = {config.channels};
        row.begin = table.begin + static_cast<std::uint64_t>(tokens[i]) * rowBytes;
        row.end = row.begin + rowBytes;
        rows[static_cast<std::int64_t>(i)].copy_(whole.defined() ? whole[tokens[i]] : place->file->read(row, how));
    }
    return rows;
}

// Note [T5 in float16]
// The last product of a feed-forward part exceeds float16's 65504 in the XXL models (transformers issues 4586, 5651,
// 9295). As the transformers package does, its weights are kept in float32 there, and the sums of all layers too.
T5Layer loadLayer(const WeightStore& store, const DetectedT5& found, std::int64_t index, const LoadOptions& options)
{
    T5Layer layer;
    const auto storedName = [&](const std::string& name) { return t5StoredName(found, name); };
    const auto visit = [&](const ParameterVisitor& visitor) { visitT5Layer(found.config, index, layer, visitor); };
    if (options.dtype != at::kHalf) {
        loadParameters(visit, store, storedName, options);
        return layer;
    }
    LoadOptions wide = options;
    wide.dtype = at::kFloat;
    const auto only = [&](bool down) {
        return [&visit, down](const ParameterVisitor& visitor) {
            visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef shape) {
                if (name.ends_with(".wo.weight") == down) {
                    visitor(name, tensor, shape);
                }
            });
        };
    };
    loadParameters(only(false), store, storedName, options);
    loadParameters(only(true), store, storedName, wide);
    return layer;
}

} // namespace

void visitT5Layer(const T5Config& config, std::int64_t index, T5Layer& layer, const ParameterVisitor& visitor)
{
    const std::string attention = layerName(index) + "0.", feedForward = layerName(index) + "1.";
    const std::int64_t inner = config.heads * config.headChannels;
    visitor(attention + "layer_norm.weight", layer.attentionNorm, Shape{config.channels});
    visitor(attention + "SelfAttention.q.weight", layer.query, Shape{inner, config.channels});
    visitor(attention + "SelfAttention.k.weight", layer.key, Shape{inner, config.channels});
    visitor(attention + "SelfAttention.v.weight", layer.value, Shape{inner, config.channels});
    visitor(attention + "SelfAttention.o.weight", layer.output, Shape{config.channels, inner});
    if (index == 0 || config.biasInEveryLayer) {
        visitor(attention + "SelfAttention.relative_attention_bias.weight", layer.bias,
            Shape{config.buckets, config.heads});
    }
    visitor(feedForward + "layer_norm.weight", layer.hiddenNorm, Shape{config.channels});
    visitor(feedForward + "DenseReluDense.wi_0.weight", layer.gate, Shape{config.hidden, config.channels});
    visitor(feedForward + "DenseReluDense.wi_1.weight", layer.up, Shape{config.hidden, config.channels});
    visitor(feedForward + "DenseReluDense.wo.weight", layer.down, Shape{config.channels, config.hidden});
}

void visitT5(const T5Config& config, const ParameterVisitor& visitor)
{
    at::Tensor none;
    visitor("shared.weight", none, Shape{config.vocabulary, config.channels});
    for (std::int64_t i = 0; i < config.layers; ++i) {
        T5Layer layer;
        visitT5Layer(config, i, layer, visitor);
    }
    visitor("encoder.final_layer_norm.weight", none, Shape{config.channels});
}

void checkT5(const WeightStore& store, const DetectedT5& found)
{
    const auto alsoKnown = [&](const ParameterVisitor& visitor) {
        at::Tensor none;
        for (const auto& [name, place] : store.places()) {
            const std::string own = name.starts_with(found.prefix) ? name.substr(found.prefix.size()) : name;
            if (own.starts_with("decoder.") || own == "lm_head.weight" || own == "encoder.embed_tokens.weight" ||
                own == "spiece_model") {
                visitor(own, none, place.tensor->shape);
            }
        }
    };
    checkParameters([&](const ParameterVisitor& visitor) { visitT5(found.config, visitor); }, alsoKnown, store,
        [&](const std::string& name) { return t5StoredName(found, name); },
        found.config.biasInEveryLayer ? "a UMT5 text encoder" : "a T5 text encoder");
}

at::Tensor t5PositionBias(const T5Config& config, const at::Tensor& table, std::int64_t tokens)
{
    const at::Tensor places = at::arange(tokens, at::TensorOptions(at::kLong).device(table.device()));
    const at::Tensor distance = places.view({1, tokens}) - places.view({tokens, 1}); // of the key from the query
    // Half of the buckets for each direction; half of those for single steps, the rest logarithmic.
    const std::int64_t half = config.buckets / 2, exact = half / 2;
    const at::Tensor steps = distance.abs();
    const double range = std::log(static_cast<double>(config.maximumDistance) / static_cast<double>(exact));
    const at::Tensor far =
        (at::log(steps.to(at::kFloat) / static_cast<double>(exact)) / range * static_cast<double>(half - exact))
            .clamp(0, static_cast<double>(half)) // log(0) of what is not far
            .to(at::kLong) +
        exact;
    const at::Tensor bucket =
        (distance > 0).to(at::kLong) * half + at::where(steps < exact, steps, far.clamp_max(half - 1));
    return table.index_select(0, bucket.flatten()).view({tokens, tokens, config.heads}).permute({2, 0, 1});
}

at::Tensor t5Layer(const T5Config& config, const T5Layer& layer, const at::Tensor& states, const at::Tensor& bias)
{
    const std::int64_t tokens = states.size(0);
    const auto headsOf = [&](const at::Tensor& rows) { // [tokens, inner] -> [heads, tokens, channels of a head]
        return rows.view({tokens, config.heads, config.headChannels}).transpose(0, 1);
    };
    const at::Tensor x = rootMeanSquareNorm(states, layer.attentionNorm, config.epsilon);
    const at::Tensor query = headsOf(product(x, layer.query)), key = headsOf(product(x, layer.key)),
                     value = headsOf(product(x, layer.value));
    // Not divided by the root of the channels: T5's weights are made for that. [heads, tokens, tokens]
    const at::Tensor scores = at::matmul(query, key.transpose(1, 2)) + bias;
    const at::Tensor shares =
        at::softmax(scores.to(at::promote_types(scores.scalar_type(), at::kFloat)), -1).to(scores.scalar_type());
    const at::Tensor mixed = at::matmul(shares, value).transpose(0, 1).reshape({tokens, -1});
    const at::Tensor attended = states + product(mixed, layer.output);
    const at::Tensor y = rootMeanSquareNorm(attended, layer.hiddenNorm, config.epsilon);
    const at::Tensor gated = at::gelu(product(y, layer.gate), "tanh") * product(y, layer.up);
    return attended + product(gated, layer.down);
}

std::vector<at::Tensor> encodeWithT5(const WeightStore& store, const DetectedT5& found,
    const std::vector<std::vector<std::int64_t>>& prompts, const LoadOptions& options, const base::Control& control)
{
    c10::AutoGradMode noGradient(false);
    const at::ScalarType wide = at::promote_types(options.dtype, at::kFloat);
    std::vector<at::Tensor> states;
    for (const auto& tokens : prompts) {
        states.push_back(tokenVectors(store, found, tokens).to(options.device, wide));
    }
    at::Tensor table; // T5: of layer 0, for all of them
    for (std::int64_t i = 0; i < found.config.layers; ++i) {
        control.checkpoint();
        const T5Layer layer = loadLayer(store, found, i, options);
        table = layer.bias.defined() ? layer.bias : table;
        for (at::Tensor& prompt : states) {
            if (prompt.size(0) > 0) {
                prompt = t5Layer(found.config, layer, prompt, t5PositionBias(found.config, table, prompt.size(0)));
            }
        }
    }
    ReadOptions how;
    how.options = at::TensorOptions(options.device).dtype(options.dtype);
    const at::Tensor last = store.read(t5StoredName(found, "encoder.final_layer_norm.weight"), how);
    for (at::Tensor& prompt : states) {
        prompt = rootMeanSquareNorm(prompt, last, found.config.epsilon).to(at::kCPU, at::kFloat);
        if (!at::isfinite(prompt).all().item<bool>()) {
            throw base::Error(base::ErrorKind::kInput, "The prompt cannot be encoded.",
                "The text encoder made numbers that are not finite from the weights in \"" + store.label() + "\".",
                "Use --dtype bfloat16 or float32; if that does not help, download the weights again.");
        }
    }
    return states;
}

} // namespace reelmend::models
