#pragma once
#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "core/models/parameters.h"

// What Wan's transformer is built of. Tokens are [batch, tokens, channels]; parameters follow diffusers' names.
//
// Note [Wide islands]
// In float32 (float64 where everything is), whatever the weights' type: the timestep's path up to the modulation, all
// norms, gates and residual sums before they are rounded once, queries' and keys' norm with the rotation. Of the
// weights, the time embedding's, the modulation tables and the norms' that are not heads' stay wide, as diffusers
// keeps them. The matrix products run in the weights' type.
namespace reelmend::models::wan {

// y = x W^T + b. [..., in] -> [..., out]
struct Linear {
    at::Tensor weight, bias;
    std::vector<std::int64_t> shape; // [out, in]

    Linear() = default;
    Linear(std::int64_t in, std::int64_t out);
    at::Tensor forward(const at::Tensor& x) const;     // in the weights' type
    at::Tensor forwardWide(const at::Tensor& x) const; // in x's type, whatever the weights'
    void visit(const std::string& prefix, const ParameterVisitor& visitor);
};

// A parameter with neither layer nor rule around it.
struct Table {
    at::Tensor value;
    std::vector<std::int64_t> shape;

    void visit(const std::string& name, const ParameterVisitor& visitor) { visitor(name, value, shape); }
};

// float32, or float64 where `type` is.
at::ScalarType wideType(at::ScalarType type);
// Whether a parameter stays wide (Note [Wide islands]).
bool isWideParameter(const std::string& name);

// LayerNorm over channels without weights, then y (1 + scale) + shift; both [batch, 1, channels], wide. In x's type.
at::Tensor modulated(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale, double epsilon);
// x + y gate, computed wide; into x's memory where autograd does not look and x is not shared.
at::Tensor gated(at::Tensor x, const at::Tensor& y, const at::Tensor& gate);

// What every block is given beside its tokens.
struct BlockSettings {
    std::int64_t heads = 1;
    double epsilon = 1e-6;
};

// Rotations of a grid of tokens, one complex number for each pair of a head's channels: [tokens, headChannels / 2].
// Time takes what height and width leave of the pairs, each axis with frequencies 10000^(-2 i / axis channels) (Su et
// al. 2021, eq. 15). Made in float64.
at::Tensor rotations(std::int64_t time, std::int64_t height, std::int64_t width, std::int64_t headChannels,
    const at::TensorOptions& options);

// Attention over the clip's tokens, or from them to the text.
struct TokenAttention {
    Linear query, key, value, out;
    Table queryNorm, keyNorm; // RMS over all heads' channels

    explicit TokenAttention(std::int64_t channels);
    // `source`: what keys and values come from; `rotary` undefined = unrotated.
    at::Tensor forward(
        const at::Tensor& x, const at::Tensor& source, const at::Tensor& rotary, const BlockSettings& settings) const;
    void visit(const std::string& prefix, const ParameterVisitor& visitor);
};

// One layer: attention over the clip, attention to the text, a feed-forward network. A side block (VACE) has one
// linear layer at its end more, the first one another at its beginning.
struct TokenBlock {
    Table modulation; // [1, 6, channels]: shift, scale, gate of the attention, then of the feed-forward network
    TokenAttention self, cross;
    std::optional<Table> crossWeight, crossBias; // of the norm before the attention to the text
    Linear inner, outer;
    std::optional<Linear> projectIn, projectOut;

    TokenBlock(std::int64_t channels, std::int64_t inner, bool crossNorm);
    // `time`: [batch, 6, channels], wide. Writes into x's memory without gradient: hand it over. Does not look at
    // projectIn and projectOut.
    at::Tensor forward(at::Tensor x, const at::Tensor& text, const at::Tensor& time, const at::Tensor& rotary,
        const BlockSettings& settings) const;
    void visit(const std::string& prefix, const ParameterVisitor& visitor);
};

} // namespace reelmend::models::wan
