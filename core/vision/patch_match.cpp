#include "core/vision/patch_match.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace reelmend::vision::detail {

PatchMatch::PatchMatch(
    const video::Image8& rgb, const video::Image8& hole, const video::Image8& source, int radius, std::uint64_t seed)
    : rgb_(rgb)
    , hole_(hole)
    , features_(rgb.width, rgb.height, 2)
    , sourceMap_(rgb.width, rgb.height, 1)
    , targetMap_(rgb.width, rgb.height, 1)
    , matches_(rgb.pixels.size() / 3)
    , radius_(radius)
    , state_(seed * 0x9E3779B97F4A7C15ULL + 1)
{
    // Counts of holes and of usable pixels in each patch by summed areas.
    const auto width = static_cast<std::size_t>(rgb.width) + 1;
    std::vector<std::int32_t> holes(width * (static_cast<std::size_t>(rgb.height) + 1));
    std::vector<std::int32_t> bad(holes.size());
    for (int y = 0; y < rgb.height; ++y) {
        for (int x = 0; x < rgb.width; ++x) {
            const std::size_t at = (static_cast<std::size_t>(y) + 1) * width + static_cast<std::size_t>(x) + 1;
            const bool isHole = hole.row(y)[x] > 0;
            const bool isBad = isHole || (!source.empty() && source.row(y)[x] == 0);
            holes[at] = holes[at - 1] + holes[at - width] - holes[at - width - 1] + (isHole ? 1 : 0);
            bad[at] = bad[at - 1] + bad[at - width] - bad[at - width - 1] + (isBad ? 1 : 0);
        }
    }
    const auto sum = [width](const std::vector<std::int32_t>& table, int left, int top, int right, int bottom) {
        const auto at = [width, &table](int x, int y) {
            return table[static_cast<std::size_t>(y) * width + static_cast<std::size_t>(x)];
        };
        return at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top);
    };
    for (int y = 0; y < rgb.height; ++y) {
        for (int x = 0; x < rgb.width; ++x) {
            const int left = std::max(x - radius, 0);
            const int top = std::max(y - radius, 0);
            const int right = std::min(x + radius + 1, rgb.width);
            const int bottom = std::min(y + radius + 1, rgb.height);
            const bool whole = right - left == 2 * radius + 1 && bottom - top == 2 * radius + 1;
            if (whole && sum(bad, left, top, right, bottom) == 0) {
                sourceMap_.row(y)[x] = 255;
                sources_.push_back(static_cast<std::int32_t>(index(x, y)));
            }
            if (sum(holes, left, top, right, bottom) > 0) {
                targetMap_.row(y)[x] = 255;
                targets_.push_back(static_cast<std::int32_t>(index(x, y)));
            }
        }
    }
}

std::uint32_t PatchMatch::random(std::uint32_t below)
{
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>(((state_ >> 33) * below) >> 31);
}

void PatchMatch::setFeatures(video::Image8 features)
{
    features_ = std::move(features);
}

video::Image8 PatchMatch::textureFeatures(const video::Image8& rgb, const video::Image8& hole)
{
    // Box means of |dx| and |dy| over 9x9 known pixels: what tells grass from sand at a coarse level.
    const int w = rgb.width;
    const int h = rgb.height;
    const auto width = static_cast<std::size_t>(w) + 1;
    std::vector<std::int64_t> sx(width * (static_cast<std::size_t>(h) + 1));
    std::vector<std::int64_t> sy(sx.size());
    std::vector<std::int64_t> count(sx.size());
    const auto luma = [&rgb](int x, int y) {
        const std::uint8_t* p = rgb.row(y) + 3 * x;
        return (2 * p[0] + 5 * p[1] + p[2]) / 8;
    };
    for (int y = 0; y < h; ++y) {
        for (int x = 0; x < w; ++x) {
            const int right = std::min(x + 1, w - 1);
            const int below = std::min(y + 1, h - 1);
            const bool known = hole.row(y)[x] == 0 && hole.row(y)[right] == 0 && hole.row(below)[x] == 0;
            const std::size_t at = (static_cast<std::size_t>(y) + 1) * width + static_cast<std::size_t>(x) + 1;
            const auto add = [at, width](std::vector<std::int64_t>& table, int value) {
                table[at] = table[at - 1] + table[at - width] - table[at - width - 1] + value;
            };
            add(sx, known ? std::abs(luma(right, y) - luma(x, y)) : 0);
            add(sy, known ? std::abs(luma(x, below) - luma(x, y)) : 0);
            add(count, known ? 1 : 0);
        }
    }
    video::Image8 out(w, h, 2);
    for (int y = 0; y < h; ++y) {
        for (int x = 0; x < w; ++x) {
            const auto left = static_cast<std::size_t>(std::max(x - 4, 0));
            const std::size_t top = static_cast<std::size_t>(std::max(y - 4, 0)) * width;
            const auto right = static_cast<std::size_t>(std::min(x + 5, w));
            const std::size_t bottom = static_cast<std::size_t>(std::min(y + 5, h)) * width;
            const auto box = [&](const std::vector<std::int64_t>& table) {
                return table[bottom + right] - table[bottom + left] - table[top + right] + table[top + left];
            };
            const std::int64_t known = box(count);
            if (known > 0) {
                out.row(y)[2 * x] = static_cast<std::uint8_t>(std::min<std::int64_t>(255, 4 * box(sx) / known));
                out.row(y)[2 * x + 1] = static_cast<std::uint8_t>(std::min<std::int64_t>(255, 4 * box(sy) / known));
            }
        }
    }
    return out;
}

void PatchMatch::pack()
{
    packed_.assign(matches_.size() * 8, 0);
    for (std::size_t i = 0; i < matches_.size(); ++i) {
        std::uint8_t* out = packed_.data() + 8 * i;
        std::copy_n(rgb_.pixels.data() + 3 * i, 3, out);
        std::copy_n(features_.pixels.data() + 2 * i, 2, out + 3);
    }
}

float PatchMatch::distance(int x, int y, int sx, int sy, float bound) const
{
    const int left = std::max(-radius_, -x);
    const int right = std::min(radius_, rgb_.width - 1 - x);
    const int top = std::max(-radius_, -y);
    const int bottom = std::min(radius_, rgb_.height - 1 - y);
    const float pixels = static_cast<float>((right - left + 1) * (bottom - top + 1));
    const auto limit = static_cast<std::int64_t>(std::min(bound, 1e6F) * pixels) + 1;
    std::int64_t sum = 0;
    for (int j = top; j <= bottom; ++j) {
        const std::uint8_t* a = packed_.data() + 8 * index(x + left, y + j);
        const std::uint8_t* b = packed_.data() + 8 * index(sx + left, sy + j);
        const int count = 8 * (right - left + 1);
        std::int32_t row = 0;
        for (int i = 0; i < count; ++i) {
            const int d = a[i] - b[i];
            row += d * d;
        }
        sum += row;
        if (sum > limit) {
            return bound + 1;
        }
    }
    return static_cast<float>(sum) / pixels;
}

void PatchMatch::improve(int x, int y, int sx, int sy, Match& best) const
{
    if (!isSource(sx, sy)) {
        return;
    }
    const float d = distance(x, y, sx, sy, best.distance);
    if (d < best.distance) {
        best = {static_cast<std::int16_t>(sx), static_cast<std::int16_t>(sy), d};
    }
}

void PatchMatch::randomMatches()
{
    for (const std::int32_t at : targets_) {
        const std::int32_t from = sources_[random(static_cast<std::uint32_t>(sources_.size()))];
        matches_[static_cast<std::size_t>(at)] = {
            static_cast<std::int16_t>(from % rgb_.width), static_cast<std::int16_t>(from / rgb_.width), 0};
    }
}

void PatchMatch::inheritMatches(const PatchMatch& coarser)
{
    for (const std::int32_t at : targets_) {
        const int x = at % rgb_.width;
        const int y = at / rgb_.width;
        const int cx = std::min(x / 2, coarser.rgb_.width - 1);
        const int cy = std::min(y / 2, coarser.rgb_.height - 1);
        Match& match = matches_[static_cast<std::size_t>(at)];
        const Match& old = coarser.match(cx, cy);
        const int sx = 2 * old.x + (x - 2 * cx);
        const int sy = 2 * old.y + (y - 2 * cy);
        if (old.x >= 0 && isSource(sx, sy)) {
            match = {static_cast<std::int16_t>(sx), static_cast<std::int16_t>(sy), 0};
        } else {
            const std::int32_t from = sources_[random(static_cast<std::uint32_t>(sources_.size()))];
            match = {static_cast<std::int16_t>(from % rgb_.width), static_cast<std::int16_t>(from / rgb_.width), 0};
        }
    }
}

void PatchMatch::search(int iterations)
{
    pack();
    for (const std::int32_t at : targets_) {
        Match& match = matches_[static_cast<std::size_t>(at)];
        match.distance = distance(at % rgb_.width, at / rgb_.width, match.x, match.y, 1e6F);
    }
    for (int pass = 0; pass < iterations; ++pass) {
        const int step = pass % 2 == 0 ? -1 : 1;
        for (std::size_t n = 0; n < targets_.size(); ++n) {
            const std::int32_t at = pass % 2 == 0 ? targets_[n] : targets_[targets_.size() - 1 - n];
            const int x = at % rgb_.width;
            const int y = at / rgb_.width;
            Match& best = matches_[static_cast<std::size_t>(at)];
            for (const auto& [dx, dy] : {std::array{step, 0}, std::array{0, step}}) {
                const int nx = x + dx;
                const int ny = y + dy;
                if (nx >= 0 && ny >= 0 && nx < rgb_.width && ny < rgb_.height && isTarget(nx, ny)) {
                    const Match& neighbour = match(nx, ny);
                    improve(x, y, neighbour.x - dx, neighbour.y - dy, best);
                }
            }
            for (int reach = std::max(rgb_.width, rgb_.height); reach >= 1; reach /= 2) {
                const auto span = static_cast<std::uint32_t>(2 * reach + 1);
                const int sx = best.x - reach + static_cast<int>(random(span));
                const int sy = best.y - reach + static_cast<int>(random(span));
                improve(x, y, sx, sy, best);
            }
        }
    }
}

void PatchMatch::vote(bool sharp)
{
    std::vector<float> distances;
    distances.reserve(targets_.size());
    for (const std::int32_t at : targets_) {
        distances.push_back(matches_[static_cast<std::size_t>(at)].distance);
    }
    const auto quartile = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() * 3 / 4);
    std::nth_element(distances.begin(), quartile, distances.end());
    const float spread = 1.0F / std::max(2 * *quartile, 1.0F);
    const video::Image8 colours = rgb_;
    const video::Image8 textures = features_;
    for (int y = 0; y < rgb_.height; ++y) {
        for (int x = 0; x < rgb_.width; ++x) {
            if (hole_.row(y)[x] == 0) {
                continue;
            }
            std::array<float, 5> sum{};
            float total = 0;
            float nearest = 1e30F;
            for (int j = std::max(y - radius_, 0); j <= std::min(y + radius_, rgb_.height - 1); ++j) {
                for (int i = std::max(x - radius_, 0); i <= std::min(x + radius_, rgb_.width - 1); ++i) {
                    const Match& m = match(i, j);
                    const std::size_t from = index(m.x + x - i, m.y + y - j);
                    if (sharp && m.distance >= nearest) {
                        continue;
                    }
                    const float weight = sharp ? 1.0F : std::exp(-m.distance * spread);
                    if (sharp) {
                        nearest = m.distance;
                        sum = {};
                        total = 0;
                    }
                    for (std::size_t c = 0; c < 3; ++c) {
                        sum[c] += weight * static_cast<float>(colours.pixels[3 * from + c]);
                    }
                    for (std::size_t c = 0; c < 2; ++c) {
                        sum[3 + c] += weight * static_cast<float>(textures.pixels[2 * from + c]);
                    }
                    total += weight;
                }
            }
            if (total > 0) {
                for (std::size_t c = 0; c < 3; ++c) {
                    rgb_.row(y)[3 * x + static_cast<int>(c)] = static_cast<std::uint8_t>(sum[c] / total + 0.5F);
                }
                for (std::size_t c = 0; c < 2; ++c) {
                    features_.row(y)[2 * x + static_cast<int>(c)] =
                        static_cast<std::uint8_t>(sum[3 + c] / total + 0.5F);
                }
            }
        }
    }
}

} // namespace reelmend::vision::detail
