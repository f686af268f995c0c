#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/models/causal_codec.h"
#include "core/models/lite_weights.h"

// The network as pure functions over folded weights and explicit caches. Frames of one group are folded into the
// batch: [batch * frames, channels, height, width], channels_last; `frames` is 1 (the first group of a shot) or 4.
// Heights and widths are multiples of the config's cell.
namespace reelmend::models::lite {

struct Encoded {
    at::Tensor latent;             // [batch, latentChannels, height / cell, width / cell]
    std::vector<at::Tensor> skips; // RGB of the input, then the features of every level
    CausalCache cache;
};

// pixels: [batch * frames, 5, height, width] (see lite_config.h).
Encoded encode(const LiteWeights& weights, const at::Tensor& pixels, std::int64_t frames, const CausalCache& cache);

struct Refined {
    at::Tensor velocity; // degraded latent - clean latent, [batch, latentChannels, h, w]
    CausalCache cache;
};

// Attention in windows of kLiteWindow cells, over this and the previous group; every second block shifted by half.
Refined velocity(const LiteWeights& weights, const at::Tensor& latent, const CausalCache& cache);

struct Decoded {
    at::Tensor pixels; // RGB, not clamped, [batch * frames, 3, height, width]
    CausalCache cache;
};

Decoded decode(const LiteWeights& weights, const at::Tensor& latent, const std::vector<at::Tensor>& skips,
    std::int64_t frames, const CausalCache& cache);

// The three caches that a whole pass hands on.
struct PassCache {
    CausalCache encoder, transformer, decoder;
};

// Encoder, one transformer step and decoder over one group: degraded pixels in, RGB out.
at::Tensor pass(const LiteWeights& weights, const at::Tensor& pixels, std::int64_t frames, PassCache& cache);

// The same function for all frames of a clip at once, 1 + 4 n of them, from its first: what pass() gives group after
// group, in fewer and larger operations. For training, where the whole graph is kept anyway.
at::Tensor clip(const LiteWeights& weights, const at::Tensor& pixels, std::int64_t frames);

} // namespace reelmend::models::lite
