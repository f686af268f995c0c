#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/train/random.h"

// Small pictures for making training data, and what cameras, scalers and codecs do to them.
namespace reelmend::train {

// Frames of planes, [frames][channels][height][width], display-encoded values in [0, 1].
struct Pixels {
    std::int64_t frames = 0, channels = 0, height = 0, width = 0;
    std::vector<float> values;

    Pixels() = default;
    Pixels(std::int64_t f, std::int64_t c, std::int64_t h, std::int64_t w, float fill = 0)
        : frames(f)
        , channels(c)
        , height(h)
        , width(w)
        , values(static_cast<std::size_t>(f * c * h * w), fill)
    {}

    std::span<float> plane(std::int64_t frame, std::int64_t channel)
    {
        return {
            values.data() + (frame * channels + channel) * height * width, static_cast<std::size_t>(height * width)};
    }
    std::span<const float> plane(std::int64_t frame, std::int64_t channel) const
    {
        return {
            values.data() + (frame * channels + channel) * height * width, static_cast<std::size_t>(height * width)};
    }
    float at(std::int64_t frame, std::int64_t channel, std::int64_t y, std::int64_t x) const
    {
        return values[static_cast<std::size_t>(((frame * channels + channel) * height + y) * width + x)];
    }
    float& at(std::int64_t frame, std::int64_t channel, std::int64_t y, std::int64_t x)
    {
        return values[static_cast<std::size_t>(((frame * channels + channel) * height + y) * width + x)];
    }
};

enum class Filter { kBox, kBilinear, kBicubic, kLanczos };

// Separable resize with edge repetition; when reducing, the filter is widened by the factor. Weights sum to one,
// pixel centres are half-integer, Lanczos has three lobes: what `enhance` does to its input.
Pixels resized(const Pixels& image, std::int64_t height, std::int64_t width, Filter filter);
Pixels cropped(const Pixels& image, std::int64_t top, std::int64_t left, std::int64_t height, std::int64_t width);
// sigma in pixels; per frame.
void blur(Pixels& image, double sigmaY, double sigmaX);
// Gaussian noise of `sigma` (in [0, 1] units), independent per frame; `grain` > 0 blurs it by that many pixels and
// keeps its deviation; `grey` gives all channels the same noise.
void addNoise(Pixels& image, double sigma, double grain, bool grey, Random& random);
// What a JPEG (or an intra frame) of that quality (1 … 100) leaves: YCbCr 4:2:0, 8x8 cosine transform, quantised with
// the standard's example tables, block grid at (0, 0).
void quantiseBlocks(Pixels& image, int quality);
// Bilinear look-up with edge repetition.
float sample(std::span<const float> plane, std::int64_t height, std::int64_t width, double y, double x);
void clampToUnit(Pixels& image);

} // namespace reelmend::train
