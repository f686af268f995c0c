#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/video/convert.h"
#include "core/video/source.h"

// Small moving pictures made by code, whose motion is known exactly.
namespace reelmend::test {

// Smooth value noise in [0, 1]; another `seed` is another texture.
inline float noise(float x, float y, std::uint32_t seed)
{
    const auto lattice = [seed](int i, int j) {
        std::uint32_t h = static_cast<std::uint32_t>(i) * 374761393U + static_cast<std::uint32_t>(j) * 668265263U +
                          seed * 2246822519U;
        h = (h ^ (h >> 13)) * 1274126177U;
        return static_cast<float>((h ^ (h >> 16)) & 0xFFFFU) / 65535.0F;
    };
    const float fx = std::floor(x);
    const float fy = std::floor(y);
    const int i = static_cast<int>(fx);
    const int j = static_cast<int>(fy);
    const auto ease = [](float t) { return t * t * (3 - 2 * t); };
    const float u = ease(x - fx);
    const float v = ease(y - fy);
    return (lattice(i, j) * (1 - u) + lattice(i + 1, j) * u) * (1 - v) +
           (lattice(i, j + 1) * (1 - u) + lattice(i + 1, j + 1) * u) * v;
}

inline float texture(float x, float y, std::uint32_t seed)
{
    return 0.5F * noise(x / 16, y / 16, seed) + 0.3F * noise(x / 6, y / 6, seed + 1) +
           0.2F * noise(x / 3, y / 3, seed + 2);
}

// RGB picture of a texture moved by (dx, dy): what is at (x, y) without motion is at (x + dx, y + dy).
inline video::ImageF texturePicture(int width, int height, std::uint32_t seed, float dx = 0, float dy = 0)
{
    video::ImageF image(width, height, 3);
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const float u = static_cast<float>(x) - dx;
            const float v = static_cast<float>(y) - dy;
            for (std::uint32_t c = 0; c < 3; ++c) {
                image.row(y)[3 * x + static_cast<int>(c)] =
                    0.1F + 0.8F * (0.6F * texture(u, v, seed) + 0.4F * noise(u / 20, v / 20, seed + 10 + c));
            }
        }
    }
    return image;
}

inline video::Image8 bytes(const video::ImageF& image)
{
    video::Image8 out(image.width, image.height, image.channels);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
        out.pixels[i] = static_cast<std::uint8_t>(std::clamp(image.pixels[i] * 255 + 0.5F, 0.0F, 255.0F));
    }
    return out;
}

inline video::Image8 greyOf(const video::ImageF& image)
{
    video::Image8 out(image.width, image.height, 1);
    for (std::size_t i = 0; i < out.pixels.size(); ++i) {
        const float* p = image.pixels.data() + 3 * i;
        out.pixels[i] = static_cast<std::uint8_t>(std::clamp((p[0] + p[1] + p[2]) * 85 + 0.5F, 0.0F, 255.0F));
    }
    return out;
}

// A clip whose frames a function paints, once each.
class PaintedClip : public video::FrameSource {
public:
    using Paint = std::function<video::ImageF(std::int64_t)>;

    PaintedClip(int width, int height, std::int64_t frames, Paint paint, const std::string& format = "yuv420p")
        : paint_(std::move(paint))
    {
        info_.header.width = width;
        info_.header.height = height;
        info_.header.frameCount = frames;
        info_.header.frameRate = {24, 1};
        description_.format = video::pixelFormat(format);
        description_.colour.matrix = video::Matrix::kBt709;
        description_.colour.range = video::ColourRange::kLimited;
        description_.time.timeBase = {1, 24};
        description_.time.duration = 1;
    }

    const video::ClipInfo& info() const override { return info_; }
    std::int64_t frameCount() const override { return info_.header.frameCount; }
    video::Frame frame(std::int64_t index) override
    {
        if (index < 0 || index >= frameCount()) {
            throw base::Error(base::ErrorKind::kUsage, "There is no such frame.");
        }
        video::Frame& frame = painted_[index];
        if (frame.isEmpty()) {
            video::Frame::Description d = description_;
            d.time.pts = index;
            frame = video::fromRgb(paint_(index), d);
        }
        return frame;
    }

private:
    Paint paint_;
    std::map<std::int64_t, video::Frame> painted_;
    video::ClipInfo info_;
    video::Frame::Description description_;
};

} // namespace reelmend::test
