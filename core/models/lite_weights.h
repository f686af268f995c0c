#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <vector>

#include "core/models/lite_config.h"
#include "core/models/lora.h"
#include "core/models/parameters.h"

namespace reelmend::models {

// One convolution or linear layer. `film`, where there is one, holds what the condition and the dial do to the
// output: [conditions, 2 (constant, times u), 2 (scale, shift), out]; see folded(). After perSample(): [batch, 2,
// out].
struct LiteLayer {
    at::Tensor weight; // [out, in, k, k]; transposed (up): [in, out, 2, 2]; linear: [out, in]
    at::Tensor bias;   // [out]
    at::Tensor film;
};

struct LiteNorm {
    at::Tensor weight, bias; // [channels]
};

// x + conv2(relu(conv1(x))), both 3x3.
struct LiteBlock {
    LiteLayer conv1, conv2;
};

struct LiteTransformerBlock {
    LiteBlock block;
    LiteNorm norm1, norm2;
    LiteLayer qkv, proj, mlp1, mlp2;
    at::Tensor positions; // [2 (earlier group, own group), heads, (2 window - 1)^2]: bias by relative place
    at::Tensor overview;  // [heads]: bias of every part of the overview; only with config.overview
};

// All tensors of the network, and nothing else. Which of them exist follows from the config alone.
struct LiteWeights {
    LiteConfig config;
    LiteLayer stem;
    std::vector<std::vector<LiteBlock>> encoderBlocks; // [level][block]
    std::vector<LiteLayer> down;                       // [level], level -> level + 1
    LiteLayer toLatent;                                // 1x1, four frames' features -> latent
    std::vector<LiteTransformerBlock> transformer;
    LiteNorm velocityNorm;
    LiteLayer velocity; // linear: features -> degraded latent - clean latent
    LiteLayer fromLatent;
    std::vector<LiteLayer> up;    // [level], level + 1 -> level
    std::vector<LiteLayer> merge; // [level], 1x1 over decoder and encoder features; level 0 adds them instead
    std::vector<std::vector<LiteBlock>> decoderBlocks;
    LiteLayer out;
    // What single conditions change of the layers, where that paid in training. Shared between copies and not
    // visited: folded() and perSample() take them up.
    std::map<std::int64_t, Lora> adapters;
    // The dial position u that the middle of the detail control stands for, by condition; 0.5 where none is told.
    // Where fidelity and perception are in balance differs from task to task.
    std::map<std::int64_t, double> balance;

    explicit LiteWeights(LiteConfig sizes = {});

    // Every tensor in a fixed order with its name and shape. Once folded there are no FiLM tables; perSample() leaves
    // their rows for the samples, [samples, 2, out], under the same names.
    void visitEncoder(const ParameterVisitor& visitor);
    void visitTransformer(const ParameterVisitor& visitor);
    void visitDecoder(const ParameterVisitor& visitor);
    void visit(const ParameterVisitor& visitor);

    // The dial position u of a detail control in [0, 1]: 0, the condition's balance and 1, straight lines between
    // them.
    double dial(std::int64_t condition, double detail) const;

    bool isFolded = false; // no tables any more: folded() or perSample() made this
};

// Fresh weights: the network then returns its input unchanged (with skips), which is where every task starts.
void initialise(LiteWeights& weights, std::uint64_t seed);

// The weights as one condition has them, with its adapter, if there is one, taken up, and no adapters any more.
// Differentiable.
LiteWeights adapted(const LiteWeights& weights, std::int64_t condition);

// The plain network for one condition and one dial position, u in [0, 1]: every layer's output
// y (1 + s) + t with (s, t) = film[condition][0] + u film[condition][1] becomes part of its weight and bias.
// Differentiable, so that training runs the very network that a run uses. Computed in the weights' dtype, then cast.
LiteWeights folded(const LiteWeights& weights, std::int64_t condition, double detail, at::ScalarType dtype);

// The network for a batch in which every sample has a condition and a dial position of its own: each table becomes
// its rows for the batch, applied to the layer's output. The same function as folded() up to rounding, slower to run;
// one pass trains many tasks. Differentiable. Conditions with adapters of their own cannot be mixed with others:
// throws base::Error(kUsage).
LiteWeights perSample(const LiteWeights& weights, const std::vector<std::int64_t>& conditions,
    const std::vector<double>& details, at::ScalarType dtype);
// The same from rows that conditionRows() made, on the weights' device, and without adapters.
LiteWeights perSample(const LiteWeights& weights, const at::Tensor& rows, at::ScalarType dtype);

// What picks every sample's rows of the tables and adds the dial's share in one product: float64
// [samples, conditions * 2] on the CPU.
at::Tensor conditionRows(
    const LiteConfig& config, const std::vector<std::int64_t>& conditions, const std::vector<double>& details);

} // namespace reelmend::models
