#include "core/models/lite.h"

#include <ATen/ATen.h>

#include "core/base/error.h"

namespace reelmend::models {

namespace {

CodecTraits traitsOf(const LiteConfig& config, bool encoder)
{
    CodecTraits t;
    t.family = "lite";
    t.latentChannels = static_cast<int>(config.latentChannels);
    t.frameChannels = encoder ? static_cast<int>(kLiteInputChannels) : 3;
    t.spatialStride = t.sizeMultiple = static_cast<int>(config.cell());
    t.framesPerGroup = kLiteGroupFrames;
    t.reach = static_cast<int>(encoder ? config.encoderReach() : config.decoderReach());
    t.skipLevels = config.skips ? static_cast<int>(config.levels()) + 1 : 0;
    t.posterior = false;
    return t;
}

std::vector<GroupSpan> spans(std::int64_t latents)
{
    std::vector<GroupSpan> result;
    for (std::int64_t i = 0; i < latents; ++i) {
        const std::int64_t first = i == 0 ? 0 : 1 + (i - 1) * kLiteGroupFrames;
        result.push_back({{i, i + 1}, {first, first + (i == 0 ? 1 : kLiteGroupFrames)}});
    }
    return result;
}

// [batch, channels, time, h, w] <-> [batch * time, channels, h, w], channels_last
at::Tensor foldTime(const at::Tensor& x)
{
    return x.transpose(1, 2)
        .reshape({x.size(0) * x.size(2), x.size(1), x.size(3), x.size(4)})
        .contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor unfoldTime(const at::Tensor& x, std::int64_t batch)
{
    return x.reshape({batch, x.size(0) / batch, x.size(1), x.size(2), x.size(3)}).transpose(1, 2);
}

void requireMultiple(const at::Tensor& x, std::int64_t multiple, const char* what)
{
    if (x.dim() != 5 || x.size(3) % multiple != 0 || x.size(4) % multiple != 0) {
        throw base::Error(base::ErrorKind::kUsage, std::string("The lite network cannot take these ") + what + ".",
            "Their height and width must be multiples of " + std::to_string(multiple) + ".",
            "Pad them by repeating the border, and crop the result.");
    }
}

// Radius of a chain of residual blocks, in cells, rounded up: two 3x3 convolutions each.
int haloOf(const LiteConfig& config, const std::vector<std::int64_t>& blocks)
{
    double cells = 0;
    for (std::int64_t level = 0; level < config.levels(); ++level) {
        const double pixels =
            2.0 * static_cast<double>(blocks[level]) + (level == 0 ? 1 : 0); // stem or last convolution
        cells += pixels / static_cast<double>(std::int64_t{1} << (config.levels() - 1 - level));
    }
    return static_cast<int>(cells + 0.999);
}

std::vector<CacheSlot> slotsOf(const LiteConfig& config, const std::vector<std::int64_t>& blocks, bool encoder)
{
    std::vector<CacheSlot> slots;
    for (std::int64_t i = 0; i < config.levels(); ++i) {
        const std::int64_t level = encoder ? i : config.levels() - 1 - i;
        for (std::int64_t b = 0; config.shiftedChannels(level) > 0 && b < blocks[level]; ++b) {
            CacheSlot slot;
            slot.module = (encoder ? "encoder.level." : "decoder.level.") + std::to_string(level) + ".block." +
                          std::to_string(b) + ".conv1";
            slot.channels = static_cast<int>(config.shiftedChannels(level));
            slot.frames = 1;
            slot.cellScale = 1 << (config.levels() - 1 - level);
            slots.push_back(slot);
        }
    }
    return slots;
}

} // namespace

LiteEncoder::LiteEncoder(LiteWeightsPointer folded)
    : weights_(std::move(folded))
    , traits_(traitsOf(weights_->config, true))
{}

std::vector<CacheSlot> LiteEncoder::cacheSlots() const
{
    return slotsOf(weights_->config, weights_->config.encoderBlocks, true);
}

std::vector<GroupSpan> LiteEncoder::groups(std::int64_t frames) const
{
    if (frames < 1 || (frames - 1) % kLiteGroupFrames != 0) {
        throw base::Error(base::ErrorKind::kUsage,
            "A shot of " + std::to_string(frames) + " frames cannot be encoded as it is.",
            "The first frame stands alone and the others go in groups of four.",
            "Use 1, 5, 9, … frames: repeat the last one and drop what it makes.");
    }
    return spans(1 + (frames - 1) / kLiteGroupFrames);
}

EncodeStep LiteEncoder::encode(const at::Tensor& frames, EncoderCache cache) const
{
    requireMultiple(frames, traits_.sizeMultiple, "frames");
    const std::int64_t batch = frames.size(0);
    std::vector<at::Tensor> latents;
    std::vector<std::vector<at::Tensor>> skips(static_cast<std::size_t>(traits_.skipLevels));
    for (std::int64_t first = 0; first < frames.size(2);) {
        const std::int64_t count = cache.atStart ? 1 : kLiteGroupFrames;
        TORCH_CHECK(first + count <= frames.size(2), "the frames do not make whole groups");
        auto step = lite::encode(*weights_, foldTime(frames.narrow(2, first, count)), count, cache);
        latents.push_back(step.latent.unsqueeze(2));
        for (std::size_t i = 0; i < skips.size(); ++i) {
            skips[i].push_back(unfoldTime(step.skips[i], batch));
        }
        cache = std::move(step.cache);
        first += count;
    }
    EncodeStep result{at::cat(latents, 2), {}, std::move(cache)};
    for (const auto& level : skips) {
        result.skips.push_back(level.size() == 1 ? level.front() : at::cat(level, 2));
    }
    return result;
}

CausalEncoder::LocalStep LiteEncoder::encodeLocal(const at::Tensor& frames, EncoderCache cache) const
{
    EncodeStep step = encode(frames, std::move(cache));
    return {std::move(step.latents), std::move(step.skips), std::move(step.cache)};
}

EncodeStep LiteEncoder::encodeGlobal(const LocalStep& local, EncoderCache) const
{
    CausalCache untouched = midShotCache();
    untouched.slots.resize(cacheSlots().size());
    return {local.features, local.skips, std::move(untouched)};
}

int LiteEncoder::localHalo() const
{
    return haloOf(weights_->config, weights_->config.encoderBlocks);
}

void LiteEncoder::visit(const ParameterVisitor& visitor)
{
    weights_->visitEncoder(visitor);
}

LiteDecoder::LiteDecoder(LiteWeightsPointer folded)
    : weights_(std::move(folded))
    , traits_(traitsOf(weights_->config, false))
{}

std::vector<CacheSlot> LiteDecoder::cacheSlots() const
{
    return slotsOf(weights_->config, weights_->config.decoderBlocks, false);
}

std::vector<GroupSpan> LiteDecoder::groups(std::int64_t latentFrames) const
{
    if (latentFrames < 1) {
        throw base::Error(base::ErrorKind::kUsage, "There is no latent to decode.", {}, {});
    }
    return spans(latentFrames);
}

DecodeStep LiteDecoder::decode(const at::Tensor& latents, const Skips& skips, DecoderCache cache) const
{
    TORCH_CHECK(latents.dim() == 5 && latents.size(1) == traits_.latentChannels, "latents of lite are [batch, ",
        traits_.latentChannels, ", time, height, width]");
    TORCH_CHECK(static_cast<int>(skips.size()) == traits_.skipLevels, "lite needs ", traits_.skipLevels,
        " skips, not ", skips.size());
    const std::int64_t batch = latents.size(0);
    std::vector<at::Tensor> frames;
    std::int64_t first = 0;
    for (std::int64_t i = 0; i < latents.size(2); ++i) {
        const std::int64_t count = cache.atStart ? 1 : kLiteGroupFrames;
        std::vector<at::Tensor> own;
        for (const at::Tensor& skip : skips) {
            own.push_back(foldTime(skip.narrow(2, first, count)));
        }
        auto step = lite::decode(*weights_, latents.select(2, i), own, count, cache);
        frames.push_back(unfoldTime(step.pixels, batch));
        cache = std::move(step.cache);
        first += count;
    }
    return {frames.size() == 1 ? frames.front() : at::cat(frames, 2), std::move(cache)};
}

CausalDecoder::GlobalStep LiteDecoder::decodeGlobal(const at::Tensor& latents, DecoderCache) const
{
    CausalCache untouched = midShotCache();
    untouched.slots.resize(cacheSlots().size());
    return {latents, std::move(untouched)};
}

DecodeStep LiteDecoder::decodeLocal(const at::Tensor& features, const Skips& skips, DecoderCache cache) const
{
    return decode(features, skips, std::move(cache));
}

int LiteDecoder::localHalo() const
{
    return haloOf(weights_->config, weights_->config.decoderBlocks);
}

void LiteDecoder::visit(const ParameterVisitor& visitor)
{
    weights_->visitDecoder(visitor);
}

LiteDenoiser::LiteDenoiser(LiteWeightsPointer folded)
    : weights_(std::move(folded))
{
    traits_.family = "lite";
    traits_.latentChannels = traits_.inputChannels = static_cast<int>(weights_->config.latentChannels);
    traits_.prediction = Prediction::kResidual;
    traits_.fixedTimestep = 200; // ChopGrad's; the network knows no other and takes none
    traits_.reach = static_cast<int>(weights_->config.transformerReach());
    traits_.cellMultiple = kLiteWindow;
    traits_.taskCount = static_cast<int>(weights_->config.conditions);
}

DenoiseStep LiteDenoiser::predict(const at::Tensor& latents, const Conditioning&, CausalCache cache) const
{
    TORCH_CHECK(latents.dim() == 5 && latents.size(1) == traits_.latentChannels, "latents of lite are [batch, ",
        traits_.latentChannels, ", time, height, width]");
    std::vector<at::Tensor> velocities;
    for (std::int64_t i = 0; i < latents.size(2); ++i) {
        auto step = lite::velocity(*weights_, latents.select(2, i), cache);
        velocities.push_back(step.velocity.unsqueeze(2));
        cache = std::move(step.cache);
    }
    return {at::cat(velocities, 2), std::move(cache)};
}

void LiteDenoiser::visit(const ParameterVisitor& visitor)
{
    weights_->visitTransformer(visitor);
}

plan::DenoiserFootprint LiteDenoiser::footprint() const
{
    return *liteFootprint(weights_->config).denoiser;
}

} // namespace reelmend::models
