#include "core/runner/picture_blend.h"

#include <algorithm>

namespace reelmend::runner {

bool isNothing(const video::Mask& mask)
{
    return std::all_of(mask.pixels.begin(), mask.pixels.end(), [](std::uint16_t v) { return v == 0; });
}

void blend(video::ImageF& picture, const video::ImageF& start, const video::Mask* mask, double strength)
{
    const auto scale = static_cast<float>(mask ? strength / 65535.0 : strength);
    for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
        const float weight = mask ? scale * static_cast<float>(mask->pixels[i / 3]) : scale;
        picture.pixels[i] = start.pixels[i] + weight * (picture.pixels[i] - start.pixels[i]);
    }
}

video::ImageF withAlpha(const video::ImageF& picture, video::ImageF alpha)
{
    for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
        alpha.pixels[i / 3 * 4 + i % 3] = picture.pixels[i];
    }
    return alpha;
}

} // namespace reelmend::runner
