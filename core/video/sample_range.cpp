#include "core/video/sample_range.h"

#include <cmath>

namespace reelmend::video::detail {

SampleRange colourRange(const PixelFormat& format, int component, ColourRange range)
{
    const bool isChroma = format.isChroma(component);
    if (format.isFloat) {
        return {0, 1};
    }
    const int depth = format.components[static_cast<std::size_t>(component)].depth;
    const double centre = isChroma ? std::ldexp(1.0, depth - 1) : 0.0;
    if (range == ColourRange::kFull) {
        return {centre, std::ldexp(1.0, depth) - 1};
    }
    return isChroma ? SampleRange{centre, std::ldexp(224.0, depth - 8)}
                    : SampleRange{std::ldexp(16.0, depth - 8), std::ldexp(219.0, depth - 8)};
}

SampleRange alphaRange(const PixelFormat& format)
{
    const int depth = format.components[static_cast<std::size_t>(alphaComponent(format))].depth;
    return {0, format.isFloat ? 1 : std::ldexp(1.0, depth) - 1};
}

ColourTags effectiveTags(const Frame::Description& description)
{
    ColourTags tags = description.colour;
    if (tags.range == ColourRange::kUnspecified && description.format.name.starts_with("yuvj")) {
        tags.range = ColourRange::kFull;
    }
    return video::effectiveTags(
        tags, description.width, description.height, description.format.model == ColourModel::kYuv);
}

ColourMatrix colourMatrix(Matrix matrix)
{
    if (matrix == Matrix::kYcgco) {
        return {{-1, 1, -1}, {1, 0, -1}, {0.25, 0.5, 0.25}, {-0.25, 0.5, -0.25}, {0.5, 0, -0.5}};
    }
    const auto [kr, kb] = lumaWeights(matrix);
    const double kg = 1 - kr - kb;
    const double fromU = 2 * (1 - kb);
    const double fromV = 2 * (1 - kr);
    return {{0, -kb * fromU / kg, fromU}, {fromV, -kr * fromV / kg, 0}, {kr, kg, kb},
        {-kr / fromU, -kg / fromU, (1 - kb) / fromU}, {(1 - kr) / fromV, -kg / fromV, -kb / fromV}};
}

int alphaComponent(const PixelFormat& format)
{
    return format.hasAlpha ? format.componentCount - 1 : -1;
}

} // namespace reelmend::video::detail
