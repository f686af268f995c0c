#include "core/train/degrade.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/train/degrade_shapes.h"

namespace reelmend::train {

namespace {

Pixels constant(const Pixels& like, float value)
{
    return Pixels(like.frames, 1, like.height, like.width, value);
}

// to = to (1 - alpha) + from alpha
void blend(Pixels& to, const Pixels& from, const Pixels& alpha)
{
    for (std::int64_t f = 0; f < to.frames; ++f) {
        const auto a = alpha.plane(f, 0);
        for (std::int64_t c = 0; c < to.channels; ++c) {
            const auto t = to.plane(f, c);
            const auto s = from.plane(f, c);
            for (std::size_t i = 0; i < t.size(); ++i) {
                t[i] += (s[i] - t[i]) * a[i];
            }
        }
    }
}

// Rows or columns within `reach` of a place.
std::pair<std::int64_t, std::int64_t> spanOf(double place, double reach, std::int64_t size)
{
    const auto clamped = [&](double v) { return std::clamp(static_cast<std::int64_t>(v), std::int64_t{0}, size); };
    return {clamped(std::floor(place - reach)), clamped(std::ceil(place + reach) + 1)};
}

void gain(Pixels& image, std::int64_t frame, std::int64_t channel, double factor, double offset)
{
    for (float& v : image.plane(frame, channel)) {
        v = static_cast<float>(v * factor + offset);
    }
}

void oldFilm(Pixels& p, Random& random)
{
    const bool grey = random.chance(0.7);
    const double flicker = random.uniform(0, 0.06);
    const int scratches = static_cast<int>(random.below(3));
    std::array<double, 3> places{};
    for (double& place : places) {
        place = random.uniform(0, static_cast<double>(p.width));
    }
    for (std::int64_t f = 0; f < p.frames; ++f) {
        const double factor = 1 + flicker * random.normal(), offset = 0.3 * flicker * random.normal();
        for (std::int64_t c = 0; c < 3; ++c) {
            gain(p, f, c, factor, offset);
        }
        for (int s = 0; s < scratches; ++s) {
            const auto x = static_cast<std::int64_t>(places[s] + random.normal());
            const auto bright = static_cast<float>(random.uniform(-0.5, 0.6));
            for (std::int64_t y = 0; x >= 0 && x < p.width && y < p.height; ++y) {
                for (std::int64_t c = 0; c < 3; ++c) {
                    p.at(f, c, y, x) += bright;
                }
            }
        }
        for (std::int64_t spots = random.below(4); spots > 0; --spots) { // dust, one frame each
            const double cy = random.uniform(0, static_cast<double>(p.height)), radius = random.uniform(0.8, 3.5);
            const double cx = random.uniform(0, static_cast<double>(p.width));
            const auto bright = static_cast<float>(random.chance(0.5) ? 0.9 : 0.05);
            const auto [top, bottom] = spanOf(cy, radius, p.height);
            const auto [left, right] = spanOf(cx, radius, p.width);
            for (std::int64_t y = top; y < bottom; ++y) {
                for (std::int64_t x = left; x < right; ++x) {
                    const double dy = static_cast<double>(y) - cy, dx = static_cast<double>(x) - cx;
                    if (dy * dy + dx * dx < radius * radius) {
                        for (std::int64_t c = 0; c < 3; ++c) {
                            p.at(f, c, y, x) = bright;
                        }
                    }
                }
            }
        }
    }
    if (grey) {
        addNoise(p, random.uniform(0.01, 0.08), random.uniform(0.4, 1.2), true, random);
    }
}

} // namespace

Pixels reduced(const Pixels& clean, std::int64_t scale, Random& random)
{
    Pixels p = clean;
    if (random.chance(0.4)) {
        const double sigma = random.uniform(0.2, 0.5 * static_cast<double>(scale));
        blur(p, sigma, sigma * random.uniform(0.7, 1.4));
    }
    constexpr std::array kFilters{Filter::kBicubic, Filter::kBicubic, Filter::kBox, Filter::kLanczos};
    p = resized(p, clean.height / scale, clean.width / scale, kFilters[random.below(4)]);
    if (random.chance(0.5)) {
        addNoise(p, random.uniform(0, 0.025), random.chance(0.3) ? 0.6 : 0, random.chance(0.5), random);
    }
    clampToUnit(p);
    if (random.chance(0.6)) {
        quantiseBlocks(p, static_cast<int>(random.uniform(45, 97)));
    }
    clampToUnit(p);
    return p;
}

Pixels worn(const Pixels& clean, Random& random)
{
    Pixels p = clean;
    if (random.chance(0.15)) {
        blur(p, random.uniform(0.3, 0.9), random.uniform(0.3, 0.9));
    }
    if (random.chance(0.15)) {
        oldFilm(p, random);
    } else if (random.chance(0.85)) {
        addNoise(p, random.uniform(0.01, 0.12), random.chance(0.35) ? random.uniform(0.4, 1.0) : 0,
            random.chance(0.4), random);
    }
    clampToUnit(p);
    if (random.chance(0.5)) {
        quantiseBlocks(p, static_cast<int>(random.uniform(15, 95)));
    }
    clampToUnit(p);
    return p;
}

Degraded holed(const Pixels& clean, const Pixels& shape, Random& random)
{
    const std::int64_t t = clean.frames, h = clean.height, w = clean.width;
    Degraded d{clean,
        shape.values.empty() ? movingShapes(t, h, w, 1 + static_cast<int>(random.below(3)), random) : shape,
        constant(clean, 1)};
    for (float& v : d.mask.values) {
        v = v > 0.5f ? 1.f : 0.f;
    }
    // What optical flow brings from other frames: displaced by a pixel or so, resampled, in slightly other light.
    const double reach = random.uniform(0.1, 2.0), cell = random.uniform(8, 40);
    Pixels dy = softField(t, h, w, cell, random), dx = softField(t, h, w, cell, random);
    for (std::size_t i = 0; i < dy.values.size(); ++i) {
        dy.values[i] *= static_cast<float>(reach);
        dx.values[i] *= static_cast<float>(reach);
    }
    Pixels fill = displaced(clean, dy, dx);
    if (random.chance(0.5)) {
        const double sigma = random.uniform(0.3, 0.8);
        blur(fill, sigma, sigma);
    }
    const double light = random.normal() * 0.03, tint = random.uniform(0, 0.02);
    for (std::int64_t c = 0; c < 3; ++c) {
        const double factor = 1 + light + tint * random.normal(), offset = 0.01 * random.normal();
        for (std::int64_t f = 0; f < t; ++f) {
            gain(fill, f, c, factor, offset + 0.004 * random.normal());
        }
    }
    // Where nothing was ever seen: a diffused guess.
    const double unseen = random.chance(0.3) ? 2.0 : random.chance(0.4) ? -2.0 : random.uniform(-1, 1);
    Pixels guess = diffusedInto(clean, d.mask);
    const Pixels where = softField(t, h, w, random.uniform(12, 40), random);
    for (std::int64_t f = 0; f < t; ++f) {
        for (std::int64_t i = 0; i < h * w; ++i) {
            if (d.mask.plane(f, 0)[i] > 0.5f) {
                const bool isGuess = where.plane(f, 0)[i] < unseen;
                for (std::int64_t c = 0; c < 3; ++c) {
                    d.picture.plane(f, c)[i] = isGuess ? guess.plane(f, c)[i] : fill.plane(f, c)[i];
                }
                d.trust.plane(f, 0)[i] = isGuess ? 0.f : 1.f;
            }
        }
    }
    clampToUnit(d.picture);
    return d;
}

Degraded rendered(const Pixels& clean, Random& random)
{
    const std::int64_t t = clean.frames, h = clean.height, w = clean.width;
    Degraded d{clean, constant(clean, 1), constant(clean, 1)};
    if (random.chance(0.6)) { // patches without detail
        Pixels soft = clean;
        const double sigma = random.uniform(0.8, 3.0);
        blur(soft, sigma, sigma * random.uniform(0.5, 2.0));
        Pixels where = softField(t, h, w, random.uniform(10, 32), random);
        const double level = random.uniform(-0.8, 0.8);
        for (float& v : where.values) {
            v = std::clamp(static_cast<float>((v - level) * 3), 0.f, 1.f);
        }
        blend(d.picture, soft, where);
    }
    // Floaters and spikes: translucent splats, round or needle-like, that hang in the air and pop in and out.
    for (std::int64_t n = 1 + random.below(8); n > 0; --n) {
        const bool spike = random.chance(0.4);
        const double length = spike ? random.uniform(6, 30) : random.uniform(1.5, 9);
        const double thickness = spike ? random.uniform(0.5, 1.6) : length * random.uniform(0.5, 1.0);
        const double angle = random.uniform(0, 3.1416), opacity = random.uniform(0.3, 1.0);
        const double sine = std::sin(angle), cosine = std::cos(angle), reach = 3 * std::max(length, thickness);
        const double y0 = random.uniform(0, static_cast<double>(h)), x0 = random.uniform(0, static_cast<double>(w));
        const double vy = random.normal() * 1.5, vx = random.normal() * 1.5;
        const bool pops = random.chance(0.4);
        std::array<float, 3> colour{};
        const auto py = random.below(h), px = random.below(w);
        for (std::int64_t c = 0; c < 3; ++c) {
            colour[c] = static_cast<float>(clean.at(0, c, py, px) * random.uniform(0.6, 1.4) + 0.1 * random.normal());
        }
        for (std::int64_t f = 0; f < t; ++f) {
            if (pops && random.chance(0.5)) {
                continue;
            }
            const double cy = y0 + vy * static_cast<double>(f), cx = x0 + vx * static_cast<double>(f);
            const auto [top, bottom] = spanOf(cy, reach, h);
            const auto [left, right] = spanOf(cx, reach, w);
            for (std::int64_t y = top; y < bottom; ++y) {
                for (std::int64_t x = left; x < right; ++x) {
                    const double ry = static_cast<double>(y) - cy, rx = static_cast<double>(x) - cx;
                    const double u = (rx * cosine + ry * sine) / length, v = (ry * cosine - rx * sine) / thickness;
                    const double e = u * u + v * v;
                    if (e < 9) {
                        const auto a = static_cast<float>(opacity * std::exp(-0.5 * e));
                        for (std::int64_t c = 0; c < 3; ++c) {
                            float& value = d.picture.at(f, c, y, x);
                            value += (colour[c] - value) * a;
                        }
                    }
                }
            }
        }
    }
    if (random.chance(0.35)) { // missing surface: the background colour shows
        Pixels holes = softField(t, h, w, random.uniform(6, 14), random);
        for (float& v : holes.values) {
            v = std::clamp(static_cast<float>((v - 1.6) * 4), 0.f, 1.f);
        }
        Pixels background(t, 3, h, w, random.chance(0.6) ? 0.f : static_cast<float>(random.uniform()));
        blend(d.picture, background, holes);
    }
    if (random.chance(0.4)) { // exposure baked differently per view
        for (std::int64_t f = 0; f < t; ++f) {
            const double factor = 1 + 0.05 * random.normal();
            for (std::int64_t c = 0; c < 3; ++c) {
                gain(d.picture, f, c, factor, 0);
            }
        }
    }
    clampToUnit(d.picture);
    return d;
}

Degraded swimming(const Pixels& clean, Random& random)
{
    const std::int64_t t = clean.frames, h = clean.height, w = clean.width;
    Degraded d{clean, constant(clean, 1), constant(clean, 1)};
    Pixels where = softField(t, h, w, static_cast<double>(h) / 4, random);
    for (float& v : where.values) {
        v = std::clamp((v - 0.3f) * 3, 0.f, 1.f);
    }
    Pixels dy = softField(t, h, w, 24, random), dx = softField(t, h, w, 24, random);
    for (std::size_t i = 0; i < dy.values.size(); ++i) {
        dy.values[i] *= 1.5f * where.values[i];
        dx.values[i] *= 2.5f * where.values[i];
    }
    Pixels moved = displaced(clean, dy, dx);
    for (float& v : dx.values) {
        v = -v;
    }
    Pixels half = constant(clean, 0.35f);
    blend(moved, displaced(clean, dy, dx), half);
    blend(d.picture, moved, where);
    return d;
}

Degraded inserted(const Pixels& clean, const Pixels& shape, Random& random)
{
    const std::int64_t t = clean.frames, h = clean.height, w = clean.width;
    Degraded d{clean,
        shape.values.empty() ? movingShapes(t, h, w, 1 + static_cast<int>(random.below(2)), random) : shape,
        constant(clean, 1)};
    Pixels object = clean;
    if (random.chance(0.4)) {
        const double sigma = random.uniform(0.3, 1.0);
        blur(object, sigma, sigma);
    }
    const double light = std::exp(0.35 * random.normal()), contrast = std::exp(0.2 * random.normal());
    const double gamma = std::exp(0.25 * random.normal()), saturation = std::exp(0.3 * random.normal());
    const double drift = random.chance(0.3) ? 0.02 : 0.0;
    std::array<double, 3> tint{};
    for (double& v : tint) {
        v = std::exp(0.12 * random.normal());
    }
    double walk = 0;
    for (std::int64_t f = 0; f < t; ++f) {
        walk += drift * random.normal();
        const auto r = object.plane(f, 0), g = object.plane(f, 1), b = object.plane(f, 2);
        for (std::size_t i = 0; i < r.size(); ++i) {
            const double grey = 0.299 * r[i] + 0.587 * g[i] + 0.114 * b[i];
            const std::array<float, 3> in{r[i], g[i], b[i]};
            std::array<float, 3> out{};
            for (std::size_t c = 0; c < 3; ++c) {
                double v = grey + (in[c] - grey) * saturation;
                v = (std::pow(std::max(v, 0.0), gamma) - 0.4) * contrast + 0.4;
                out[c] = static_cast<float>(v * light * tint[c] * (1 + walk));
            }
            r[i] = out[0];
            g[i] = out[1];
            b[i] = out[2];
        }
    }
    if (random.chance(0.3)) {
        addNoise(object, random.uniform(0.005, 0.04), 0, random.chance(0.5), random);
    }
    clampToUnit(object);
    Pixels alpha = d.mask;
    if (random.chance(0.6)) { // a matte is never quite right at its edge
        const double sigma = random.uniform(0.3, 1.2);
        blur(alpha, sigma, sigma);
        d.mask = alpha;
        if (random.chance(0.5)) {
            const double bias = random.uniform(-0.25, 0.25);
            for (float& v : alpha.values) {
                v = std::clamp(static_cast<float>((v - 0.5) * 1.5 + 0.5 + bias), 0.f, 1.f);
            }
        }
    }
    blend(d.picture, object, alpha);
    return d;
}

} // namespace reelmend::train
