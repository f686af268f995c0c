#include "core/models/lite_config.h"

#include <numeric>

#include "core/base/error.h"

namespace reelmend::models {

namespace {

// A shifted block looks one frame back. Within a group of four, n blocks in a row reach n frames back: from the
// group's first frame that is ceil(n / 4) groups.
std::int64_t groupsBack(std::int64_t frames)
{
    return (frames + kLiteGroupFrames - 1) / kLiteGroupFrames;
}

} // namespace

std::int64_t LiteConfig::encoderReach() const
{
    return temporal ? groupsBack(std::accumulate(encoderBlocks.begin(), encoderBlocks.end(), std::int64_t{0})) : 0;
}

std::int64_t LiteConfig::decoderReach() const
{
    return temporal ? groupsBack(std::accumulate(decoderBlocks.begin(), decoderBlocks.end(), std::int64_t{0})) : 0;
}

void LiteConfig::check() const
{
    const auto fail = [](const std::string& why) {
        throw base::Error(base::ErrorKind::kInput, "This is not a lite network that can be built.", why, {});
    };
    if (levels() < 1 || encoderBlocks.size() != channels.size() || decoderBlocks.size() != channels.size()) {
        fail("The encoder, the decoder and the channels do not have the same number of levels.");
    }
    if (patch < 1 || latentChannels < 1 || conditions < 1 || transformerBlocks < 0) {
        fail("A size is not positive.");
    }
    for (std::int64_t level = 0; level < levels(); ++level) {
        if (channels[level] < 4 || encoderBlocks[level] < 0 || decoderBlocks[level] < 0) {
            fail("Level " + std::to_string(level) + " has too few channels.");
        }
    }
    if (transformerBlocks > 0 && (heads < 1 || latentChannels % heads != 0 || mlpChannels < 1)) {
        fail("The latent channels do not divide into the attention heads.");
    }
}

} // namespace reelmend::models
