#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/models/causal_codec.h"
#include "core/models/lite_weights.h"

// What the network is put together from; for lite_forward.cpp and lite_clip.cpp alone.
namespace reelmend::models::lite {

inline constexpr auto kLast = at::MemoryFormat::ChannelsLast;

// Reads the slots of a cache in the order in which the blocks were run when it was written.
class Slots {
public:
    explicit Slots(const CausalCache& cache)
        : cache_(cache)
    {}

    at::Tensor next() { return next_ < cache_.slots.size() ? cache_.slots[next_++] : at::Tensor(); }

private:
    const CausalCache& cache_;
    std::size_t next_ = 0;
};

// A convolution, and what the samples' own conditions do to its output; see perSample().
at::Tensor conv(const LiteLayer& layer, const at::Tensor& x, std::int64_t padding = 0, std::int64_t stride = 1);
// The same for a linear layer over a map [batch, h, w, c].
at::Tensor linear(const LiteLayer& layer, const at::Tensor& map);
at::Tensor normalise(const LiteNorm& norm, const at::Tensor& map);

at::Tensor residual(const LiteBlock& block, const at::Tensor& x, const at::Tensor& branchInput);
// `frames` of every clip are folded into x's batch; the first `shifted` channels of a block's input come from the
// frame before.
at::Tensor runBlocks(const std::vector<LiteBlock>& blocks, at::Tensor x, std::int64_t frames, std::int64_t shifted,
    Slots& in, CausalCache& out);

// Pixels [n, 5, height, width] to the features of level 0.
at::Tensor stem(const LiteWeights& weights, const at::Tensor& pixels);
// Features of level 0 to RGB; `input` is what the correction is added to, undefined without skips.
at::Tensor head(const LiteWeights& weights, const at::Tensor& features, const at::Tensor& input);
// The decoder's way from the latent's features to those of level 0.
at::Tensor ascend(const LiteWeights& weights, at::Tensor x, const std::vector<at::Tensor>& skips, std::int64_t frames,
    Slots& in, CausalCache& out);
// The encoder's way from the features of level 0 to those of the last level; every level's are added to `skips`.
at::Tensor descend(const LiteWeights& weights, at::Tensor x, std::vector<at::Tensor>& skips, std::int64_t frames,
    Slots& in, CausalCache& out);

// [batch * frames, c, h, w] <-> [batch, frames * c, h, w], channels of one frame together.
at::Tensor framesIntoChannels(const at::Tensor& x, std::int64_t frames);
at::Tensor channelsIntoFrames(const at::Tensor& x, std::int64_t frames);

// Queries, keys and values of a map, [batch, h, w, 3c].
at::Tensor projected(const LiteTransformerBlock& block, const at::Tensor& map);
// Attention in windows of kLiteWindow cells; `shifted` by half a window. qkv: projected(). `past`: keys and values of
// the previous group, [batch, h, w, 2c], or undefined. Returns [batch, h, w, c].
at::Tensor attention(const LiteTransformerBlock& block, const at::Tensor& qkv, std::int64_t heads, bool shifted,
    const at::Tensor& past);
// What follows the attention in a block.
at::Tensor mlp(const LiteTransformerBlock& block, const at::Tensor& map);

} // namespace reelmend::models::lite
