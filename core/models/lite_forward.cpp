#include "core/models/lite_forward.h"

#include <ATen/ATen.h>

#include <cmath>

namespace reelmend::models::lite {

namespace {

constexpr auto kLast = at::MemoryFormat::ChannelsLast;

at::Tensor conv(const LiteLayer& layer, const at::Tensor& x, std::int64_t padding = 0, std::int64_t stride = 1)
{
    return at::conv2d(x, layer.weight, layer.bias, stride, padding);
}

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

// The block's first `shifted` channels come from the frame before: from the cache for the group's first frame, from
// that frame itself where nothing came before.
at::Tensor shiftedInTime(const at::Tensor& x, std::int64_t frames, std::int64_t shifted, Slots& in, CausalCache& out)
{
    const auto sizes = x.sizes();
    const std::int64_t batch = sizes[0] / frames;
    const at::Tensor byFrame = x.view({batch, frames, sizes[1], sizes[2], sizes[3]});
    const at::Tensor head = byFrame.narrow(2, 0, shifted);
    at::Tensor before = in.next();
    if (!before.defined()) {
        before = head.select(1, 0);
    }
    const at::Tensor past =
        frames == 1 ? before.unsqueeze(1) : at::cat({before.unsqueeze(1), head.narrow(1, 0, frames - 1)}, 1);
    out.slots.push_back(head.select(1, frames - 1).clone(kLast)); // a view would keep the whole layer alive
    const at::Tensor flat = past.reshape({sizes[0], shifted, sizes[2], sizes[3]}).contiguous(kLast);
    return at::cat({flat, x.narrow(1, shifted, sizes[1] - shifted)}, 1);
}

at::Tensor residual(const LiteBlock& block, const at::Tensor& x, const at::Tensor& branchInput)
{
    at::Tensor y = conv(block.conv1, branchInput, 1);
    y = conv(block.conv2, y.relu_(), 1); // in place is safe: a convolution does not need its own output later
    return y.add_(x);
}

at::Tensor runBlocks(const std::vector<LiteBlock>& blocks, at::Tensor x, std::int64_t frames, std::int64_t shifted,
    Slots& in, CausalCache& out)
{
    for (const LiteBlock& block : blocks) {
        x = residual(block, x, shifted > 0 ? shiftedInTime(x, frames, shifted, in, out) : x);
    }
    return x;
}

// [batch * frames, c, h, w] <-> [batch, frames * c, h, w], channels of one frame together.
at::Tensor framesIntoChannels(const at::Tensor& x, std::int64_t frames)
{
    const auto s = x.sizes();
    return x.view({s[0] / frames, frames, s[1], s[2], s[3]})
        .permute({0, 3, 4, 1, 2})
        .reshape({s[0] / frames, s[2], s[3], frames * s[1]})
        .permute({0, 3, 1, 2});
}

at::Tensor channelsIntoFrames(const at::Tensor& x, std::int64_t frames)
{
    const auto s = x.sizes();
    const std::int64_t channels = s[1] / frames;
    return x.permute({0, 2, 3, 1})
        .view({s[0], s[2], s[3], frames, channels})
        .permute({0, 3, 1, 2, 4})
        .reshape({s[0] * frames, s[2], s[3], channels})
        .permute({0, 3, 1, 2});
}

// Rows (or columns) of a picture extended to whole windows by repeating the border: index of the source row.
at::Tensor windowIndex(std::int64_t size, std::int64_t before, const at::Tensor& like)
{
    const std::int64_t padded = (before + size + kLiteWindow - 1) / kLiteWindow * kLiteWindow;
    return at::clamp(at::arange(padded, like.options().dtype(at::kLong)) - before, 0, size - 1);
}

// One latent as windows of tokens, and back.
struct Windows {
    std::int64_t batch, height, width, before, rows, columns;
    at::Tensor rowIndex, columnIndex;

    Windows(const at::Tensor& map, bool shifted) // [batch, h, w, c]
        : batch(map.size(0))
        , height(map.size(1))
        , width(map.size(2))
        , before(shifted ? kLiteWindow / 2 : 0)
        , rowIndex(windowIndex(height, before, map))
        , columnIndex(windowIndex(width, before, map))
    {
        rows = rowIndex.size(0) / kLiteWindow;
        columns = columnIndex.size(0) / kLiteWindow;
    }

    bool isWhole() const { return before == 0 && rows * kLiteWindow == height && columns * kLiteWindow == width; }

    // -> [batch * windows, heads, window^2, channels / heads]
    at::Tensor tokens(at::Tensor map, std::int64_t heads) const
    {
        if (!isWhole()) {
            map = map.index_select(1, rowIndex).index_select(2, columnIndex);
        }
        const std::int64_t size = map.size(3) / heads;
        return map.reshape({batch, rows, kLiteWindow, columns, kLiteWindow, heads, size})
            .permute({0, 1, 3, 5, 2, 4, 6})
            .reshape({batch * rows * columns, heads, kLiteWindow * kLiteWindow, size});
    }

    at::Tensor map(const at::Tensor& tokens) const // -> [batch, h, w, channels]
    {
        const std::int64_t heads = tokens.size(1), size = tokens.size(3);
        at::Tensor whole = tokens.view({batch, rows, columns, heads, kLiteWindow, kLiteWindow, size})
                               .permute({0, 1, 4, 2, 5, 3, 6})
                               .reshape({batch, rows * kLiteWindow, columns * kLiteWindow, heads * size});
        return whole.narrow(1, before, height).narrow(2, before, width);
    }
};

// Bias by relative place for every pair of cells of a window: [2, heads, 64, 64] from [2, heads, 225].
at::Tensor positionBias(const at::Tensor& positions)
{
    const std::int64_t n = kLiteWindow;
    const at::Tensor place = at::arange(n * n, positions.options().dtype(at::kLong));
    const at::Tensor row = place.div(n, "floor"), column = place.remainder(n);
    const at::Tensor dy = row.unsqueeze(1) - row.unsqueeze(0) + (n - 1);
    const at::Tensor dx = column.unsqueeze(1) - column.unsqueeze(0) + (n - 1);
    return positions.index_select(2, (dy * (2 * n - 1) + dx).reshape({-1}))
        .view({2, positions.size(1), n * n, n * n});
}

at::Tensor normalise(const LiteNorm& norm, const at::Tensor& map)
{
    return at::layer_norm(map, {map.size(3)}, norm.weight, norm.bias, 1e-6);
}

// map: [batch, h, w, c]. `past`: keys and values of the previous group, [batch, h, w, 2c], or undefined.
at::Tensor attention(const LiteTransformerBlock& block, const at::Tensor& map, std::int64_t heads, bool shifted,
    const at::Tensor& past, at::Tensor& keysAndValues)
{
    const std::int64_t channels = map.size(3);
    const at::Tensor qkv = at::linear(normalise(block.norm1, map), block.qkv.weight, block.qkv.bias);
    const Windows windows(map, shifted);
    const at::Tensor bias = positionBias(block.positions);
    const at::Tensor q =
        windows.tokens(qkv.narrow(3, 0, channels), heads) * (1.0 / std::sqrt(static_cast<double>(channels / heads)));
    at::Tensor k = windows.tokens(qkv.narrow(3, channels, channels), heads);
    at::Tensor v = windows.tokens(qkv.narrow(3, 2 * channels, channels), heads);
    at::Tensor place = bias[1];
    if (past.defined()) {
        k = at::cat({windows.tokens(past.narrow(3, 0, channels), heads), k}, 2);
        v = at::cat({windows.tokens(past.narrow(3, channels, channels), heads), v}, 2);
        place = at::cat({bias[0], bias[1]}, 2); // [heads, 64, 128]
    }
    keysAndValues = qkv.narrow(3, channels, 2 * channels).contiguous();
    const at::Tensor scores = at::matmul(q, k.transpose(2, 3)) + place;
    const at::Tensor mixed = windows.map(at::matmul(scores.softmax(-1), v));
    return at::linear(mixed, block.proj.weight, block.proj.bias);
}

} // namespace

Encoded encode(const LiteWeights& weights, const at::Tensor& pixels, std::int64_t frames, const CausalCache& cache)
{
    TORCH_CHECK(weights.isFolded, "fold the weights before a run");
    TORCH_CHECK(frames == 1 || frames == kLiteGroupFrames, "a group has 1 or 4 frames, not ", frames);
    const LiteConfig& config = weights.config;
    Encoded result;
    result.cache.atStart = false;
    Slots in(cache);
    if (config.skips) {
        result.skips.push_back(pixels.narrow(1, 0, 3));
    }
    at::Tensor x = pixels.to(weights.stem.weight.scalar_type());
    x = config.patch == 1 ? x : at::pixel_unshuffle(x, config.patch);
    x = conv(weights.stem, x.contiguous(kLast), 1);
    for (std::int64_t level = 0; level < config.levels(); ++level) {
        if (level > 0) {
            x = conv(weights.down[level - 1], x, 0, 2);
        }
        x = runBlocks(weights.encoderBlocks[level], x, frames, config.shiftedChannels(level), in, result.cache);
        if (config.skips) {
            result.skips.push_back(x);
        }
    }
    x = framesIntoChannels(x, frames);
    if (frames == 1) {
        x = x.repeat({1, kLiteGroupFrames, 1, 1}).contiguous(kLast);
    }
    result.latent = conv(weights.toLatent, x);
    return result;
}

Refined velocity(const LiteWeights& weights, const at::Tensor& latent, const CausalCache& cache)
{
    const LiteConfig& config = weights.config;
    Refined result;
    result.cache.atStart = false;
    if (config.transformerBlocks == 0) {
        result.velocity = at::zeros_like(latent);
        return result;
    }
    Slots in(cache);
    at::Tensor x = latent.contiguous(kLast);
    for (std::int64_t i = 0; i < config.transformerBlocks; ++i) {
        const LiteTransformerBlock& block = weights.transformer[i];
        x = residual(block.block, x, x);
        at::Tensor map = x.permute({0, 2, 3, 1}), keysAndValues;
        map = map + attention(block, map, config.heads, i % 2 == 1, in.next(), keysAndValues);
        if (config.temporal) {
            result.cache.slots.push_back(keysAndValues);
        }
        const at::Tensor hidden = at::linear(normalise(block.norm2, map), block.mlp1.weight, block.mlp1.bias);
        map = map + at::linear(at::gelu(hidden, "tanh"), block.mlp2.weight, block.mlp2.bias);
        x = map.permute({0, 3, 1, 2});
    }
    const at::Tensor map = normalise(weights.velocityNorm, x.permute({0, 2, 3, 1}));
    result.velocity = at::linear(map, weights.velocity.weight, weights.velocity.bias).permute({0, 3, 1, 2});
    return result;
}

Decoded decode(const LiteWeights& weights, const at::Tensor& latent, const std::vector<at::Tensor>& skips,
    std::int64_t frames, const CausalCache& cache)
{
    const LiteConfig& config = weights.config;
    TORCH_CHECK(weights.isFolded, "fold the weights before a run");
    TORCH_CHECK(!config.skips || static_cast<std::int64_t>(skips.size()) == config.levels() + 1,
        "the decoder needs one tensor of encoder features per level, and the input");
    Decoded result;
    result.cache.atStart = false;
    Slots in(cache);
    at::Tensor x = conv(weights.fromLatent, latent.contiguous(kLast));
    if (frames == 1) { // all four slots of a shot's first group hold the same frame; the last is the causal one
        x = x.narrow(1, (kLiteGroupFrames - 1) * config.channels.back(), config.channels.back()).contiguous(kLast);
    } else {
        x = channelsIntoFrames(x, frames);
    }
    for (std::int64_t level = config.levels() - 1; level >= 0; --level) {
        if (level + 1 < config.levels()) {
            x = at::conv_transpose2d(x, weights.up[level].weight, weights.up[level].bias, 2);
        }
        if (config.skips) {
            const at::Tensor& skip = skips[static_cast<std::size_t>(level) + 1];
            x = level > 0 ? conv(weights.merge[level], at::cat({x, skip}, 1)) : x + skip;
        }
        x = runBlocks(weights.decoderBlocks[level], x, frames, config.shiftedChannels(level), in, result.cache);
    }
    x = conv(weights.out, x, 1);
    x = config.patch == 1 ? x : at::pixel_shuffle(x, config.patch);
    // The sum in the input's own precision: bfloat16 alone would round a picture to less than 8 bits.
    result.pixels = config.skips ? x.to(skips.front().scalar_type()) + skips.front() : x;
    return result;
}

at::Tensor pass(const LiteWeights& weights, const at::Tensor& pixels, std::int64_t frames, PassCache& cache)
{
    Encoded encoded = encode(weights, pixels, frames, cache.encoder);
    Refined refined = velocity(weights, encoded.latent, cache.transformer);
    Decoded decoded = decode(weights, encoded.latent - refined.velocity, encoded.skips, frames, cache.decoder);
    cache = {std::move(encoded.cache), std::move(refined.cache), std::move(decoded.cache)};
    return decoded.pixels;
}

} // namespace reelmend::models::lite
