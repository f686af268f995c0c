#include "core/runner/finetune_codec.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/media/codec_pass.h"

namespace reelmend::runner {

namespace {

media::CodecPass drawPass(train::Random& random)
{
    media::CodecPass pass;
    const double kind = random.uniform();
    const double strength = random.uniform();
    if (kind < 0.7 && media::hasEncoder("libx264")) {
        pass.encoder = "libx264";
        pass.quality = static_cast<int>(std::lround(16 + 22 * strength));
    } else {
        pass.encoder = kind < 0.9 ? "mpeg4" : "mpeg2video";
        pass.quality = static_cast<int>(std::lround(2 + 14 * strength));
    }
    pass.groupOfPictures = static_cast<int>(8 + random.below(42));
    return pass;
}

std::vector<video::Image8> imagesOf(const train::Pixels& frames)
{
    std::vector<video::Image8> images;
    for (std::int64_t f = 0; f < frames.frames; ++f) {
        video::Image8 image(static_cast<int>(frames.width), static_cast<int>(frames.height), 3);
        for (std::int64_t c = 0; c < 3; ++c) {
            const auto plane = frames.plane(f, c);
            for (std::size_t i = 0; i < plane.size(); ++i) {
                image.pixels[i * 3 + static_cast<std::size_t>(c)] =
                    static_cast<std::uint8_t>(std::lround(std::clamp(plane[i], 0.0f, 1.0f) * 255));
            }
        }
        images.push_back(std::move(image));
    }
    return images;
}

} // namespace

train::Pixels FfmpegDamage::damaged(const train::Pixels& frames, train::Random& random) const
{
    const media::CodecPass pass = drawPass(random);
    train::Pixels result = frames;
    const std::vector<video::Image8> images = media::passThroughCodec(imagesOf(frames), pass);
    for (std::int64_t f = 0; f < result.frames; ++f) {
        const video::Image8& image = images[static_cast<std::size_t>(f)];
        for (std::int64_t c = 0; c < 3; ++c) {
            const auto plane = result.plane(f, c);
            for (std::size_t i = 0; i < plane.size(); ++i) {
                plane[i] = static_cast<float>(image.pixels[i * 3 + static_cast<std::size_t>(c)]) / 255.0f;
            }
        }
    }
    return result;
}

} // namespace reelmend::runner
