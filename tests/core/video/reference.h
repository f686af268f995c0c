#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "core/video/convert.h"

// A second, slow and plain implementation of convert.h's arithmetic in double, one pixel at a time, written from
// H.273 alone. Tests compare the real one with it.
namespace reelmend::video::test {

// Formats as FFmpeg describes them, beyond those that pixelFormat() makes.
inline PixelFormat packedFormat(std::string name, ColourModel model, std::vector<PixelFormat::Component> components,
    int planes, int log2Width, int log2Height, bool hasAlpha)
{
    PixelFormat format;
    format.name = std::move(name);
    format.model = model;
    format.componentCount = static_cast<int>(components.size());
    for (std::size_t i = 0; i < components.size(); ++i) {
        format.components[i] = components[i];
    }
    format.planeCount = planes;
    format.log2ChromaWidth = log2Width;
    format.log2ChromaHeight = log2Height;
    format.hasAlpha = hasAlpha;
    return format;
}

inline std::vector<PixelFormat> manyFormats()
{
    std::vector<PixelFormat> all;
    for (const char* name : {"gray", "yuv420p", "yuv422p", "yuv444p", "gbrp", "yuv420p10le", "yuv422p12le",
             "yuv444p16le", "gbrp10le", "gray16le", "rgb24", "rgba"}) {
        all.push_back(pixelFormat(name));
    }
    const auto yuv = ColourModel::kYuv;
    const auto rgb = ColourModel::kRgb;
    all.push_back(packedFormat("nv12", yuv, {{0, 1, 0, 0, 8}, {1, 2, 0, 0, 8}, {1, 2, 1, 0, 8}}, 2, 1, 1, false));
    all.push_back(packedFormat("nv21", yuv, {{0, 1, 0, 0, 8}, {1, 2, 1, 0, 8}, {1, 2, 0, 0, 8}}, 2, 1, 1, false));
    all.push_back(
        packedFormat("p010le", yuv, {{0, 2, 0, 6, 10}, {1, 4, 0, 6, 10}, {1, 4, 2, 6, 10}}, 2, 1, 1, false));
    all.push_back(packedFormat("yuyv422", yuv, {{0, 2, 0, 0, 8}, {0, 4, 1, 0, 8}, {0, 4, 3, 0, 8}}, 1, 1, 0, false));
    all.push_back(packedFormat("uyvy422", yuv, {{0, 2, 1, 0, 8}, {0, 4, 0, 0, 8}, {0, 4, 2, 0, 8}}, 1, 1, 0, false));
    all.push_back(
        packedFormat("y210le", yuv, {{0, 4, 0, 6, 10}, {0, 8, 2, 6, 10}, {0, 8, 6, 6, 10}}, 1, 1, 0, false));
    all.push_back(packedFormat("yuv411p", yuv, {{0, 1, 0, 0, 8}, {1, 1, 0, 0, 8}, {2, 1, 0, 0, 8}}, 3, 2, 0, false));
    all.push_back(packedFormat("yuv410p", yuv, {{0, 1, 0, 0, 8}, {1, 1, 0, 0, 8}, {2, 1, 0, 0, 8}}, 3, 2, 2, false));
    all.push_back(packedFormat(
        "yuva420p", yuv, {{0, 1, 0, 0, 8}, {1, 1, 0, 0, 8}, {2, 1, 0, 0, 8}, {3, 1, 0, 0, 8}}, 4, 1, 1, true));
    all.push_back(packedFormat("ya8", ColourModel::kGrey, {{0, 2, 0, 0, 8}, {0, 2, 1, 0, 8}}, 1, 0, 0, true));
    all.push_back(packedFormat("bgr0", rgb, {{0, 4, 2, 0, 8}, {0, 4, 1, 0, 8}, {0, 4, 0, 0, 8}}, 1, 0, 0, false));
    all.push_back(packedFormat("rgb565le", rgb, {{0, 2, 1, 3, 5}, {0, 2, 0, 5, 6}, {0, 2, 0, 0, 5}}, 1, 0, 0, false));
    all.push_back(
        packedFormat("x2rgb10le", rgb, {{0, 4, 2, 4, 10}, {0, 4, 1, 2, 10}, {0, 4, 0, 0, 10}}, 1, 0, 0, false));
    all.push_back(
        packedFormat("rgb48le", rgb, {{0, 6, 0, 0, 16}, {0, 6, 2, 0, 16}, {0, 6, 4, 0, 16}}, 1, 0, 0, false));
    return all;
}

inline std::uint32_t sample(const Frame& frame, int component, int x, int y)
{
    const PixelFormat::Component& c = frame.format().components[static_cast<std::size_t>(component)];
    const Frame::Plane& plane = frame.plane(c.plane);
    std::uint32_t word = 0;
    const auto bytes = static_cast<std::size_t>((c.shift + c.depth + 7) / 8);
    std::memcpy(&word, plane.data + plane.stride * y + c.offset + static_cast<std::ptrdiff_t>(x) * c.step, bytes);
    return (word >> c.shift) & ((1U << c.depth) - 1);
}

inline Frame randomFrame(Frame::Description description, std::uint32_t seed)
{
    std::mt19937 random(seed);
    const PixelFormat format = description.format;
    FrameBuilder builder(std::move(description));
    for (int p = 0; p < format.planeCount; ++p) {
        const int height = format.planeHeight(p, builder.description().height);
        const auto bytes = static_cast<std::size_t>(format.planeWidthBytes(p, builder.description().width));
        for (int y = 0; y < height; ++y) {
            std::memset(builder.row(p, y), 0, bytes);
        }
    }
    for (int i = 0; i < format.componentCount; ++i) {
        const PixelFormat::Component& c = format.components[static_cast<std::size_t>(i)];
        const auto word = static_cast<std::size_t>((c.shift + c.depth + 7) / 8);
        for (int y = 0; y < format.componentHeight(i, builder.description().height); ++y) {
            for (int x = 0; x < format.componentWidth(i, builder.description().width); ++x) {
                std::uint8_t* at = builder.row(c.plane, y) + c.offset + static_cast<std::ptrdiff_t>(x) * c.step;
                std::uint32_t value = 0;
                std::memcpy(&value, at, word);
                value |= (static_cast<std::uint32_t>(random()) & ((1U << c.depth) - 1)) << c.shift;
                std::memcpy(at, &value, word);
            }
        }
    }
    return builder.finish();
}

// Place of a chroma sample, in luma samples from the first of its block.
inline double chromaOffset(ChromaPlace place, bool vertical, int block)
{
    const double middle = (block - 1) / 2.0;
    const double last = block - 1;
    switch (place) {
    case ChromaPlace::kCentre:
        return middle;
    case ChromaPlace::kTopLeft:
        return 0;
    case ChromaPlace::kTop:
        return vertical ? 0 : middle;
    case ChromaPlace::kBottomLeft:
        return vertical ? last : 0;
    case ChromaPlace::kBottom:
        return vertical ? last : middle;
    default:
        return vertical ? middle : 0;
    }
}

// Chroma at luma position (x, y), linear, the edge repeated.
inline double chromaAt(const Frame& frame, int component, int x, int y, ChromaPlace place)
{
    const PixelFormat& f = frame.format();
    const int width = f.componentWidth(component, frame.width());
    const int height = f.componentHeight(component, frame.height());
    const int blockX = 1 << f.log2ChromaWidth;
    const int blockY = 1 << f.log2ChromaHeight;
    const double u = (x - chromaOffset(place, false, blockX)) / blockX;
    const double v = (y - chromaOffset(place, true, blockY)) / blockY;
    const double fu = u - std::floor(u);
    const double fv = v - std::floor(v);
    double sum = 0;
    for (int j = 0; j < 2; ++j) {
        for (int i = 0; i < 2; ++i) {
            const int cx = std::min(std::max(static_cast<int>(std::floor(u)) + i, 0), width - 1);
            const int cy = std::min(std::max(static_cast<int>(std::floor(v)) + j, 0), height - 1);
            sum += sample(frame, component, cx, cy) * (i == 1 ? fu : 1 - fu) * (j == 1 ? fv : 1 - fv);
        }
    }
    return sum;
}

inline double nominalFromNative(double value, int depth, bool chroma, bool full)
{
    if (full) {
        return (value - (chroma ? std::pow(2.0, depth - 1) : 0)) / (std::pow(2.0, depth) - 1);
    }
    const double unit = std::pow(2.0, depth - 8);
    return chroma ? (value - 128 * unit) / (224 * unit) : (value - 16 * unit) / (219 * unit);
}

// Nominal R, G, B, A of a pixel; `tags` complete.
inline std::array<double, 4> pixel(const Frame& frame, const ColourTags& tags, int x, int y)
{
    const PixelFormat& f = frame.format();
    const bool full = tags.range == ColourRange::kFull;
    const auto depth = [&f](int c) { return f.components[static_cast<std::size_t>(c)].depth; };
    std::array<double, 4> out{0, 0, 0, 1};
    if (f.hasAlpha) {
        const int a = f.componentCount - 1;
        out[3] = sample(frame, a, x, y) / (std::pow(2.0, depth(a)) - 1);
    }
    const double first = nominalFromNative(sample(frame, 0, x, y), depth(0), false, full);
    if (f.model == ColourModel::kGrey) {
        out[0] = out[1] = out[2] = first;
    } else if (f.model == ColourModel::kRgb) {
        out[0] = first;
        out[1] = nominalFromNative(sample(frame, 1, x, y), depth(1), false, full);
        out[2] = nominalFromNative(sample(frame, 2, x, y), depth(2), false, full);
    } else {
        const double cb = nominalFromNative(chromaAt(frame, 1, x, y, tags.chromaPlace), depth(1), true, full);
        const double cr = nominalFromNative(chromaAt(frame, 2, x, y, tags.chromaPlace), depth(2), true, full);
        if (tags.matrix == Matrix::kYcgco) {
            out[0] = first - cb + cr;
            out[1] = first + cb;
            out[2] = first - cb - cr;
        } else {
            const LumaWeights w = lumaWeights(tags.matrix);
            out[0] = first + 2 * (1 - w.kr) * cr;
            out[2] = first + 2 * (1 - w.kb) * cb;
            out[1] = (first - w.kr * out[0] - w.kb * out[2]) / (1 - w.kr - w.kb);
        }
    }
    return out;
}

} // namespace reelmend::video::test
