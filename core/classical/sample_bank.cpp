#include "core/classical/sample_bank.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/classical/sample_paint.h"
#include "core/classical/sample_shots.h"

namespace reelmend::classical {

using namespace paint;

LakeBank::LakeBank(const SampleSettings& settings, std::uint32_t seed)
    : width_(settings.width)
    , height_(settings.height)
    , seed_(seed)
    , sign_(paintSign(static_cast<int>(settings.height * 0.62), static_cast<int>(settings.height * 0.29), seed + 1))
{}

// The near bank: earth, grass in three depths, reeds. It moves against the lake as the camera does.
void LakeBank::layOver(video::ImageF& picture, const LakeCamera& camera, float t) const
{
    const auto h = static_cast<float>(height_);
    const auto column = [&](float u) { return (u - camera.u * 1.55F) * h + 0.5F * static_cast<float>(width_); };
    const auto line = [&](float v) { return (camera.v * 1.4F - v) * h + 0.5F * h; };
    const auto rise = [this](float u) {
        return -0.47F + 0.17F * smoothstep(0.05F, 1.0F, u) + 0.03F * fbm(u * 3, 0.5F, 3, seed_ + 101);
    };
    Layer layer(width_, height_, 4);
    for (int x = 0; x < width_; ++x) {
        const float u = (static_cast<float>(x) - 0.5F * static_cast<float>(width_)) / h + camera.u * 1.55F;
        const float top = line(rise(u));
        for (int y = std::max(0, static_cast<int>(top) - 1); y < height_; ++y) {
            const float v = (static_cast<float>(y) - top) / h;
            const float turf = fbm(u * 24, v * 30, 4, seed_ + 111);
            const Colour c = mix({0.012F, 0.014F, 0.007F}, {0.075F, 0.068F, 0.024F}, turf);
            cover(layer, x, y, c, std::clamp(static_cast<float>(y) - top + 0.5F, 0.0F, 1.0F));
        }
    }
    const auto blades = [&](std::uint32_t count, std::uint32_t salt, float lowest, float tallness, float brightness) {
        for (std::uint32_t i = 0; i < count; ++i) {
            const float u =
                -1.05F + 2.5F * (static_cast<float>(i) + unit(hash(i, 1, seed_ + salt))) / static_cast<float>(count);
            const float clump = smoothstep(0.35F, 0.7F, noise(u * 6, 0.5F, seed_ + salt + 1));
            const float tall = tallness * (0.35F + 0.9F * unit(hash(i, 2, seed_ + salt))) * (0.45F + 0.8F * clump);
            const float phase = 6.3F * noise(u * 2, 0.5F, seed_ + 7);
            const float gust = std::sin(1.9F * t + phase) + 0.5F * std::sin(4.3F * t + 9 * u);
            const float lean = tall * (0.35F * (unit(hash(i, 3, seed_ + salt)) - 0.45F) + 0.10F * gust);
            const float x = column(u);
            if (x < -0.1F * h || x > static_cast<float>(width_) + 0.1F * h) {
                continue;
            }
            const float y = line(rise(u) - lowest * unit(hash(i, 4, seed_ + salt)));
            const float shade = unit(hash(i, 5, seed_ + salt));
            const float sunny = std::exp(-std::fabs(u - kLakeSunU) * 0.7F);
            const Colour root = mix({0.010F, 0.014F, 0.006F}, {0.035F, 0.040F, 0.014F}, shade);
            const Colour tip = mix(mix({0.085F, 0.100F, 0.028F}, {0.30F, 0.23F, 0.085F}, shade),
                                   {0.95F, 0.55F, 0.20F}, 0.45F * sunny * shade) *
                               brightness;
            stroke(layer, {x, y}, {x + 0.15F * lean * h, y - 0.6F * tall * h}, {x + lean * h, y - tall * h},
                std::max(0.0068F * h * (0.6F + 0.7F * shade), 0.8F), 0.4F, root, tip);
        }
    };
    blades(420, 200, 0.03F, 0.085F, 0.9F);
    paint::layOver(picture, layer);
    laySign(picture, camera);
    layer = Layer(width_, height_, 4);
    blades(330, 300, 0.14F, 0.10F, 1.05F);
    // Reeds with their brown heads, at the left and behind the sign.
    for (std::uint32_t i = 0; i < 34; ++i) {
        const float group = unit(hash(i, 11, seed_));
        const float u = (group < 0.62F ? -0.86F : 1.02F) + 0.26F * unit(hash(i, 12, seed_));
        const float tall = 0.19F + 0.17F * unit(hash(i, 13, seed_));
        const float lean = tall * (0.16F * (unit(hash(i, 14, seed_)) - 0.4F) +
                                      0.045F * std::sin(1.6F * t + 5 * u + static_cast<float>(i)));
        const Point foot{column(u), line(rise(u) - 0.03F)};
        const Point top{foot.x + lean * h, foot.y - tall * h};
        stroke(layer, foot, {foot.x + 0.1F * lean * h, foot.y - 0.5F * tall * h}, top, 0.006F * h, 0.003F * h,
            {0.03F, 0.035F, 0.012F}, {0.28F, 0.20F, 0.075F});
        if (i % 3 != 0) {
            const Point head{top.x - 0.14F * lean * h, top.y + 0.055F * h};
            stroke(layer, head, {0.5F * (head.x + top.x), 0.5F * (head.y + top.y)}, {top.x, top.y + 0.012F * h},
                0.0125F * h, 0.0115F * h, {0.050F, 0.026F, 0.014F}, {0.135F, 0.062F, 0.026F});
        }
    }
    blur(layer, 0.0011F * h); // a little nearer than the focus
    paint::layOver(picture, layer);
}

void LakeBank::laySign(video::ImageF& picture, const LakeCamera& camera) const
{
    const auto h = static_cast<float>(height_);
    const auto signWidth = static_cast<float>(sign_.width);
    const auto signHeight = static_cast<float>(sign_.height);
    // Centre of the board on screen; slightly rotated, as signs are.
    const float cx = (0.57F - camera.u * 1.45F) * h + 0.5F * static_cast<float>(width_);
    const float cy = (camera.v * 1.3F + 0.155F) * h + 0.5F * h;
    const float turn = 0.022F;
    for (int y = 0; y < height_; ++y) {
        for (int x = 0; x < width_; ++x) {
            const float dx = static_cast<float>(x) - cx;
            const float dy = static_cast<float>(y) - cy;
            const float bx = dx + turn * dy;
            const float by = dy - turn * dx;
            float* p = picture.row(y) + 3 * x;
            const auto put = [p](Colour c, float a) {
                p[0] += (c.r - p[0]) * a;
                p[1] += (c.g - p[1]) * a;
                p[2] += (c.b - p[2]) * a;
            };
            // Two posts behind the board.
            for (const float post : {-0.36F, 0.36F}) {
                const float d = std::fabs(bx - post * signWidth) - 0.018F * h;
                const float top = -0.68F * signHeight - by;
                if (d < 1 && top < 1) {
                    const float round = std::clamp((bx - post * signWidth) / (0.018F * h), -1.0F, 1.0F);
                    const float grain = fbm(bx * 0.35F, by * 0.03F, 3, seed_ + 131);
                    const Colour wood =
                        mix({0.11F, 0.075F, 0.048F}, {0.30F, 0.20F, 0.12F}, grain) * (1.05F - 0.75F * round);
                    put(wood, std::clamp(0.5F - d, 0.0F, 1.0F) * std::clamp(0.5F - top, 0.0F, 1.0F));
                }
            }
            const float px = bx + 0.5F * signWidth;
            const float py = by + 0.5F * signHeight;
            const float coverage = std::clamp(std::min({px, signWidth - px, py, signHeight - py}) + 0.5F, 0.0F, 1.0F);
            if (coverage > 0) {
                std::array<float, 4> s{};
                std::array<float, 4> right{};
                std::array<float, 4> below{};
                fetch(sign_, px, py, s.data());
                fetch(sign_, px + 1, py, right.data());
                fetch(sign_, px, py + 1, below.data());
                const float light = 0.75F - 0.35F * (s[3] - right[3]) - 0.45F * (s[3] - below[3]);
                const Colour sun = Colour{1.50F, 1.02F, 0.66F} * std::max(light, 0.0F) + Colour{0.20F, 0.23F, 0.30F};
                put(Colour{s[0], s[1], s[2]} * sun, coverage);
            }
        }
    }
}

} // namespace reelmend::classical
