#include "core/classical/planes.h"

#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/video/sample_rows.h"

namespace reelmend::classical {

namespace {

float unitOf(const video::PixelFormat& format, int component)
{
    const int depth = format.components[static_cast<std::size_t>(component)].depth;
    return format.isFloat ? 1.0F / 255.0F : std::ldexp(1.0F, depth - 8);
}

int componentsOf(const video::PixelFormat& format)
{
    return format.model == video::ColourModel::kGrey ? 1 : 3;
}

const std::uint8_t* rowOf(const video::Frame& frame, int component, int y)
{
    const int p = frame.format().components[static_cast<std::size_t>(component)].plane;
    return frame.plane(p).data + frame.plane(p).stride * y;
}

std::string workingName(const video::PixelFormat& format)
{
    switch (format.model) {
    case video::ColourModel::kGrey:
        return "gray10le";
    case video::ColourModel::kRgb:
        return "gbrp10le";
    default:
        break;
    }
    const std::pair log2{format.log2ChromaWidth, format.log2ChromaHeight};
    if (log2 == std::pair{1, 1}) {
        return "yuv420p10le";
    }
    return log2 == std::pair{1, 0} ? "yuv422p10le" : "yuv444p10le";
}

} // namespace

Planes planesOf(const video::Frame& frame)
{
    Planes planes;
    const video::PixelFormat& format = frame.format();
    for (int c = 0; c < componentsOf(format); ++c) {
        video::ImageF plane(format.componentWidth(c, frame.width()), format.componentHeight(c, frame.height()), 1);
        for (int y = 0; y < plane.height; ++y) {
            video::detail::loadSamples(format, c, rowOf(frame, c, y), plane.row(y), plane.width);
        }
        const float scale = 1 / unitOf(format, c);
        for (float& value : plane.pixels) {
            value *= scale;
        }
        planes.push_back(std::move(plane));
    }
    return planes;
}

video::Frame withPlanes(const video::Frame& source, const Planes& planes, double share)
{
    const video::PixelFormat& format = source.format();
    const auto weight = static_cast<float>(share);
    video::FrameBuilder builder(source.description());
    // Alpha and whatever else lies in the planes stays; packed planes are then built up from zero.
    for (int p = 0; p < format.planeCount; ++p) {
        const auto bytes = static_cast<std::size_t>(format.planeWidthBytes(p, source.width()));
        const bool isPacked = video::detail::needsClearing(format, p);
        for (int y = 0; y < format.planeHeight(p, source.height()); ++y) {
            if (isPacked) {
                std::memset(builder.row(p, y), 0, bytes);
            } else {
                std::memcpy(builder.row(p, y), source.plane(p).data + source.plane(p).stride * y, bytes);
            }
        }
    }
    for (int c = 0; c < format.componentCount; ++c) {
        const int p = format.components[static_cast<std::size_t>(c)].plane;
        const int width = format.componentWidth(c, source.width());
        std::vector<float> row(static_cast<std::size_t>(width));
        const bool isColour = static_cast<std::size_t>(c) < planes.size();
        if (!isColour && !video::detail::needsClearing(format, p)) {
            continue;
        }
        const float unit = unitOf(format, c);
        for (int y = 0; y < format.componentHeight(c, source.height()); ++y) {
            video::detail::loadSamples(format, c, rowOf(source, c, y), row.data(), width);
            for (int x = 0; x < width && isColour; ++x) {
                float& value = row[static_cast<std::size_t>(x)];
                value += weight * (planes[static_cast<std::size_t>(c)].row(y)[x] * unit - value);
            }
            video::detail::storeSamples(format, c, row.data(), builder.row(p, y), width);
        }
    }
    return builder.finish();
}

video::Frame workingFrame(const Planes& planes, const video::Frame& like)
{
    video::Frame::Description description = like.description();
    description.format = video::pixelFormat(workingName(like.format()));
    video::FrameBuilder builder(description);
    for (int c = 0; c < description.format.componentCount; ++c) {
        const video::ImageF& plane = planes[static_cast<std::size_t>(c)];
        const int p = description.format.components[static_cast<std::size_t>(c)].plane;
        std::vector<float> row(static_cast<std::size_t>(plane.width));
        for (int y = 0; y < plane.height; ++y) {
            for (int x = 0; x < plane.width; ++x) {
                row[static_cast<std::size_t>(x)] = 4 * plane.row(y)[x];
            }
            video::detail::storeSamples(description.format, c, row.data(), builder.row(p, y), plane.width);
        }
    }
    return builder.finish();
}

} // namespace reelmend::classical
