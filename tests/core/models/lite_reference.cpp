#include "tests/core/models/lite_reference.h"

#include <cmath>
#include <vector>

namespace reelmend::test {

namespace {

using models::LiteBlock;
using models::LiteLayer;

at::Tensor conv(const LiteLayer& layer, const at::Tensor& x, std::int64_t padding = 0, std::int64_t stride = 1)
{
    return at::conv2d(x, layer.weight, layer.bias, stride, padding);
}

at::Tensor block(const LiteBlock& b, const at::Tensor& x, std::int64_t shifted)
{
    at::Tensor input = x;
    if (shifted > 0) {
        const at::Tensor head = x.narrow(1, 0, shifted);
        const at::Tensor earlier = at::cat({head.narrow(0, 0, 1), head.narrow(0, 0, x.size(0) - 1)}, 0);
        input = at::cat({earlier, x.narrow(1, shifted, x.size(1) - shifted)}, 1);
    }
    return x + conv(b.conv2, at::relu(conv(b.conv1, input, 1)), 1);
}

constexpr std::int64_t parts = models::kLiteOverview;

// The mean of a map [h, w, c] over one of its parts: rows floor(i h / n) up to ceil((i + 1) h / n), columns likewise.
at::Tensor partMean(const at::Tensor& map, std::int64_t part)
{
    const auto span = [](std::int64_t size, std::int64_t i) {
        const std::int64_t begin = i * size / parts, end = ((i + 1) * size + parts - 1) / parts;
        return std::pair(begin, end - begin);
    };
    const auto [top, height] = span(map.size(0), part / parts);
    const auto [left, width] = span(map.size(1), part % parts);
    return map.narrow(0, top, height).narrow(1, left, width).mean(at::IntArrayRef({0, 1}));
}

// One window's attention for one query cell at a time would be plainest, but slow: here per window and head.
at::Tensor attention(const models::LiteTransformerBlock& b, const at::Tensor& now, const at::Tensor& before,
    std::int64_t heads, bool shiftedWindows)
{
    // now, before: normalised maps [h, w, c]; before may be undefined.
    const std::int64_t h = now.size(0), w = now.size(1), c = now.size(2), n = models::kLiteWindow, size = c / heads;
    const auto project = [&](const at::Tensor& map) { return at::linear(map, b.qkv.weight, b.qkv.bias); };
    const at::Tensor own = project(now), past = before.defined() ? project(before) : at::Tensor();
    at::Tensor result = at::zeros({h, w, c}, now.options());
    const std::int64_t offset = shiftedWindows ? n / 2 : 0;
    const auto clampRow = [&](std::int64_t y) { return std::min(std::max<std::int64_t>(y, 0), h - 1); };
    const auto clampColumn = [&](std::int64_t x) { return std::min(std::max<std::int64_t>(x, 0), w - 1); };
    for (std::int64_t top = -offset; top < h; top += n) {
        for (std::int64_t left = -offset; left < w; left += n) {
            for (std::int64_t head = 0; head < heads; ++head) {
                for (std::int64_t q = 0; q < n * n; ++q) {
                    const std::int64_t qy = top + q / n, qx = left + q % n;
                    if (qy < 0 || qx < 0 || qy >= h || qx >= w) {
                        continue; // only there to fill the window
                    }
                    const at::Tensor query = own[qy][qx].narrow(0, head * size, size);
                    std::vector<at::Tensor> scores, values;
                    for (int group = past.defined() ? 0 : 1; group < 2; ++group) {
                        const at::Tensor& source = group == 0 ? past : own;
                        for (std::int64_t k = 0; k < n * n; ++k) {
                            const at::Tensor cell = source[clampRow(top + k / n)][clampColumn(left + k % n)];
                            const std::int64_t dy = q / n - k / n + n - 1, dx = q % n - k % n + n - 1;
                            scores.push_back((query * cell.narrow(0, c + head * size, size)).sum() /
                                                 std::sqrt(static_cast<double>(size)) +
                                             b.positions[group][head][dy * (2 * n - 1) + dx]);
                            values.push_back(cell.narrow(0, 2 * c + head * size, size));
                        }
                    }
                    for (std::int64_t part = 0; b.overview.defined() && part < parts * parts; ++part) {
                        const at::Tensor cell = partMean(own, part);
                        scores.push_back((query * cell.narrow(0, c + head * size, size)).sum() /
                                             std::sqrt(static_cast<double>(size)) +
                                         b.overview[head]);
                        values.push_back(cell.narrow(0, 2 * c + head * size, size));
                    }
                    result[qy][qx].narrow(0, head * size, size) =
                        at::matmul(at::stack(scores).softmax(0), at::stack(values));
                }
            }
        }
    }
    return at::linear(result, b.proj.weight, b.proj.bias);
}

at::Tensor norm(const models::LiteNorm& n, const at::Tensor& map)
{
    return at::layer_norm(map, {map.size(-1)}, n.weight, n.bias, 1e-6);
}

} // namespace

at::Tensor wholeClip(const models::LiteWeights& folded, const at::Tensor& pixels)
{
    const models::LiteConfig& config = folded.config;
    const std::int64_t frames = pixels.size(0), groups = 1 + (frames - 1) / 4;
    std::vector<at::Tensor> skips;
    at::Tensor x = conv(folded.stem, at::pixel_unshuffle(pixels, config.patch), 1);
    for (std::int64_t level = 0; level < config.levels(); ++level) {
        if (level > 0) {
            x = conv(folded.down[level - 1], x, 0, 2);
        }
        for (const LiteBlock& b : folded.encoderBlocks[level]) {
            x = block(b, x, config.shiftedChannels(level));
        }
        skips.push_back(x);
    }
    std::vector<at::Tensor> latents;
    for (std::int64_t g = 0; g < groups; ++g) {
        std::vector<at::Tensor> four;
        for (std::int64_t i = 0; i < 4; ++i) {
            four.push_back(x[g == 0 ? 0 : 1 + 4 * (g - 1) + i]);
        }
        latents.push_back(conv(folded.toLatent, at::cat(four, 0).unsqueeze(0)));
    }
    std::vector<at::Tensor> stream = latents;
    for (std::int64_t i = 0; i < config.transformerBlocks; ++i) {
        const models::LiteTransformerBlock& b = folded.transformer[i];
        at::Tensor before;
        for (at::Tensor& z : stream) {
            z = block(b.block, z, 0);
            at::Tensor map = z[0].permute({1, 2, 0});
            const at::Tensor normed = norm(b.norm1, map);
            map = map + attention(b, normed, config.temporal ? before : at::Tensor(), config.heads, i % 2 == 1);
            before = normed;
            const at::Tensor hidden = at::linear(norm(b.norm2, map), b.mlp1.weight, b.mlp1.bias);
            map = map + at::linear(at::gelu(hidden, "tanh"), b.mlp2.weight, b.mlp2.bias);
            z = map.permute({2, 0, 1}).unsqueeze(0);
        }
    }
    std::vector<at::Tensor> decoded;
    for (std::int64_t g = 0; g < groups; ++g) {
        at::Tensor clean = latents[g];
        if (config.transformerBlocks > 0) {
            const at::Tensor map = norm(folded.velocityNorm, stream[g][0].permute({1, 2, 0}));
            const at::Tensor v = at::linear(map, folded.velocity.weight, folded.velocity.bias);
            clean = clean - v.permute({2, 0, 1}).unsqueeze(0);
        }
        const at::Tensor four = conv(folded.fromLatent, clean)[0];
        const std::int64_t channels = config.channels.back();
        for (std::int64_t i = g == 0 ? 3 : 0; i < 4; ++i) {
            decoded.push_back(four.narrow(0, i * channels, channels));
        }
    }
    x = at::stack(decoded);
    for (std::int64_t level = config.levels() - 1; level >= 0; --level) {
        if (level + 1 < config.levels()) {
            x = at::conv_transpose2d(x, folded.up[level].weight, folded.up[level].bias, 2);
        }
        if (config.skips) {
            x = level > 0 ? conv(folded.merge[level], at::cat({x, skips[level]}, 1)) : x + skips[level];
        }
        for (const LiteBlock& b : folded.decoderBlocks[level]) {
            x = block(b, x, config.shiftedChannels(level));
        }
    }
    x = at::pixel_shuffle(conv(folded.out, x, 1), config.patch);
    return config.skips ? x + pixels.narrow(1, 0, 3) : x;
}

} // namespace reelmend::test
