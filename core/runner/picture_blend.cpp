#include "core/runner/picture_blend.h"

#include <algorithm>
#include <utility>

#include "core/video/convert.h"

namespace reelmend::runner {

bool isNothing(const video::Mask& mask)
{
    return std::all_of(mask.pixels.begin(), mask.pixels.end(), [](std::uint16_t v) { return v == 0; });
}

namespace {

// The picture's colours with the fourth channel of `alpha`.
video::ImageF withAlpha(const video::ImageF& picture, video::ImageF alpha)
{
    for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
        alpha.pixels[i / 3 * 4 + i % 3] = picture.pixels[i];
    }
    return alpha;
}

} // namespace

void blend(video::ImageF& picture, const video::ImageF& start, const video::Mask* mask, double strength)
{
    const auto scale = static_cast<float>(mask ? strength / 65535.0 : strength);
    for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
        const float weight = mask ? scale * static_cast<float>(mask->pixels[i / 3]) : scale;
        picture.pixels[i] = start.pixels[i] + weight * (picture.pixels[i] - start.pixels[i]);
    }
}

void finish(MadeFrame& made, video::ImageF picture, const video::Frame& start, double strength)
{
    if (made.changed || strength < 1) {
        blend(picture, video::toRgbFloat(made.source), made.changed.get(), strength);
    }
    if (start.format().hasAlpha) {
        picture = withAlpha(picture, video::toRgbFloat(start, 4));
    }
    made.frame = video::fromRgb(picture, start.description());
    if (made.changed) {
        made.frame = video::keepNativeSamples(made.frame, made.source, *made.changed);
    }
}

} // namespace reelmend::runner
