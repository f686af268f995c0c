#include "core/models/lite_parts.h"

#include <ATen/ATen.h>

#include <cmath>

#include "core/tensor/time_shift.h"

namespace reelmend::models::lite {

namespace {

// What the samples' own conditions do to a layer's output [batch * frames, c, h, w]; see perSample().
at::Tensor conditioned(const LiteLayer& layer, const at::Tensor& y)
{
    if (!layer.film.defined()) {
        return y;
    }
    const std::int64_t samples = layer.film.size(0), frames = y.size(0) / samples, channels = y.size(1);
    const at::Tensor film =
        layer.film.unsqueeze(1).expand({samples, frames, 2, channels}).reshape({samples * frames, 2, channels, 1, 1});
    return at::addcmul(y + film.select(1, 1), y, film.select(1, 0));
}

// The block's first `shifted` channels come from the frame before: from the cache for the group's first frame, from
// that frame itself where nothing came before.
at::Tensor shiftedInTime(const at::Tensor& x, std::int64_t frames, std::int64_t shifted, Slots& in, CausalCache& out)
{
    const auto sizes = x.sizes();
    const at::Tensor byFrame = x.view({sizes[0] / frames, frames, sizes[1], sizes[2], sizes[3]});
    const at::Tensor head = byFrame.narrow(2, 0, shifted);
    at::Tensor before = in.next();
    if (!before.defined()) {
        before = head.select(1, 0);
    }
    out.slots.push_back(head.select(1, frames - 1).clone(kLast)); // a view would keep the whole layer alive
    return tensor::shiftedInTime(x, before, frames);
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

    // [batch, tokens, c] seen by every window -> [batch * windows, heads, tokens, c / heads]
    at::Tensor shared(const at::Tensor& all, std::int64_t heads) const
    {
        const std::int64_t count = all.size(1), size = all.size(2) / heads;
        return all.view({batch, 1, count, heads, size})
            .expand({batch, rows * columns, count, heads, size})
            .permute({0, 1, 3, 2, 4})
            .reshape({batch * rows * columns, heads, count, size});
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

// Averages of a map [batch, h, w, c] over kLiteOverview x kLiteOverview parts: [batch, parts, c].
at::Tensor overviewOf(const at::Tensor& map)
{
    const at::Tensor parts = at::adaptive_avg_pool2d(map.permute({0, 3, 1, 2}), {kLiteOverview, kLiteOverview});
    return parts.permute({0, 2, 3, 1}).reshape({map.size(0), kLiteOverview * kLiteOverview, map.size(3)});
}

} // namespace

at::Tensor conv(const LiteLayer& layer, const at::Tensor& x, std::int64_t padding, std::int64_t stride)
{
    return conditioned(layer, at::conv2d(x, layer.weight, layer.bias, stride, padding));
}

at::Tensor linear(const LiteLayer& layer, const at::Tensor& map)
{
    const at::Tensor y = at::linear(map, layer.weight, layer.bias);
    return layer.film.defined() ? conditioned(layer, y.permute({0, 3, 1, 2})).permute({0, 2, 3, 1}) : y;
}

at::Tensor normalise(const LiteNorm& norm, const at::Tensor& map)
{
    return at::layer_norm(map, {map.size(3)}, norm.weight, norm.bias, 1e-6);
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

at::Tensor stem(const LiteWeights& weights, const at::Tensor& pixels)
{
    at::Tensor x = pixels.to(weights.stem.weight.scalar_type());
    x = weights.config.patch == 1 ? x : at::pixel_unshuffle(x, weights.config.patch);
    return conv(weights.stem, x.contiguous(kLast), 1);
}

at::Tensor head(const LiteWeights& weights, const at::Tensor& features, const at::Tensor& input)
{
    at::Tensor x = conv(weights.out, features, 1);
    x = weights.config.patch == 1 ? x : at::pixel_shuffle(x, weights.config.patch);
    // The sum in the input's own precision: bfloat16 alone would round a picture to less than 8 bits.
    return input.defined()                    ? x.to(input.scalar_type()) + input
           : x.scalar_type() == at::kBFloat16 ? x.to(at::kFloat)
                                              : x;
}

at::Tensor descend(const LiteWeights& weights, at::Tensor x, std::vector<at::Tensor>& skips, std::int64_t frames,
    Slots& in, CausalCache& out)
{
    const LiteConfig& config = weights.config;
    for (std::int64_t level = 0; level < config.levels(); ++level) {
        if (level > 0) {
            x = conv(weights.down[level - 1], x, 0, 2);
        }
        x = runBlocks(weights.encoderBlocks[level], x, frames, config.shiftedChannels(level), in, out);
        if (config.skips) {
            skips.push_back(x);
        }
    }
    return x;
}

at::Tensor ascend(const LiteWeights& weights, at::Tensor x, const std::vector<at::Tensor>& skips, std::int64_t frames,
    Slots& in, CausalCache& out)
{
    const LiteConfig& config = weights.config;
    for (std::int64_t level = config.levels() - 1; level >= 0; --level) {
        if (level + 1 < config.levels()) {
            x = at::conv_transpose2d(x, weights.up[level].weight, weights.up[level].bias, 2);
        }
        if (config.skips) {
            const at::Tensor& skip = skips[static_cast<std::size_t>(level) + 1];
            x = level > 0 ? conv(weights.merge[level], at::cat({x, skip}, 1)) : x + skip;
        }
        x = runBlocks(weights.decoderBlocks[level], x, frames, config.shiftedChannels(level), in, out);
    }
    return x;
}

at::Tensor projected(const LiteTransformerBlock& block, const at::Tensor& map)
{
    return linear(block.qkv, normalise(block.norm1, map));
}

at::Tensor attention(const LiteTransformerBlock& block, const at::Tensor& qkv, std::int64_t heads, bool shifted,
    const at::Tensor& past)
{
    const std::int64_t channels = qkv.size(3) / 3;
    const Windows windows(qkv, shifted);
    const at::Tensor bias = positionBias(block.positions);
    const at::Tensor q =
        windows.tokens(qkv.narrow(3, 0, channels), heads) * (1.0 / std::sqrt(static_cast<double>(channels / heads)));
    std::vector<at::Tensor> keys, values, places;
    if (past.defined()) {
        keys.push_back(windows.tokens(past.narrow(3, 0, channels), heads));
        values.push_back(windows.tokens(past.narrow(3, channels, channels), heads));
        places.push_back(bias[0]);
    }
    keys.push_back(windows.tokens(qkv.narrow(3, channels, channels), heads));
    values.push_back(windows.tokens(qkv.narrow(3, 2 * channels, channels), heads));
    places.push_back(bias[1]); // [heads, cells, cells]
    if (block.overview.defined()) {
        const at::Tensor whole = overviewOf(qkv.narrow(3, channels, 2 * channels)); // [batch, parts, 2c]
        keys.push_back(windows.shared(whole.narrow(2, 0, channels), heads));
        values.push_back(windows.shared(whole.narrow(2, channels, channels), heads));
        places.push_back(block.overview.view({heads, 1, 1}).expand({heads, bias.size(2), whole.size(1)}));
    }
    const auto joined = [](const std::vector<at::Tensor>& all) { return all.size() == 1 ? all[0] : at::cat(all, 2); };
    const at::Tensor scores = at::matmul(q, joined(keys).transpose(2, 3)) + joined(places);
    const at::Tensor mixed = windows.map(at::matmul(scores.softmax(-1), joined(values)));
    return linear(block.proj, mixed);
}

at::Tensor mlp(const LiteTransformerBlock& block, const at::Tensor& map)
{
    const at::Tensor hidden = linear(block.mlp1, normalise(block.norm2, map));
    return linear(block.mlp2, at::gelu(hidden, "tanh"));
}

} // namespace reelmend::models::lite
