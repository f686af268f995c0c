#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/video/image.h"

// What the sample scene is painted with: noise, colours in linear light, soft strokes.
namespace reelmend::classical::paint {

struct Colour {
    float r = 0, g = 0, b = 0;
};
inline Colour operator+(Colour a, Colour b)
{
    return {a.r + b.r, a.g + b.g, a.b + b.b};
}
inline Colour operator*(Colour a, float s)
{
    return {a.r * s, a.g * s, a.b * s};
}
inline Colour operator*(Colour a, Colour b)
{
    return {a.r * b.r, a.g * b.g, a.b * b.b};
}
inline Colour mix(Colour a, Colour b, float t)
{
    return a * (1 - t) + b * t;
}
inline float smoothstep(float from, float to, float x)
{
    const float t = std::clamp((x - from) / (to - from), 0.0F, 1.0F);
    return t * t * (3 - 2 * t);
}

inline std::uint32_t hash(std::uint32_t x, std::uint32_t y, std::uint32_t seed)
{
    std::uint32_t h = x * 0x85EBCA6BU ^ y * 0xC2B2AE35U ^ seed * 0x27D4EB2FU;
    h = (h ^ (h >> 15)) * 0x2C1B3C6DU;
    h = (h ^ (h >> 12)) * 0x297A2D39U;
    return h ^ (h >> 15);
}
inline float unit(std::uint32_t h) // [0, 1)
{
    return static_cast<float>(h >> 8) * (1.0F / 16777216.0F);
}

// Value noise in [0, 1], one lattice point per unit.
inline float noise(float x, float y, std::uint32_t seed)
{
    const float fx = std::floor(x);
    const float fy = std::floor(y);
    const auto i = static_cast<std::uint32_t>(static_cast<std::int32_t>(fx));
    const auto j = static_cast<std::uint32_t>(static_cast<std::int32_t>(fy));
    const float u = x - fx;
    const float v = y - fy;
    const float su = u * u * u * (u * (u * 6 - 15) + 10);
    const float sv = v * v * v * (v * (v * 6 - 15) + 10);
    const float a = unit(hash(i, j, seed));
    const float b = unit(hash(i + 1, j, seed));
    const float c = unit(hash(i, j + 1, seed));
    const float d = unit(hash(i + 1, j + 1, seed));
    return (a + (b - a) * su) * (1 - sv) + (c + (d - c) * su) * sv;
}

// Sum of octaves, about [0, 1]; turned a little from octave to octave so that the lattice does not show.
inline float fbm(float x, float y, int octaves, std::uint32_t seed)
{
    float sum = 0;
    float weight = 0.5F;
    float total = 0;
    for (int i = 0; i < octaves; ++i) {
        sum += weight * noise(x, y, seed + static_cast<std::uint32_t>(i) * 101);
        total += weight;
        weight *= 0.5F;
        const float rotated = 1.6F * x - 1.2F * y + 17.3F;
        y = 1.2F * x + 1.6F * y - 9.1F;
        x = rotated;
    }
    return sum / total;
}

// A layer that is laid over a picture: colour already multiplied by its coverage, four floats a pixel.
using Layer = video::ImageF;

inline void cover(Layer& layer, int x, int y, Colour colour, float alpha)
{
    if (alpha <= 0 || x < 0 || y < 0 || x >= layer.width || y >= layer.height) {
        return;
    }
    alpha = std::min(alpha, 1.0F);
    float* p = layer.row(y) + 4 * x;
    p[0] = p[0] * (1 - alpha) + colour.r * alpha;
    p[1] = p[1] * (1 - alpha) + colour.g * alpha;
    p[2] = p[2] * (1 - alpha) + colour.b * alpha;
    p[3] = p[3] * (1 - alpha) + alpha;
}

struct Point {
    float x = 0, y = 0;
};

// A tapering stroke along a quadratic curve, in pixels, anti-aliased.
void stroke(Layer& layer, Point from, Point bend, Point to, float widthFrom, float widthTo, Colour colourFrom,
    Colour colourTo);

// Distance of a point to a line segment.
float segmentDistance(Point p, Point a, Point b);

// Three box means of `radius` (not whole numbers either): close to a Gaussian of that deviation.
void blur(Layer& layer, float radius);

// Picture (three channels) under a layer.
void layOver(video::ImageF& picture, const Layer& layer);

// Bilinear value of a picture of any channels; edges repeated.
void fetch(const video::ImageF& image, float x, float y, float* out);

// Coverage in [0, 1] of a line of capital letters, digits and spaces at (x, y), where letters are 1 high and the line
// starts at 0 and is textWidth() long; `thickness` of the strokes, `soft` = width of the edge.
float letters(const char* text, float x, float y, float thickness, float soft);
float textWidth(const char* text);

} // namespace reelmend::classical::paint
