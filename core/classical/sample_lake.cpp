#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/classical/sample_bank.h"
#include "core/classical/sample_paint.h"
#include "core/classical/sample_shots.h"

namespace reelmend::classical {

using namespace paint;

namespace {

// Directions are (u, v): to the right and up, the frame is 1 high; the horizon lies at v = 0.
constexpr float kEye = 0.035F; // of the camera above the water, in units of distance
constexpr float kLeft = -1.5F; // what the backdrop spans
constexpr float kRight = 1.9F;
constexpr float kTop = 0.78F;
constexpr Colour kHazeWarm{1.25F, 0.66F, 0.36F};
constexpr Colour kHazeCool{0.50F, 0.40F, 0.42F};

float ridge(float u, float base, float height, float frequency, std::uint32_t seed)
{
    return base + height * (fbm(u * frequency, 0.5F, 5, seed) - 0.35F) +
           0.35F * height * (0.5F - std::fabs(noise(u * frequency * 0.8F, 3.3F, seed + 7) - 0.5F));
}

float boatPlace(float t)
{
    return -0.60F + 0.24F * t;
}

class LakeShot : public SampleShot {
public:
    explicit LakeShot(const SampleSettings& settings)
        : width_(settings.width)
        , height_(settings.height)
        , seed_(static_cast<std::uint32_t>(settings.seed * 104729 + 3))
        , bank_(settings, seed_)
    {
        paintLand();
        paintWaves();
    }

    video::ImageF paint(double seconds, double shutter) const override;

private:
    video::ImageF moment(const video::ImageF& air, float t) const;
    void paintLand();
    void paintWaves();
    video::ImageF paintSky(float t) const;
    Colour sky(float u, float v, float t) const;
    Colour behind(const video::ImageF& sky, float u, float v) const;
    Colour water(const video::ImageF& sky, float u, float v, float t) const;
    float sailAt(float u, float v, float t, Colour& colour) const;
    LakeCamera camera(float t) const;

    int width_, height_;
    std::uint32_t seed_;
    video::ImageF land_;  // colour and coverage of what stands in front of the sky
    video::ImageF waves_; // slope of water in x and y, a tile
    LakeBank bank_;
};

LakeCamera LakeShot::camera(float t) const
{
    const auto wobble = [t](float rate, float row, float size) { return size * (noise(t * rate, row, 77) - 0.5F); };
    return {-0.10F + 0.075F * t + wobble(1.1F, 0.5F, 0.016F) + wobble(4.7F, 1.5F, 0.0035F),
        0.035F + wobble(0.9F, 2.5F, 0.014F) + wobble(4.1F, 3.5F, 0.0035F)};
}

// Colour of the air without land: gradient, sun, clouds that drift.
Colour LakeShot::sky(float u, float v, float t) const
{
    const float du = u - kLakeSunU;
    const float dv = v - kLakeSunV;
    const float fromSun = std::sqrt(du * du + dv * dv);
    const float warm = std::exp(-fromSun * 1.35F);
    const Colour horizon = mix({0.72F, 0.46F, 0.42F}, {1.9F, 0.92F, 0.36F}, warm);
    const Colour middle = mix({0.36F, 0.35F, 0.47F}, {1.0F, 0.66F, 0.42F}, warm * 0.8F);
    const Colour high{0.095F, 0.15F, 0.30F};
    Colour colour = mix(horizon, middle, smoothstep(0.0F, 0.22F, v));
    colour = mix(colour, high, smoothstep(0.12F, 0.75F, v));
    colour = colour + Colour{2.4F, 1.35F, 0.55F} * (0.55F * std::exp(-fromSun * 7));
    // Clouds lie on a plane high above, so they crowd together near the horizon.
    const float far = 0.26F / (v + 0.085F);
    const float x = (u - 0.012F * t) * (far + 0.6F) * 1.25F + 4;
    const float y = far * 1.9F;
    const float shape = fbm(x, y, 6, seed_ + 20);
    const float toSun = fbm(x + 0.10F * (kLakeSunU - u), y - 0.16F, 4, seed_ + 20);
    const float density = smoothstep(0.47F, 0.70F, shape) * smoothstep(0.0F, 0.07F, v);
    const float lit = std::clamp(0.5F + 3.4F * (shape - toSun), 0.0F, 1.0F);
    const Colour dark = mix({0.20F, 0.18F, 0.25F}, {0.55F, 0.34F, 0.28F}, warm);
    const Colour bright = mix({0.95F, 0.60F, 0.50F}, {2.6F, 1.35F, 0.58F}, warm);
    colour = mix(colour, mix(dark, bright, lit * (0.35F + 0.65F * (1 - density * 0.6F))), density * 0.92F);
    const float disc = std::clamp((0.021F - fromSun) / 0.004F, 0.0F, 1.0F);
    return colour + Colour{26, 15, 6} * (disc * (1 - 0.85F * density));
}

video::ImageF LakeShot::paintSky(float t) const
{
    // Air is soft: half the resolution is enough.
    const float scale = 0.5F * static_cast<float>(height_);
    video::ImageF out(static_cast<int>((kRight - kLeft) * scale), static_cast<int>(kTop * scale) + 2, 3);
    // Only what the camera, or the water below it, can see.
    const LakeCamera view = camera(t);
    const float half = 0.5F * static_cast<float>(width_) / static_cast<float>(height_) + 0.12F;
    const auto rows = [&](int begin, int end) {
        for (int y = begin; y < end; ++y) {
            for (int x = 0; x < out.width; ++x) {
                const float u = kLeft + (static_cast<float>(x) + 0.5F) / scale;
                if (std::fabs(u - view.u) > half) {
                    continue;
                }
                const Colour c = sky(u, (static_cast<float>(y) + 0.5F) / scale, t);
                float* p = out.row(y) + 3 * x;
                p[0] = c.r;
                p[1] = c.g;
                p[2] = c.b;
            }
        }
    };
    auto upper = std::async(std::launch::async, rows, out.height / 2, out.height);
    rows(0, out.height / 2);
    upper.get();
    return out;
}

void LakeShot::paintLand()
{
    const float scale = 1.5F * static_cast<float>(height_);
    land_ = video::ImageF(static_cast<int>((kRight - kLeft) * scale), static_cast<int>(0.30F * scale), 4);
    for (int x = 0; x < land_.width; ++x) {
        const float u = kLeft + (static_cast<float>(x) + 0.5F) / scale;
        const float near = std::exp(-std::fabs(u - kLakeSunU) * 1.2F);
        const Colour haze = mix(kHazeCool, kHazeWarm, near);
        const float far = ridge(u, 0.075F, 0.17F, 2.2F, seed_ + 31);
        const float middle = ridge(u, 0.045F, 0.12F, 3.1F, seed_ + 41);
        const float shore = 0.016F + 0.035F * fbm(u * 2.5F, 0.5F, 3, seed_ + 51);
        const float trees =
            shore + 0.018F * fbm(u * 38, 0.5F, 3, seed_ + 61) + 0.010F * noise(u * 130, 0.5F, seed_ + 62);
        for (int y = 0; y < land_.height; ++y) {
            const float v = (static_cast<float>(y) + 0.5F) / scale;
            float* p = land_.row(y) + 4 * x;
            const auto put = [p](Colour c, float alpha) {
                p[0] = p[0] * (1 - alpha) + c.r * alpha;
                p[1] = p[1] * (1 - alpha) + c.g * alpha;
                p[2] = p[2] * (1 - alpha) + c.b * alpha;
                p[3] = p[3] * (1 - alpha) + alpha;
            };
            const auto edge = [v, scale](float top) { return std::clamp((top - v) * scale + 0.5F, 0.0F, 1.0F); };
            // Slopes catch the low light from the left, valleys keep the mist.
            const auto slope = [&](float frequency, std::uint32_t seed) {
                const float a = fbm(u * frequency, v * frequency * 1.6F, 5, seed);
                const float b = fbm((u - 0.02F) * frequency, v * frequency * 1.6F, 5, seed);
                return std::clamp(0.5F + 5 * (a - b), 0.0F, 1.0F);
            };
            if (v < far) {
                const Colour rock = mix({0.15F, 0.15F, 0.20F}, {0.55F, 0.36F, 0.30F}, slope(7, seed_ + 33));
                put(mix(rock, haze, 0.62F + 0.25F * smoothstep(0.09F, 0.01F, v)), edge(far));
            }
            if (v < middle) {
                const Colour wood = mix({0.040F, 0.050F, 0.055F}, {0.26F, 0.19F, 0.12F}, slope(11, seed_ + 43));
                const float speckle = 0.8F + 0.4F * noise(u * 160, v * 190, seed_ + 44);
                put(mix(wood * speckle, haze, 0.36F + 0.34F * smoothstep(0.06F, 0.0F, v)), edge(middle));
            }
            if (v < trees) {
                const float leaf = fbm(u * 95, v * 120, 3, seed_ + 63);
                const float crown = smoothstep(0.0F, 0.012F, trees - v);
                Colour green = mix({0.012F, 0.018F, 0.012F}, {0.105F, 0.095F, 0.035F}, leaf * leaf);
                green = mix(mix(green, {0.42F, 0.27F, 0.12F}, 0.35F * (1 - crown) * near), haze, 0.10F);
                // A light strip of reeds at the waterline.
                green =
                    mix(green, {0.22F, 0.18F, 0.09F}, 0.7F * smoothstep(0.007F, 0.003F, v) * (0.6F + 0.4F * leaf));
                put(green, edge(trees));
            }
        }
    }
    // Two boathouses on the far shore.
    for (const auto& [place, wide, tall] : {std::array{0.27F, 0.050F, 0.022F}, std::array{0.98F, 0.036F, 0.017F}}) {
        for (int y = 0; y < land_.height; ++y) {
            for (int x = 0; x < land_.width; ++x) {
                const float u = kLeft + (static_cast<float>(x) + 0.5F) / scale - place;
                const float v = (static_cast<float>(y) + 0.5F) / scale - 0.004F;
                const float roof = tall + 0.55F * tall * (1 - std::fabs(u) / (0.6F * wide));
                if (std::fabs(u) < 0.6F * wide && v > tall && v < roof) {
                    std::copy_n(std::array{0.16F, 0.055F, 0.035F, 1.0F}.begin(), 4, land_.row(y) + 4 * x);
                } else if (std::fabs(u) < 0.5F * wide && v > 0 && v <= tall) {
                    const bool door = std::fabs(u + 0.1F * wide) < 0.12F * wide && v < 0.7F * tall;
                    const float side = 0.30F + 0.5F * smoothstep(0.1F * wide, -0.5F * wide, u);
                    const std::array<float, 4> wall{side * 0.62F, side * 0.47F, side * 0.36F, 1.0F};
                    const std::array<float, 4> dark{0.03F, 0.025F, 0.03F, 1.0F};
                    std::copy_n(door ? dark.begin() : wall.begin(), 4, land_.row(y) + 4 * x);
                }
            }
        }
    }
}

void LakeShot::paintWaves()
{
    // Slopes of a tile of noise that repeats every 32 lattice cells.
    constexpr int kSide = 512;
    constexpr int kCells = 32;
    video::ImageF heights(kSide, kSide, 1);
    for (int y = 0; y < kSide; ++y) {
        for (int x = 0; x < kSide; ++x) {
            float sum = 0;
            float weight = 1;
            int cells = kCells;
            for (std::uint32_t octave = 0; octave < 3; ++octave) {
                const float fx = static_cast<float>(x) * static_cast<float>(cells) / kSide;
                const float fy = static_cast<float>(y) * static_cast<float>(cells) / kSide;
                const auto lattice = [&](int i, int j) {
                    return unit(hash(static_cast<std::uint32_t>(i % cells), static_cast<std::uint32_t>(j % cells),
                        seed_ + octave));
                };
                const int i = static_cast<int>(fx);
                const int j = static_cast<int>(fy);
                const float su = smoothstep(0, 1, fx - static_cast<float>(i));
                const float sv = smoothstep(0, 1, fy - static_cast<float>(j));
                sum += weight * ((lattice(i, j) * (1 - su) + lattice(i + 1, j) * su) * (1 - sv) +
                                    (lattice(i, j + 1) * (1 - su) + lattice(i + 1, j + 1) * su) * sv);
                weight *= 0.5F;
                cells *= 2;
            }
            heights.row(y)[x] = sum;
        }
    }
    waves_ = video::ImageF(kSide, kSide, 2);
    for (int y = 0; y < kSide; ++y) {
        for (int x = 0; x < kSide; ++x) {
            waves_.row(y)[2 * x] = (heights.row(y)[(x + 1) % kSide] - heights.row(y)[(x + kSide - 1) % kSide]) * 4;
            waves_.row(y)[2 * x + 1] =
                (heights.row((y + 1) % kSide)[x] - heights.row((y + kSide - 1) % kSide)[x]) * 4;
        }
    }
}

// What is seen above the water in direction (u, v), v >= 0.
Colour LakeShot::behind(const video::ImageF& air, float u, float v) const
{
    std::array<float, 4> p{};
    const float half = 0.5F * static_cast<float>(height_);
    fetch(air, (u - kLeft) * half - 0.5F, v * half - 0.5F, p.data());
    Colour colour{p[0], p[1], p[2]};
    const float scale = 1.5F * static_cast<float>(height_);
    const float y = v * scale - 0.5F;
    if (y < static_cast<float>(land_.height - 1)) {
        fetch(land_, (u - kLeft) * scale - 0.5F, y, p.data());
        colour = colour * (1 - p[3]) + Colour{p[0], p[1], p[2]};
    }
    return colour;
}

// The boat: coverage and colour in direction (u, v).
float LakeShot::sailAt(float u, float v, float t, Colour& colour) const
{
    const float size = 0.21F;
    const float roll = 0.035F * std::sin(1.7F * t) + 0.02F * std::sin(2.9F * t + 1);
    const float x0 = (u - boatPlace(t)) / size;
    const float y0 = (v + 0.052F - 0.0022F * std::sin(2.1F * t)) / size;
    const float x = x0 + roll * y0;
    const float y = y0 - roll * x0;
    if (x < -0.62F || x > 0.66F || y < -0.06F || y > 1.12F) {
        return 0;
    }
    const float soft = 1.2F / (size * static_cast<float>(height_));
    const auto inside = [soft](float distance) { return std::clamp(distance / soft + 0.5F, 0.0F, 1.0F); };
    float alpha = 0;
    const auto put = [&](Colour c, float a) {
        colour = mix(colour, c, a);
        alpha = alpha + a - alpha * a;
    };
    // Main sail: luff along the mast, a curved leech; light shines through from the left.
    const float up = std::clamp((y - 0.16F) / 0.90F, 0.0F, 1.0F);
    const float leech = -0.03F - 0.46F * (1 - up) - 0.055F * std::sin(3.14F * up);
    if (y > 0.15F && y < 1.06F) {
        const float cover = std::min({inside(x - leech), inside(-0.015F - x), inside(y - 0.16F), inside(1.06F - y)});
        const float panel = std::fabs(std::fmod(y * 7 + 0.35F * x, 1.0F) - 0.5F);
        const float belly = smoothstep(leech, 0.0F, x);
        const float fold = 0.08F * noise(x * 9, y * 5 + 0.5F * t, seed_ + 81);
        Colour cloth = mix({1.25F, 0.93F, 0.66F}, {0.52F, 0.46F, 0.47F}, belly * 0.85F + fold);
        cloth = cloth * (panel > 0.47F ? 0.84F : 1.0F);
        put(cloth, cover);
    }
    // Jib in front of the mast.
    const float jib = 0.05F + 0.40F * (1 - std::clamp((y - 0.14F) / 0.74F, 0.0F, 1.0F));
    if (y > 0.13F && y < 0.88F) {
        const float cover = std::min({inside(jib - x), inside(x - 0.03F), inside(y - 0.14F - 0.12F * x)});
        const float belly = smoothstep(0.02F, jib + 0.05F, x);
        put(mix({1.05F, 0.80F, 0.58F}, {0.42F, 0.38F, 0.40F}, belly), cover);
    }
    put({0.10F, 0.065F, 0.04F},
        std::min({inside(0.011F - std::fabs(x - 0.003F)), inside(y - 0.05F), inside(1.09F - y)}));
    put({0.10F, 0.065F, 0.04F},
        std::min({inside(0.011F - std::fabs(y - 0.155F)), inside(x + 0.50F), inside(0.02F - x)}));
    // Two people.
    for (const float px : {-0.27F, -0.12F}) {
        const float head = 0.030F - std::hypot(x - px, y - 0.165F);
        const float body = 0.048F - std::hypot((x - px) * 0.9F, (y - 0.095F) * 0.75F);
        put(px < -0.2F ? Colour{0.45F, 0.075F, 0.04F} : Colour{0.055F, 0.075F, 0.14F}, inside(body));
        put({0.34F, 0.19F, 0.12F}, inside(head));
    }
    // Hull with a light strake.
    const float bow = std::clamp((x + 0.50F) / 1.02F, 0.0F, 1.0F);
    const float deck = 0.050F + 0.035F * bow * bow;
    const float keel = -0.035F - 0.01F * std::sin(3.14F * bow);
    const float stern = -0.50F + 0.10F * (0.05F - y);
    const float stem = 0.52F + 1.1F * (y - 0.06F);
    const float hull = std::min({inside(deck - y), inside(y - keel), inside(x - stern), inside(stem - x)});
    const float strake = inside(0.012F - std::fabs(y - deck + 0.018F));
    const float round = smoothstep(-0.04F, 0.06F, y);
    put(mix(mix({0.022F, 0.017F, 0.016F}, {0.19F, 0.085F, 0.045F}, round), {0.85F, 0.64F, 0.45F}, strake), hull);
    return alpha;
}

Colour LakeShot::water(const video::ImageF& air, float u, float v, float t) const
{
    const float depth = -v;
    const float distance = kEye / std::max(depth, 0.0015F);
    const float worldX = u * distance * 26;
    const float worldZ = distance * 26;
    // What one pixel covers of the surface, along the view.
    const float foot = distance * distance / kEye * 26 / static_cast<float>(height_);
    float slopeX = 0;
    float slopeZ = 0;
    float rough = 0;
    struct Train {
        float size, vx, vz, strength;
    };
    constexpr std::array kTrains = {Train{1.9F, 0.30F, -0.55F, 0.9F}, Train{0.62F, -0.35F, -0.60F, 0.8F},
        Train{0.21F, 0.25F, -0.50F, 0.55F}, Train{0.085F, -0.12F, -0.30F, 0.35F}};
    // Gusts roughen the surface in drifting patches.
    const float gust = 0.45F + 0.9F * smoothstep(0.35F, 0.7F,
                                          fbm(worldX * 0.07F + 0.10F * t, worldZ * 0.11F + 0.25F * t, 3, seed_ + 95));
    for (const Train& train : kTrains) {
        const float seen = std::exp(-0.35F * (foot / train.size) * (foot / train.size));
        rough += train.strength * (1 - seen);
        if (seen < 0.02F) {
            continue;
        }
        const float side = static_cast<float>(waves_.width);
        float x = (worldX + train.vx * t) / train.size * 16;
        float y = (worldZ + train.vz * t) / train.size * 11;
        x -= std::floor(x / side) * side;
        y -= std::floor(y / side) * side;
        std::array<float, 2> slope{};
        fetch(waves_, x, y, slope.data());
        slopeX += seen * train.strength * slope[0];
        slopeZ += seen * train.strength * slope[1];
    }
    slopeX *= gust;
    slopeZ *= gust;
    const float look = 1 / (1 + 3 * distance);
    // Reflected direction; unresolved waves smear it upwards.
    Colour sum{};
    const std::array<float, 3> spread{0.25F, 0.9F, 2.2F};
    for (const float s : spread) {
        const float ru = u + 0.050F * slopeX * (0.4F + look);
        float rv =
            depth * (1 + 0.5F * slopeZ) + 0.055F * std::fabs(slopeZ) + 0.020F * s * rough * gust * (depth * 4 + 0.3F);
        rv = std::clamp(rv, 0.001F, kTop - 0.02F);
        Colour mirrored = behind(air, ru, rv);
        Colour boat{};
        // The boat's mirror image hangs below its waterline.
        const float seen =
            sailAt(u + 0.011F * slopeX, -v * (1 + 0.05F * slopeZ) - 0.104F + 0.010F * slopeZ * s, t, boat);
        const bool below = v < -0.050F;
        mirrored = mix(mirrored, boat * 0.85F, below ? 0.9F * seen : 0.0F);
        sum = sum + mirrored * (1.0F / 3);
    }
    const float grazing = std::clamp(1 - 1.55F * (depth + 0.07F * slopeZ), 0.0F, 1.0F);
    const float fresnel = 0.06F + 0.86F * grazing * grazing * grazing;
    const Colour deep = mix({0.020F, 0.040F, 0.045F}, {0.045F, 0.055F, 0.045F}, smoothstep(0.1F, 0.6F, depth));
    Colour colour = mix(deep, sum, fresnel);
    // Single sparks where a wave stands just right towards the sun.
    const float aside = std::fabs(u - kLakeSunU + 0.10F * slopeX);
    const float spark = std::exp(-aside * aside * 70) * smoothstep(0.65F, 1.4F, slopeZ + 0.3F * slopeX + 0.25F);
    colour = colour + Colour{6, 3.1F, 1.2F} * (spark * (0.2F + 0.8F * look));
    // The wake behind the boat.
    const float boatU = boatPlace(t);
    const float back = boatU - 0.08F - u;
    const float line = -0.060F - 0.10F * std::max(back, 0.0F) * 0.35F;
    if (back > 0 && back < 0.5F) {
        const float d = (v - line) / (0.004F + 0.012F * back);
        colour = mix(colour, {0.85F, 0.58F, 0.42F},
            0.35F * std::exp(-d * d) * std::exp(-4 * back) * (0.4F + noise(u * 190, v * 400 + 4 * t, seed_ + 97)));
    }
    const Colour haze = mix(kHazeCool, kHazeWarm, std::exp(-std::fabs(u - kLakeSunU) * 1.2F));
    return mix(colour, haze, 0.30F * smoothstep(0.012F, 0.0F, depth));
}

video::ImageF LakeShot::paint(double seconds, double shutter) const
{
    const video::ImageF air = paintSky(static_cast<float>(seconds));
    return twoMoments(seconds, shutter, [&](float t) { return moment(air, t); });
}

video::ImageF LakeShot::moment(const video::ImageF& air, float t) const
{
    const LakeCamera view = camera(t);
    video::ImageF picture(width_, height_, 3);
    const auto h = static_cast<float>(height_);
    for (int y = 0; y < height_; ++y) {
        for (int x = 0; x < width_; ++x) {
            const float u = (static_cast<float>(x) + 0.5F - 0.5F * static_cast<float>(width_)) / h + view.u;
            const float v = (0.5F * h - static_cast<float>(y) - 0.5F) / h + view.v;
            Colour colour = v >= 0 ? behind(air, u, v) : water(air, u, v, t);
            Colour boat{};
            const float seen = sailAt(u, v, t, boat);
            colour = mix(colour, boat, seen);
            float* p = picture.row(y) + 3 * x;
            p[0] = colour.r;
            p[1] = colour.g;
            p[2] = colour.b;
        }
    }
    bank_.layOver(picture, view, t);
    return picture;
}

} // namespace

std::unique_ptr<SampleShot> makeLakeShot(const SampleSettings& settings)
{
    return std::make_unique<LakeShot>(settings);
}

} // namespace reelmend::classical
