#include "core/models/lite_forward.h"

#include <ATen/ATen.h>

#include "core/models/lite_parts.h"

namespace reelmend::models::lite {

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
    at::Tensor x = descend(weights, stem(weights, pixels), result.skips, frames, in, result.cache);
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
        at::Tensor map = x.permute({0, 2, 3, 1});
        const at::Tensor qkv = projected(block, map);
        map = map + attention(block, qkv, config.heads, i % 2 == 1, in.next());
        if (config.temporal) {
            const std::int64_t channels = config.latentChannels;
            result.cache.slots.push_back(qkv.narrow(3, channels, 2 * channels).contiguous());
        }
        map = map + mlp(block, map);
        x = map.permute({0, 3, 1, 2});
    }
    const at::Tensor map = normalise(weights.velocityNorm, x.permute({0, 2, 3, 1}));
    result.velocity = linear(weights.velocity, map).permute({0, 3, 1, 2});
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
    x = ascend(weights, x, skips, frames, in, result.cache);
    result.pixels = head(weights, x, config.skips ? skips.front() : at::Tensor());
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

namespace {

// Features [batch * frames, c, h, w] of a whole clip as groups of four frames, the first frame four times.
at::Tensor groupsOf(const at::Tensor& x, std::int64_t frames)
{
    const auto s = x.sizes();
    const at::Tensor byFrame = x.view({s[0] / frames, frames, s[1], s[2], s[3]});
    const at::Tensor first = byFrame.narrow(1, 0, 1).expand({s[0] / frames, kLiteGroupFrames - 1, s[1], s[2], s[3]});
    return at::cat({first, byFrame}, 1)
        .reshape({s[0] / frames * (frames + kLiteGroupFrames - 1), s[1], s[2], s[3]})
        .contiguous(kLast);
}

// velocity() of all groups of every clip at once; latent: [batch * groups, c, h, w].
at::Tensor clipVelocity(const LiteWeights& weights, const at::Tensor& latent, std::int64_t groups)
{
    const LiteConfig& config = weights.config;
    if (config.transformerBlocks == 0) {
        return at::zeros_like(latent);
    }
    at::Tensor x = latent.contiguous(kLast);
    const std::int64_t batch = latent.size(0) / groups, height = latent.size(2), width = latent.size(3);
    for (std::int64_t i = 0; i < config.transformerBlocks; ++i) {
        const LiteTransformerBlock& block = weights.transformer[i];
        x = residual(block.block, x, x);
        at::Tensor map = x.permute({0, 2, 3, 1});
        const std::int64_t channels = config.latentChannels;
        const at::Tensor byGroup = projected(block, map).view({batch, groups, height, width, 3 * channels});
        const auto slice = [&](std::int64_t first, std::int64_t count) {
            return byGroup.narrow(1, first, count).reshape({batch * count, height, width, 3 * channels});
        };
        const auto attend = [&](std::int64_t first, std::int64_t count, const at::Tensor& past) {
            // FiLM rows belong to clips: proj has none, so any split of the groups will do.
            return attention(block, slice(first, count), config.heads, i % 2 == 1, past)
                .view({batch, count, height, width, channels});
        };
        at::Tensor mixed;
        if (groups == 1 || !config.temporal) {
            mixed = attend(0, groups, {});
        } else {
            const at::Tensor past = slice(0, groups - 1).narrow(3, channels, 2 * channels);
            mixed = at::cat({attend(0, 1, {}), attend(1, groups - 1, past)}, 1);
        }
        map = map + mixed.reshape({batch * groups, height, width, channels});
        map = map + mlp(block, map);
        x = map.permute({0, 3, 1, 2});
    }
    const at::Tensor map = normalise(weights.velocityNorm, x.permute({0, 2, 3, 1}));
    return linear(weights.velocity, map).permute({0, 3, 1, 2});
}

} // namespace

at::Tensor clip(const LiteWeights& weights, const at::Tensor& pixels, std::int64_t frames)
{
    TORCH_CHECK(weights.isFolded, "fold the weights before a run");
    TORCH_CHECK(frames % kLiteGroupFrames == 1, "a clip has one frame and then groups of four, not ", frames);
    const LiteConfig& config = weights.config;
    const std::int64_t batch = pixels.size(0) / frames, groups = (frames - 1) / kLiteGroupFrames + 1;
    CausalCache none, unused;
    Slots in(none);
    std::vector<at::Tensor> skips;
    if (config.skips) {
        skips.push_back(pixels.narrow(1, 0, 3));
    }
    const at::Tensor features = descend(weights, stem(weights, pixels), skips, frames, in, unused);
    const at::Tensor latent =
        conv(weights.toLatent, framesIntoChannels(groupsOf(features, frames), kLiteGroupFrames));
    const at::Tensor clean = latent - clipVelocity(weights, latent, groups);
    const at::Tensor four = channelsIntoFrames(conv(weights.fromLatent, clean), kLiteGroupFrames);
    // Of the first group's four slots the last is its frame; the others follow.
    const auto s = four.sizes();
    const at::Tensor kept = four.view({batch, groups * kLiteGroupFrames, s[1], s[2], s[3]})
                                .narrow(1, kLiteGroupFrames - 1, frames)
                                .reshape({batch * frames, s[1], s[2], s[3]})
                                .contiguous(kLast);
    const at::Tensor top = ascend(weights, kept, skips, frames, in, unused);
    return head(weights, top, config.skips ? skips.front() : at::Tensor());
}

} // namespace reelmend::models::lite
