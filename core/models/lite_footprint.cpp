#include "core/models/lite.h"

#include <algorithm>

namespace reelmend::models {

namespace {

// Elements and operations per latent cell of one group, counted layer by layer. `area` is how many positions of a
// level lie in one cell.
struct Count {
    double flops = 0, saved = 0, work = 0, shiftedCopy = 0;

    // A convolution keeps its input for the weight's gradient; LibTorch keeps it for a frozen weight too.
    void conv(double in, double out, double taps, double positions)
    {
        flops += 2 * in * out * taps * positions;
        saved += in * positions;
        work = std::max(work, (in + out) * positions);
    }
    // x + conv2(relu(conv1(shifted x))): beside the convolutions' inputs, autograd keeps the ReLU's output, which is
    // the second one's input.
    void block(double channels, double shifted, double positions)
    {
        conv(channels, channels, 9, positions);
        conv(channels, channels, 9, positions);
        shiftedCopy = std::max(shiftedCopy, shifted > 0 ? channels * positions : 0);
        work = std::max(work, 3 * channels * positions);
    }
};

double area(const LiteConfig& config, std::int64_t level)
{
    const double side = static_cast<double>(std::int64_t{1} << (config.levels() - 1 - level));
    return side * side;
}

plan::GroupFootprint asGroup(const Count& c, int frames)
{
    plan::GroupFootprint g;
    g.latents = 1;
    g.frames = frames;
    g.flops = c.flops;
    g.savedStock = g.savedTrained = c.saved;
    g.savedLean = c.saved; // the lean operators are not used here: see OperatorSet
    g.workElements = c.work + c.shiftedCopy;
    g.backwardElements = c.work;
    return g;
}

plan::GroupFootprint encoderGroup(const LiteConfig& config, int frames)
{
    Count c;
    const auto f = static_cast<double>(frames);
    const double pixels = static_cast<double>(config.patch * config.patch);
    c.conv(kLiteInputChannels * pixels, static_cast<double>(config.channels[0]), 9, f * area(config, 0));
    for (std::int64_t level = 0; level < config.levels(); ++level) {
        const auto channels = static_cast<double>(config.channels[level]);
        for (std::int64_t b = 0; b < config.encoderBlocks[level]; ++b) {
            c.block(channels, static_cast<double>(config.shiftedChannels(level)), f * area(config, level));
        }
        if (level + 1 < config.levels()) {
            c.conv(channels, static_cast<double>(config.channels[level + 1]), 4, f * area(config, level + 1));
        }
    }
    c.conv(static_cast<double>(kLiteGroupFrames * config.channels.back()), static_cast<double>(config.latentChannels),
        1, 1);
    return asGroup(c, frames);
}

plan::GroupFootprint decoderGroup(const LiteConfig& config, int frames)
{
    Count c;
    const auto f = static_cast<double>(frames);
    c.conv(static_cast<double>(config.latentChannels), static_cast<double>(kLiteGroupFrames * config.channels.back()),
        1, 1);
    for (std::int64_t level = config.levels() - 1; level >= 0; --level) {
        const auto channels = static_cast<double>(config.channels[level]);
        if (level + 1 < config.levels()) {
            c.conv(static_cast<double>(config.channels[level + 1]), channels, 4, f * area(config, level + 1));
        }
        if (config.skips && level > 0) {
            c.conv(2 * channels, channels, 1, f * area(config, level));
        }
        for (std::int64_t b = 0; b < config.decoderBlocks[level]; ++b) {
            c.block(channels, static_cast<double>(config.shiftedChannels(level)), f * area(config, level));
        }
    }
    c.conv(static_cast<double>(config.channels[0]), static_cast<double>(3 * config.patch * config.patch), 9,
        f * area(config, 0));
    return asGroup(c, frames);
}

plan::CodecFootprint codec(const LiteConfig& config, bool encoder)
{
    LiteWeights weights(config);
    weights.isFolded = true;
    plan::CodecFootprint p;
    p.parameters = countParameters(
        [&](const ParameterVisitor& v) { encoder ? weights.visitEncoder(v) : weights.visitDecoder(v); });
    p.latentChannels = static_cast<int>(config.latentChannels);
    p.frameChannels = encoder ? static_cast<int>(kLiteInputChannels) : 3;
    p.spatialStride = static_cast<int>(config.cell());
    p.reach = static_cast<int>(encoder ? config.encoderReach() : config.decoderReach());
    const auto& blocks = encoder ? config.encoderBlocks : config.decoderBlocks;
    for (std::int64_t level = 0; level < config.levels(); ++level) {
        if (config.shiftedChannels(level) > 0) {
            p.cacheSlots += static_cast<int>(blocks[level]);
            p.cacheElements +=
                static_cast<double>(blocks[level] * config.shiftedChannels(level)) * area(config, level);
        }
    }
    p.first = encoder ? encoderGroup(config, 1) : decoderGroup(config, 1);
    p.steady = encoder ? encoderGroup(config, kLiteGroupFrames) : decoderGroup(config, kLiteGroupFrames);
    return p;
}

} // namespace

plan::ModelFootprint liteFootprint(const LiteConfig& config)
{
    plan::ModelFootprint footprint;
    footprint.name = footprint.family = "lite";
    footprint.encoder = codec(config, true);
    footprint.decoder = codec(config, false);
    auto sharedWeights = std::make_shared<LiteWeights>(config);
    sharedWeights->isFolded = true;
    footprint.encoder->haloCells = LiteEncoder(sharedWeights).localHalo();
    footprint.decoder->haloCells = LiteDecoder(sharedWeights).localHalo();
    plan::DenoiserFootprint d;
    d.parameters = countParameters([&](const ParameterVisitor& v) { sharedWeights->visitTransformer(v); });
    d.inputChannels = d.latentChannels = static_cast<int>(config.latentChannels);
    d.reach = static_cast<int>(config.transformerReach());
    d.attentionWindow = static_cast<int>(kLiteWindow * kLiteWindow * (config.temporal ? 2 : 1));
    const auto width = static_cast<double>(config.latentChannels), hidden = static_cast<double>(config.mlpChannels);
    const auto blocks = static_cast<double>(config.transformerBlocks);
    const double scores = static_cast<double>(d.attentionWindow * config.heads);
    d.flops = blocks * (2 * 2 * 9 * width * width + 2 * width * (4 * width) + 4 * width * hidden) + 2 * width * width;
    d.attentionFlops = blocks * 4 * width;
    d.saved = blocks * (2 * width + 9 * width + 2 * scores + 2 * hidden) + 2 * width;
    d.savedCheckpointed = blocks * width;
    d.workElements = 6 * width + 2 * scores;
    footprint.denoiser = d;
    return footprint;
}

} // namespace reelmend::models
