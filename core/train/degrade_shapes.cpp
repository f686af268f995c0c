#include "core/train/degrade_shapes.h"

#include <algorithm>
#include <cmath>

namespace reelmend::train {

namespace {

struct Shape {
    int kind = 0; // box, ellipse, stroke
    double y = 0, x = 0, height = 0, width = 0, angle = 0, dy = 0, dx = 0, turn = 0;
};

// A shape as it lies in one frame.
struct Placed {
    const Shape& shape;
    double cy, cx, sine, cosine;

    Placed(const Shape& s, double frame)
        : shape(s)
        , cy(s.y + s.dy * frame)
        , cx(s.x + s.dx * frame)
        , sine(std::sin(s.angle + s.turn * frame))
        , cosine(std::cos(s.angle + s.turn * frame))
    {}

    bool contains(double py, double px) const
    {
        const double u = (px - cx) * cosine + (py - cy) * sine, v = (py - cy) * cosine - (px - cx) * sine;
        if (shape.kind == 1) {
            return u * u / (shape.width * shape.width) + v * v / (shape.height * shape.height) < 1;
        }
        return std::abs(u) < shape.width && std::abs(v) < shape.height;
    }
};

} // namespace

Pixels movingShapes(std::int64_t frames, std::int64_t height, std::int64_t width, int count, Random& random)
{
    Pixels result(frames, 1, height, width);
    for (int i = 0; i < count; ++i) {
        Shape s;
        s.kind = static_cast<int>(random.below(3));
        s.y = random.uniform(0.2, 0.8) * static_cast<double>(height);
        s.x = random.uniform(0.2, 0.8) * static_cast<double>(width);
        s.height = random.uniform(0.06, 0.3) * static_cast<double>(height);
        s.width = random.uniform(0.06, 0.3) * static_cast<double>(width);
        if (s.kind == 2) { // a stroke: long and thin
            s.height = random.uniform(1.0, 4.0);
            s.width *= 2;
        }
        s.angle = random.uniform(0, 3.1416);
        s.dy = random.normal() * (random.chance(0.5) ? 2.0 : 0.2);
        s.dx = random.normal() * (random.chance(0.5) ? 2.0 : 0.2);
        s.turn = random.normal() * 0.03;
        for (std::int64_t f = 0; f < frames; ++f) {
            const Placed placed(s, static_cast<double>(f));
            for (std::int64_t y = 0; y < height; ++y) {
                for (std::int64_t x = 0; x < width; ++x) {
                    if (placed.contains(static_cast<double>(y), static_cast<double>(x))) {
                        result.at(f, 0, y, x) = 1;
                    }
                }
            }
        }
    }
    return result;
}

Pixels softField(std::int64_t frames, std::int64_t height, std::int64_t width, double cell, Random& random)
{
    const auto rows = std::max<std::int64_t>(2, static_cast<std::int64_t>(static_cast<double>(height) / cell) + 2);
    const auto columns = std::max<std::int64_t>(2, static_cast<std::int64_t>(static_cast<double>(width) / cell) + 2);
    Pixels coarse(frames, 1, rows, columns);
    const double memory = random.uniform(0.6, 0.98);
    for (std::int64_t f = 0; f < frames; ++f) {
        const auto now = coarse.plane(f, 0);
        for (std::size_t i = 0; i < now.size(); ++i) {
            const auto fresh = static_cast<float>(random.normal());
            now[i] = f == 0 ? fresh
                            : static_cast<float>(
                                  memory * coarse.plane(f - 1, 0)[i] + std::sqrt(1 - memory * memory) * fresh);
        }
    }
    return resized(coarse, height, width, Filter::kBicubic);
}

Pixels displaced(const Pixels& image, const Pixels& dy, const Pixels& dx)
{
    Pixels result(image.frames, image.channels, image.height, image.width);
    for (std::int64_t f = 0; f < image.frames; ++f) {
        for (std::int64_t y = 0; y < image.height; ++y) {
            for (std::int64_t x = 0; x < image.width; ++x) {
                const double sy = static_cast<double>(y) + dy.at(f, 0, y, x);
                const double sx = static_cast<double>(x) + dx.at(f, 0, y, x);
                for (std::int64_t c = 0; c < image.channels; ++c) {
                    result.at(f, c, y, x) = sample(image.plane(f, c), image.height, image.width, sy, sx);
                }
            }
        }
    }
    return result;
}

Pixels diffusedInto(const Pixels& image, const Pixels& hole)
{
    Pixels result = image;
    // Known colours and how much of each cell is known, at ever coarser levels; then back, filling what is unknown.
    struct Level {
        Pixels colour, known;
    };
    std::vector<Level> levels;
    Level fine{image, Pixels(image.frames, 1, image.height, image.width)};
    for (std::size_t i = 0; i < fine.known.values.size(); ++i) {
        fine.known.values[i] = hole.values[i] > 0.5f ? 0.f : 1.f;
    }
    levels.push_back(std::move(fine));
    while (std::min(levels.back().colour.height, levels.back().colour.width) > 1) {
        const Level& from = levels.back();
        const std::int64_t h = (from.colour.height + 1) / 2, w = (from.colour.width + 1) / 2;
        Level to{Pixels(image.frames, image.channels, h, w), Pixels(image.frames, 1, h, w)};
        for (std::int64_t f = 0; f < image.frames; ++f) {
            for (std::int64_t y = 0; y < h; ++y) {
                for (std::int64_t x = 0; x < w; ++x) {
                    float weight = 0;
                    for (int k = 0; k < 4; ++k) {
                        const std::int64_t sy = std::min(2 * y + k / 2, from.colour.height - 1);
                        const std::int64_t sx = std::min(2 * x + k % 2, from.colour.width - 1);
                        const float known = from.known.at(f, 0, sy, sx);
                        weight += known;
                        for (std::int64_t c = 0; c < image.channels; ++c) {
                            to.colour.at(f, c, y, x) += known * from.colour.at(f, c, sy, sx);
                        }
                    }
                    for (std::int64_t c = 0; c < image.channels && weight > 0; ++c) {
                        to.colour.at(f, c, y, x) /= weight;
                    }
                    to.known.at(f, 0, y, x) = std::min(1.f, weight);
                }
            }
        }
        levels.push_back(std::move(to));
    }
    for (std::size_t i = levels.size() - 1; i-- > 0;) {
        Level& to = levels[i];
        const Level& from = levels[i + 1];
        for (std::int64_t f = 0; f < image.frames; ++f) {
            for (std::int64_t y = 0; y < to.colour.height; ++y) {
                for (std::int64_t x = 0; x < to.colour.width; ++x) {
                    const float known = to.known.at(f, 0, y, x);
                    if (known >= 1) {
                        continue;
                    }
                    for (std::int64_t c = 0; c < image.channels; ++c) {
                        const float guess = sample(from.colour.plane(f, c), from.colour.height, from.colour.width,
                            static_cast<double>(y) / 2 - 0.25, static_cast<double>(x) / 2 - 0.25);
                        float& value = to.colour.at(f, c, y, x);
                        value = known * value + (1 - known) * guess;
                    }
                    to.known.at(f, 0, y, x) = 1;
                }
            }
        }
    }
    return levels.front().colour;
}

} // namespace reelmend::train
