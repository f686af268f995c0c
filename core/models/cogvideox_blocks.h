#pragma once
#include <ATen/core/Tensor.h>

#include <string>

#include "core/models/cogvideox_config.h"
#include "core/models/parameters.h"

// What CogVideoX's transformer is built of. Token tensors are [batch, text tokens and then video tokens, channels];
// parameters follow diffusers' names.
namespace reelmend::models::cogvideox {

struct Linear {
    at::Tensor weight, bias;
    std::int64_t in = 0, out = 0;
    bool hasBias = true;

    at::Tensor forward(const at::Tensor& x) const;
    void visit(const std::string& prefix, const ParameterVisitor& visitor);
};

struct LayerNorm {
    at::Tensor weight, bias;
    std::int64_t channels = 0;
    double epsilon = 1e-5;
    bool affine = true;

    at::Tensor forward(const at::Tensor& x) const;
    void visit(const std::string& prefix, const ParameterVisitor& visitor);
};

// A layer norm that the time's embedding scales, shifts and gates: text and video apart ("expert" adaptive norm).
struct ExpertNorm {
    Linear linear; // of SiLU(time): shift, scale and gate of the video, then of the text
    LayerNorm norm;

    struct Result {
        at::Tensor tokens;              // normed, scaled and shifted
        at::Tensor videoGate, textGate; // [batch, 1, channels]
    };
    Result forward(const at::Tensor& tokens, const at::Tensor& time, std::int64_t textTokens) const;
    void visit(const std::string& prefix, const ParameterVisitor& visitor);
};

struct Block {
    ExpertNorm norm1, norm2;
    Linear query, key, value, attentionOut, feedIn, feedOut;
    LayerNorm queryNorm, keyNorm;
    int heads = 0;
    bool tanhGelu = true;

    explicit Block(const CogVideoXConfig& config);
    // `time`: [batch, timeChannels]; `rotary`: as rotations(), undefined where positions were added.
    at::Tensor forward(
        at::Tensor tokens, const at::Tensor& time, const at::Tensor& rotary, std::int64_t textTokens) const;
    void visit(const std::string& prefix, const ParameterVisitor& visitor);
};

} // namespace reelmend::models::cogvideox
