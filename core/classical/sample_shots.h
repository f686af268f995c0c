#pragma once
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>

#include "core/classical/sample_scene.h"
#include "core/video/image.h"

namespace reelmend::classical {

// One shot of the sample scene: pictures in linear light, RGB, about [0, 1] with highlights far above.
class SampleShot {
public:
    virtual ~SampleShot() = default;
    // Seen from `seconds` after the shot's start, the shutter being open for `shutter` seconds.
    virtual video::ImageF paint(double seconds, double shutter) const = 0;
};

std::unique_ptr<SampleShot> makeLakeShot(const SampleSettings& settings);
std::unique_ptr<SampleShot> makeSignShot(const SampleSettings& settings);

// The sign's boards with their lettering, seen straight on: albedo and relief (four channels).
video::ImageF paintSign(int width, int height, std::uint32_t seed);

// Mean of what `paint(t)` gives at two moments, painted side by side.
template <class Paint> video::ImageF twoMoments(double seconds, double shutter, const Paint& paint)
{
    auto second = std::async(std::launch::async, [&] { return paint(static_cast<float>(seconds + 0.5 * shutter)); });
    video::ImageF picture = paint(static_cast<float>(seconds));
    const video::ImageF later = second.get();
    for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
        picture.pixels[i] = 0.5F * (picture.pixels[i] + later.pixels[i]);
    }
    return picture;
}

} // namespace reelmend::classical
