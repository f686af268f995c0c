#include "core/video/pixel_format.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "core/base/error.h"

namespace reelmend::video {

namespace {

int shiftedUp(int size, int shift)
{
    return (size + (1 << shift) - 1) >> shift;
}

PixelFormat planar(
    std::string name, ColourModel model, int components, int log2Width, int log2Height, int depth, bool isFloat)
{
    PixelFormat format;
    format.name = std::move(name);
    format.model = model;
    format.componentCount = format.planeCount = components;
    format.log2ChromaWidth = log2Width;
    format.log2ChromaHeight = log2Height;
    format.isFloat = isFloat;
    const int bytes = (depth + 7) / 8;
    for (int i = 0; i < components; ++i) {
        // FFmpeg's gbrp keeps green in plane 0, blue in 1, red in 2.
        const int plane = model == ColourModel::kRgb ? std::array{2, 0, 1, 3}[static_cast<std::size_t>(i)] : i;
        format.components[static_cast<std::size_t>(i)] = {plane, bytes, 0, 0, depth};
    }
    return format;
}

PixelFormat packedRgb8(std::string name, int components)
{
    PixelFormat format;
    format.name = std::move(name);
    format.model = ColourModel::kRgb;
    format.componentCount = components;
    format.planeCount = 1;
    format.hasAlpha = components == 4;
    for (int i = 0; i < components; ++i) {
        format.components[static_cast<std::size_t>(i)] = {0, components, i, 0, 8};
    }
    return format;
}

[[noreturn]] void unknown(const std::string& name)
{
    throw base::Error(base::ErrorKind::kUsage, "There is no pixel format \"" + name + "\" here.",
        "Only planar grey, YUV and RGB of 8 to 16 bits, rgb24, rgba and gbrpf32le are made by the program itself.");
}

} // namespace

int PixelFormat::componentWidth(int component, int width) const
{
    return isChroma(component) ? shiftedUp(width, log2ChromaWidth) : width;
}

int PixelFormat::componentHeight(int component, int height) const
{
    return isChroma(component) ? shiftedUp(height, log2ChromaHeight) : height;
}

int PixelFormat::planeWidthBytes(int plane, int width) const
{
    int bytes = 0;
    for (int i = 0; i < componentCount; ++i) {
        const Component& c = components[static_cast<std::size_t>(i)];
        if (c.plane == plane) {
            bytes = std::max(bytes, componentWidth(i, width) * c.step);
        }
    }
    return bytes;
}

int PixelFormat::planeHeight(int plane, int height) const
{
    for (int i = 0; i < componentCount; ++i) {
        if (components[static_cast<std::size_t>(i)].plane == plane) {
            return componentHeight(i, height);
        }
    }
    return 0;
}

PixelFormat pixelFormat(const std::string& name)
{
    if (name == "rgb24") {
        return packedRgb8(name, 3);
    }
    if (name == "rgba") {
        return packedRgb8(name, 4);
    }
    if (name == "gbrpf32le") {
        return planar(name, ColourModel::kRgb, 3, 0, 0, 32, true);
    }
    struct Family {
        std::string_view prefix;
        ColourModel model;
        int components, log2Width, log2Height;
    };
    static constexpr Family kFamilies[] = {
        {"yuv420p", ColourModel::kYuv, 3, 1, 1},
        {"yuv422p", ColourModel::kYuv, 3, 1, 0},
        {"yuv444p", ColourModel::kYuv, 3, 0, 0},
        {"gbrp", ColourModel::kRgb, 3, 0, 0},
        {"gray", ColourModel::kGrey, 1, 0, 0},
    };
    for (const Family& family : kFamilies) {
        if (!name.starts_with(family.prefix)) {
            continue;
        }
        std::string_view rest = std::string_view(name).substr(family.prefix.size());
        int depth = 8;
        if (!rest.empty()) {
            if (!rest.ends_with("le")) {
                unknown(name);
            }
            rest.remove_suffix(2);
            const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), depth);
            if (code != std::errc() || end != rest.data() + rest.size() || depth < 9 || depth > 16) {
                unknown(name);
            }
        }
        return planar(name, family.model, family.components, family.log2Width, family.log2Height, depth, false);
    }
    unknown(name);
}

} // namespace reelmend::video
