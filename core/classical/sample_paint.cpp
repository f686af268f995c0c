#include "core/classical/sample_paint.h"

#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include "core/vision/sampling.h"

namespace reelmend::classical::paint {

float segmentDistance(Point p, Point a, Point b)
{
    const float dx = b.x - a.x;
    const float dy = b.y - a.y;
    const float length = dx * dx + dy * dy;
    const float t = length > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0F, 1.0F) : 0.0F;
    return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

void stroke(Layer& layer, Point from, Point bend, Point to, float widthFrom, float widthTo, Colour colourFrom,
    Colour colourTo)
{
    constexpr int kPieces = 9;
    const auto at = [&](float t) {
        const float a = (1 - t) * (1 - t);
        const float b = 2 * t * (1 - t);
        const float c = t * t;
        return Point{a * from.x + b * bend.x + c * to.x, a * from.y + b * bend.y + c * to.y};
    };
    Point begin = from;
    for (int i = 0; i < kPieces; ++i) {
        const float t = static_cast<float>(i + 1) / kPieces;
        const Point end = at(t);
        const float half = 0.5F * (widthFrom + (widthTo - widthFrom) * (t - 0.5F / kPieces));
        const Colour colour = mix(colourFrom, colourTo, t);
        const float reach = half + 1;
        const int left = static_cast<int>(std::floor(std::min(begin.x, end.x) - reach));
        const int right = static_cast<int>(std::ceil(std::max(begin.x, end.x) + reach));
        const int top = static_cast<int>(std::floor(std::min(begin.y, end.y) - reach));
        const int bottom = static_cast<int>(std::ceil(std::max(begin.y, end.y) + reach));
        if (right >= 0 && bottom >= 0 && left < layer.width && top < layer.height) {
            for (int y = std::max(top, 0); y <= std::min(bottom, layer.height - 1); ++y) {
                for (int x = std::max(left, 0); x <= std::min(right, layer.width - 1); ++x) {
                    const float d = segmentDistance({static_cast<float>(x), static_cast<float>(y)}, begin, end);
                    cover(layer, x, y, colour, std::min(half * 2, 1.0F) * std::clamp(half + 0.5F - d, 0.0F, 1.0F));
                }
            }
        }
        begin = end;
    }
}

namespace {

// One pass along rows; the caller turns the picture for columns.
void boxRows(Layer& layer, float radius)
{
    const int whole = static_cast<int>(radius);
    const float part = radius - static_cast<float>(whole);
    const float total = 2 * radius + 1;
    std::vector<float> line(static_cast<std::size_t>(layer.width) * 4);
    for (int y = 0; y < layer.height; ++y) {
        float* row = layer.row(y);
        std::copy(row, row + layer.width * 4, line.begin());
        const auto value = [&](int x, int c) {
            return line[static_cast<std::size_t>(std::clamp(x, 0, layer.width - 1) * 4 + c)];
        };
        for (int c = 0; c < 4; ++c) {
            float sum = 0;
            for (int i = -whole; i <= whole; ++i) {
                sum += value(i, c);
            }
            for (int x = 0; x < layer.width; ++x) {
                const float edges = part * (value(x - whole - 1, c) + value(x + whole + 1, c));
                row[4 * x + c] = (sum + edges) / total;
                sum += value(x + whole + 1, c) - value(x - whole, c);
            }
        }
    }
}

Layer turned(const Layer& layer)
{
    Layer out(layer.height, layer.width, 4);
    for (int y = 0; y < layer.height; ++y) {
        for (int x = 0; x < layer.width; ++x) {
            std::memcpy(out.row(x) + 4 * y, layer.row(y) + 4 * x, 4 * sizeof(float));
        }
    }
    return out;
}

} // namespace

void blur(Layer& layer, float radius)
{
    if (radius <= 0) {
        return;
    }
    for (int turn = 0; turn < 2; ++turn) {
        for (int pass = 0; pass < 3; ++pass) {
            boxRows(layer, radius);
        }
        layer = turned(layer);
    }
}

void layOver(video::ImageF& picture, const Layer& layer)
{
    for (std::size_t i = 0; i < picture.pixels.size() / 3; ++i) {
        const float* over = layer.pixels.data() + 4 * i;
        float* under = picture.pixels.data() + 3 * i;
        for (int c = 0; c < 3; ++c) {
            under[c] = under[c] * (1 - over[3]) + over[c];
        }
    }
}

void fetch(const video::ImageF& image, float x, float y, float* out)
{
    vision::sampleLinear(image, x, y, out);
}

namespace {

// Strokes of a letter on a grid of 4 wide and 6 high, y down: pairs of points "x y x y".
struct Glyph {
    char letter;
    std::string_view strokes;
};
constexpr Glyph kGlyphs[] = {
    {'A', "06 20 20 46 14 34"},
    {'B', "00 06 00 30 30 41 41 42 42 33 33 03 33 44 44 45 45 36 36 06"},
    {'D', "00 06 00 20 20 42 42 44 44 26 26 06"},
    {'E', "00 06 00 40 03 33 06 46"},
    {'F', "00 06 00 40 03 33"},
    {'G', "41 30 30 10 10 01 01 05 05 16 16 36 36 45 45 43 43 23"},
    {'H', "00 06 40 46 03 43"},
    {'I', "20 26"},
    {'K', "00 06 40 03 13 46"},
    {'L', "00 06 06 46"},
    {'M', "06 00 00 23 23 40 40 46"},
    {'N', "06 00 00 46 46 40"},
    {'O', "10 30 30 41 41 45 45 36 36 16 16 05 05 01 01 10"},
    {'R', "00 06 00 30 30 41 41 42 42 33 33 03 23 46"},
    {'S', "41 30 30 10 10 01 01 02 02 13 13 33 33 44 44 45 45 36 36 16 16 05"},
    {'T', "00 40 20 26"},
    {'W', "00 16 16 22 22 36 36 40"},
    {'Y', "00 23 40 23 23 26"},
};
constexpr float kLetterWidth = 4.0F / 6.0F;
constexpr float kAdvance = kLetterWidth + 0.28F;

} // namespace

float textWidth(const char* text)
{
    return static_cast<float>(std::strlen(text)) * kAdvance - 0.28F;
}

float letters(const char* text, float x, float y, float thickness, float soft)
{
    if (y < -thickness - soft || y > 1 + thickness + soft) {
        return 0;
    }
    float nearest = 1e9F;
    const int count = static_cast<int>(std::strlen(text));
    const int here = static_cast<int>(std::floor(x / kAdvance));
    for (int i = std::max(here - 1, 0); i <= std::min(here + 1, count - 1); ++i) {
        for (const Glyph& glyph : kGlyphs) {
            if (glyph.letter != text[i]) {
                continue;
            }
            const Point p{(x - static_cast<float>(i) * kAdvance) * 6, y * 6};
            const auto digit = [&glyph](std::size_t at) { return static_cast<float>(glyph.strokes[at] - '0'); };
            for (std::size_t s = 0; s + 4 < glyph.strokes.size(); s += 6) {
                const Point a{digit(s), digit(s + 1)};
                const Point b{digit(s + 3), digit(s + 4)};
                nearest = std::min(nearest, segmentDistance(p, a, b));
            }
        }
    }
    const float distance = nearest / 6;
    return std::clamp((thickness + 0.5F * soft - distance) / soft, 0.0F, 1.0F);
}

} // namespace reelmend::classical::paint
