#pragma once
#include "core/models/lite_weights.h"

// A network of the bundled kind, small enough that a training step takes milliseconds.
namespace reelmend::test {

inline models::LiteConfig tinyConfig()
{
    models::LiteConfig config;
    config.channels = {8, 12};
    config.encoderBlocks = {1, 1};
    config.decoderBlocks = {1, 1};
    config.latentChannels = 16;
    config.transformerBlocks = 1;
    config.heads = 2;
    config.mlpChannels = 16;
    return config;
}

inline models::LiteWeights tinyLite(std::uint64_t seed = 3)
{
    models::LiteWeights weights(tinyConfig());
    models::initialise(weights, seed);
    return weights;
}

} // namespace reelmend::test
