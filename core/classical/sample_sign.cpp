#include <algorithm>
#include <cmath>
#include <vector>

#include "core/classical/sample_paint.h"
#include "core/classical/sample_shots.h"

namespace reelmend::classical {

using namespace paint;

namespace {

constexpr int kBoards = 3;

// Wood along x: fibres, growth rings cut lengthwise, knots that bend them. Returns lightness in [0, 1].
float wood(float x, float y, std::uint32_t seed)
{
    float bend = 0.25F * fbm(x * 0.9F, y * 2.2F, 3, seed);
    for (std::uint32_t k = 0; k < 2; ++k) {
        const float kx = 3.2F * unit(hash(k, 1, seed));
        const float ky = 0.1F + 0.8F * unit(hash(k, 2, seed));
        const float dx = (x - kx) * 2.2F;
        const float dy = (y - ky) * 4.5F;
        const float d = dx * dx + dy * dy;
        bend += 0.16F * std::exp(-d * 3) * (dy > 0 ? 1.0F : -1.0F) * (1 - std::exp(-d * 30));
    }
    const float rings = 0.5F + 0.5F * std::sin(38 * (y + bend) + 6 * noise(x * 0.7F, y * 3, seed + 5));
    const float fibres = fbm(x * 7, (y + 0.3F * bend) * 95, 4, seed + 9);
    return 0.25F + 0.28F * rings * rings + 0.55F * fibres;
}

} // namespace

// Units: the sign is 1 high and width / height wide.
video::ImageF paintSign(int width, int height, std::uint32_t seed)
{
    video::ImageF out(width, height, 4);
    const float scale = 1.0F / static_cast<float>(height);
    const float aspect = static_cast<float>(width) * scale;
    const float soft = 1.6F * scale;
    const char* const lines[] = {"HOLM LAKE", "BOATS FOR HIRE"};
    for (int py = 0; py < height; ++py) {
        for (int px = 0; px < width; ++px) {
            const float x = (static_cast<float>(px) + 0.5F) * scale;
            const float y = (static_cast<float>(py) + 0.5F) * scale;
            const int board = std::min(static_cast<int>(y * kBoards), kBoards - 1);
            const float inBoard = y * kBoards - static_cast<float>(board);
            const auto boardSeed = seed + static_cast<std::uint32_t>(board) * 977;
            const float grain = wood(x + 1.7F * static_cast<float>(board), inBoard / kBoards * 2.4F, boardSeed);
            const float age = fbm(x * 2.5F, y * 5, 4, seed + 40);
            const Colour brown = mix({0.085F, 0.047F, 0.026F}, {0.32F, 0.21F, 0.125F}, grain);
            const Colour grey = mix({0.09F, 0.08F, 0.072F}, {0.34F, 0.31F, 0.28F}, grain);
            Colour albedo = mix(brown, grey, smoothstep(0.35F, 0.75F, age));
            albedo = albedo * (0.85F + 0.3F * unit(hash(static_cast<std::uint32_t>(board), 3, seed)));
            float relief = 0.35F * grain;
            // Gaps between boards, and the rounded edges beside them.
            const float gap = std::min(inBoard, 1 - inBoard) / kBoards;
            const float edge = std::min({gap, x, aspect - x});
            albedo = albedo * (0.12F + 0.88F * smoothstep(0.002F, 0.016F, edge + 0.004F * (grain - 0.5F)));
            relief += 0.8F * smoothstep(0.0F, 0.03F, edge);
            // A painted frame and the lettering, worn where the wood stands out.
            const float worn = smoothstep(0.50F, 0.66F, 0.55F * fbm(x * 9, y * 14, 4, seed + 60) + 0.42F * grain);
            float paintCover = 0;
            const float room = aspect - 0.34F;
            const float first = std::min(0.30F, room / textWidth(lines[0]));
            const float second = std::min(0.17F, room / textWidth(lines[1]));
            const float firstWidth = textWidth(lines[0]) * first;
            const float secondWidth = textWidth(lines[1]) * second;
            paintCover = std::max(paintCover, letters(lines[0], (x - 0.5F * (aspect - firstWidth)) / first,
                                                  (y - 0.36F + 0.5F * first) / first, 0.070F, soft / first));
            paintCover = std::max(paintCover, letters(lines[1], (x - 0.5F * (aspect - secondWidth)) / second,
                                                  (y - 0.70F + 0.5F * second) / second, 0.075F, soft / second));
            const float border = std::min({std::fabs(x - 0.07F), std::fabs(aspect - 0.07F - x)});
            const float rim = std::min({std::fabs(y - 0.07F), std::fabs(0.93F - y)});
            const bool inFrame = x > 0.064F && x < aspect - 0.064F && y > 0.064F && y < 0.936F;
            if (inFrame) {
                paintCover = std::max(
                    paintCover, 0.8F * std::clamp((0.007F - std::min(border, rim)) / soft + 0.5F, 0.0F, 1.0F));
            }
            const float cover = paintCover * (1 - 0.93F * worn);
            const Colour cream = Colour{0.80F, 0.73F, 0.56F} * (0.72F + 0.35F * fbm(x * 20, y * 30, 3, seed + 70));
            albedo = mix(albedo, cream, cover);
            relief += -0.45F * paintCover + 0.06F * cover;
            // Nails, with a rust stain running down from each.
            for (int b = 0; b < kBoards; ++b) {
                for (const float nx : {0.035F, aspect - 0.035F, 0.5F * aspect}) {
                    const float ny = (static_cast<float>(b) + 0.5F) / kBoards;
                    const float d = std::hypot(x - nx, y - ny);
                    const float run =
                        y > ny ? std::exp(-(y - ny) * 14) * std::exp(-(x - nx) * (x - nx) * 9000) : 0.0F;
                    albedo = mix(albedo, {0.10F, 0.04F, 0.018F}, 0.55F * run);
                    const float head = std::clamp((0.013F - d) / soft + 0.5F, 0.0F, 1.0F);
                    albedo = mix(albedo, {0.10F, 0.09F, 0.085F}, head);
                    relief += 0.5F * head * (1 - d / 0.02F);
                }
            }
            float* p = out.row(py) + 4 * px;
            p[0] = albedo.r;
            p[1] = albedo.g;
            p[2] = albedo.b;
            p[3] = relief;
        }
    }
    return out;
}

namespace {

// Close by: the sign fills most of the frame, the lake behind it is out of focus, grass sways in front.
class SignShot : public SampleShot {
public:
    explicit SignShot(const SampleSettings& settings)
        : width_(settings.width)
        , height_(settings.height)
        , seed_(static_cast<std::uint32_t>(settings.seed * 7919 + 11))
        , sign_(paintSign(static_cast<int>(settings.height * 2.15), static_cast<int>(settings.height * 1.02), seed_))
        , backdrop_(paintBackdrop())
    {}

    video::ImageF paint(double seconds, double shutter) const override
    {
        return twoMoments(seconds, shutter, [this](float t) { return moment(t); });
    }

private:
    video::ImageF moment(float t) const
    {
        video::ImageF picture(width_, height_, 3);
        const auto h = static_cast<float>(height_);
        // A slow push in, and the hand that holds the camera.
        const float zoom = 0.735F + 0.020F * t;
        const float swayX = 0.010F * (noise(t * 1.1F, 0.5F, 5) - 0.5F) + 0.004F * (noise(t * 4.3F, 0.5F, 6) - 0.5F);
        const float swayY = 0.010F * (noise(t * 0.9F, 0.5F, 7) - 0.5F) + 0.004F * (noise(t * 3.9F, 0.5F, 8) - 0.5F);
        for (int y = 0; y < height_; ++y) {
            for (int x = 0; x < width_; ++x) {
                const float u = (static_cast<float>(x) + 0.5F - 0.5F * static_cast<float>(width_)) / h + swayX;
                const float v = (static_cast<float>(y) + 0.5F - 0.5F * h) / h + swayY;
                const Colour colour = signAt(u, v, zoom, t);
                float* p = picture.row(y) + 3 * x;
                p[0] = colour.r;
                p[1] = colour.g;
                p[2] = colour.b;
            }
        }
        layGrass(picture, t, swayX, swayY);
        return picture;
    }

    video::ImageF paintBackdrop() const
    {
        // Discs of light on dark water and a bank: what a long lens makes of the lake at dusk.
        const int w = static_cast<int>(width_ * 1.2);
        const int h = static_cast<int>(height_ * 1.2);
        Layer layer(w, h, 4);
        for (int y = 0; y < h; ++y) {
            for (int x = 0; x < w; ++x) {
                const float v = static_cast<float>(y) / static_cast<float>(h);
                const float u = static_cast<float>(x) / static_cast<float>(h);
                Colour c = mix({0.62F, 0.40F, 0.26F}, {0.16F, 0.15F, 0.17F}, smoothstep(0.05F, 0.5F, v));
                c = mix(
                    c, {0.045F, 0.055F, 0.03F}, smoothstep(0.48F, 0.85F, v + 0.12F * fbm(u * 2, v * 3, 3, seed_)));
                c = c * (0.75F + 0.5F * fbm(u * 3, v * 5, 3, seed_ + 3));
                cover(layer, x, y, c, 1);
            }
        }
        for (std::uint32_t i = 0; i < 130; ++i) {
            const float cx = unit(hash(i, 1, seed_)) * static_cast<float>(w);
            const float cy = (0.16F + 0.36F * unit(hash(i, 2, seed_))) * static_cast<float>(h);
            const float radius = (0.012F + 0.018F * unit(hash(i, 3, seed_))) * static_cast<float>(h);
            const float strength = 0.10F + 0.5F * std::pow(unit(hash(i, 4, seed_)), 3.0F);
            const Colour light = mix({1.5F, 0.85F, 0.42F}, {1.2F, 1.0F, 0.8F}, unit(hash(i, 5, seed_)));
            for (int y = static_cast<int>(cy - radius) - 1; y <= static_cast<int>(cy + radius) + 1; ++y) {
                for (int x = static_cast<int>(cx - radius) - 1; x <= static_cast<int>(cx + radius) + 1; ++x) {
                    const float d = std::hypot(static_cast<float>(x) - cx, static_cast<float>(y) - cy);
                    const float rim = 0.8F + 0.35F * smoothstep(0.6F * radius, radius, d);
                    cover(layer, x, y, light * rim, strength * std::clamp(radius - d + 0.5F, 0.0F, 1.0F));
                }
            }
        }
        blur(layer, 0.004F * static_cast<float>(height_));
        return layer;
    }

    Colour signAt(float u, float v, float zoom, float t) const
    {
        // Turned a little about its upright axis: near on the left.
        const float depth = 1 + 0.16F * u;
        const float sx = (u + 0.06F) / (zoom * (1 - 0.10F * u));
        const float sy = (v + 0.03F + 0.012F * u) * depth / zoom;
        const auto w = static_cast<float>(sign_.width);
        const auto h = static_cast<float>(sign_.height);
        const float px = sx * h + 0.5F * w - 0.5F;
        const float py = sy * h + 0.5F * h - 0.5F;
        float behind[4];
        const float scale = static_cast<float>(height_);
        fetch(backdrop_, (u * 0.9F + 0.5F * static_cast<float>(backdrop_.width) / scale) * scale,
            (v * 0.9F + 0.5F * static_cast<float>(backdrop_.height) / scale) * scale, behind);
        Colour colour{behind[0], behind[1], behind[2]};
        const float coverage = std::clamp(std::min({px + 1, w - px, py + 1, h - py}), 0.0F, 1.0F);
        if (coverage <= 0) {
            return colour;
        }
        float here[4];
        float right[4];
        float below[4];
        fetch(sign_, px, py, here);
        fetch(sign_, px + 1, py, right);
        fetch(sign_, px, py + 1, below);
        // Low sun from the upper left, sky from above; leaves in between move.
        const float slopeX = (here[3] - right[3]) * 1.1F;
        const float slopeY = (here[3] - below[3]) * 1.1F;
        const float norm = 1 / std::sqrt(1 + slopeX * slopeX + slopeY * slopeY);
        const float sun = std::max(0.0F, (0.62F - 0.55F * slopeX - 0.52F * slopeY) * norm);
        const float wind = 0.10F * std::sin(1.3F * t) + 0.05F * std::sin(3.1F * t + 1);
        const float leaves = fbm(sx * 3.4F + wind + 3, sy * 3.4F + 0.4F * wind, 4, seed_ + 90);
        const float lit = 0.30F + 0.70F * smoothstep(0.36F, 0.62F, leaves);
        const Colour light =
            Colour{2.35F, 1.50F, 0.84F} * (sun * lit) + Colour{0.30F, 0.36F, 0.48F} * (0.8F - 0.3F * slopeY);
        return mix(colour, Colour{here[0], here[1], here[2]} * light, coverage);
    }

    void layGrass(video::ImageF& picture, float t, float swayX, float swayY) const
    {
        Layer layer(width_, height_, 4);
        const auto h = static_cast<float>(height_);
        for (std::uint32_t i = 0; i < 90; ++i) {
            const float place = unit(hash(i, 21, seed_));
            const float x = (place * 1.15F - 0.08F) * static_cast<float>(width_) - 1.6F * swayX * h;
            const float tall = (0.10F + 0.34F * std::pow(unit(hash(i, 22, seed_)), 1.6F)) * h *
                               (0.45F + 0.9F * std::fabs(place - 0.45F));
            const float phase = 6.3F * unit(hash(i, 23, seed_));
            const float lean =
                (0.25F * (unit(hash(i, 24, seed_)) - 0.5F) + 0.10F * std::sin(2.2F * t + phase + 3 * place) + 0.05F) *
                tall;
            const float root = h * 1.02F - 1.6F * swayY * h;
            const float shade = unit(hash(i, 25, seed_));
            const Colour dark = mix({0.018F, 0.028F, 0.010F}, {0.05F, 0.055F, 0.02F}, shade);
            const Colour tip = mix({0.16F, 0.17F, 0.05F}, {0.55F, 0.40F, 0.14F}, shade);
            stroke(layer, {x, root}, {x + 0.2F * lean, root - 0.6F * tall}, {x + lean, root - tall},
                0.016F * h * (0.6F + shade), 0.003F * h, dark, tip);
        }
        blur(layer, 0.0055F * h);
        layOver(picture, layer);
    }

    int width_, height_;
    std::uint32_t seed_;
    video::ImageF sign_;
    Layer backdrop_;
};

} // namespace

std::unique_ptr<SampleShot> makeSignShot(const SampleSettings& settings)
{
    return std::make_unique<SignShot>(settings);
}

} // namespace reelmend::classical
