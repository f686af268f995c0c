#include "core/media/luma.h"

#include <array>
#include <vector>

#include "core/video/sample_range.h"
#include "core/video/sample_rows.h"

namespace reelmend::media {

namespace {

void addComponent(const video::Frame& frame, int component, double weight, video::ImageF& sum)
{
    const video::PixelFormat& format = frame.format();
    const auto tags = video::detail::effectiveTags(frame.description());
    const auto range = component == video::detail::alphaComponent(format)
                           ? video::detail::alphaRange(format)
                           : video::detail::colourRange(format, component, tags.range);
    const auto scale = static_cast<float>(weight / range.span);
    const auto offset = static_cast<float>(range.offset);
    const video::Frame::Plane& plane = frame.plane(format.components[static_cast<std::size_t>(component)].plane);
    std::vector<float> row(static_cast<std::size_t>(frame.width()));
    for (int y = 0; y < frame.height(); ++y) {
        video::detail::loadSamples(format, component, plane.data + plane.stride * y, row.data(), frame.width());
        float* to = sum.row(y);
        for (std::size_t x = 0; x < row.size(); ++x) {
            to[x] += (row[x] - offset) * scale;
        }
    }
}

bool isPlain(const video::ImageF& image)
{
    return std::all_of(image.pixels.begin(), image.pixels.end(), [&](float v) { return v == image.pixels.front(); });
}

} // namespace

video::ImageF lumaOf(const video::Frame& frame)
{
    video::ImageF luma(frame.width(), frame.height(), 1);
    if (frame.format().model == video::ColourModel::kRgb) {
        const video::LumaWeights weights =
            video::lumaWeights(video::detail::effectiveTags(frame.description()).matrix);
        const std::array<double, 3> rgb{weights.kr, 1 - weights.kr - weights.kb, weights.kb};
        for (int c = 0; c < 3; ++c) {
            addComponent(frame, c, rgb[static_cast<std::size_t>(c)], luma);
        }
    } else {
        addComponent(frame, 0, 1, luma);
    }
    return luma;
}

video::Mask lumaMask(const video::Frame& frame)
{
    video::ImageF values = lumaOf(frame);
    if (const int alpha = video::detail::alphaComponent(frame.format()); alpha >= 0 && isPlain(values)) {
        video::ImageF transparency(frame.width(), frame.height(), 1);
        addComponent(frame, alpha, 1, transparency);
        if (!isPlain(transparency)) {
            values = std::move(transparency);
        }
    }
    video::Mask mask(values.width, values.height, 1);
    for (std::size_t i = 0; i < values.pixels.size(); ++i) {
        mask.pixels[i] = static_cast<std::uint16_t>(roundedTo(values.pixels[i], 65535));
    }
    return mask;
}

} // namespace reelmend::media
