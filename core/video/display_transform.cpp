#include "core/video/display_transform.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace reelmend::video {

namespace {

constexpr std::size_t kCodes = 65536;
constexpr std::size_t kRoots = 4096;   // entries of tables by the root of light
constexpr std::size_t kLights = 16384; // entries of the last table
constexpr double kPeak = 1000;         // cd/m² that footage is taken to reach
constexpr double kWhite = 203;         // cd/m² of the screen's white

// SMPTE ST 2084: signal to cd/m², and back.
constexpr double kM1 = 2610.0 / 16384, kM2 = 2523.0 / 4096 * 128;
constexpr double kC1 = 3424.0 / 4096, kC2 = 2413.0 / 4096 * 32, kC3 = 2392.0 / 4096 * 32;

double pqToLight(double signal)
{
    const double power = std::pow(std::max(signal, 0.0), 1 / kM2);
    return 10000 * std::pow(std::max(power - kC1, 0.0) / (kC2 - kC3 * power), 1 / kM1);
}

double lightToPq(double light)
{
    const double power = std::pow(std::max(light, 0.0) / 10000, kM1);
    return std::pow((kC1 + kC2 * power) / (1 + kC3 * power), kM2);
}

// ARIB STD-B67: signal to scene light, [0, 1].
double hlgToScene(double signal)
{
    constexpr double kA = 0.17883277, kB = 1 - 4 * kA;
    const double c = 0.5 - kA * std::log(4 * kA);
    return signal <= 0.5 ? signal * signal / 3 : (std::exp((signal - c) / kA) + kB) / 12;
}

// ITU-R BT.2390, section 5.4.1, from kPeak to kWhite, black to black; cd/m² in and out.
double toned(double light)
{
    const double sourcePeak = lightToPq(kPeak);
    const double top = lightToPq(kWhite) / sourcePeak;
    const double knee = 1.5 * top - 0.5;
    const double e = std::min(lightToPq(light) / sourcePeak, 1.0);
    if (e <= knee) {
        return light;
    }
    const double t = (e - knee) / (1 - knee);
    const double t2 = t * t, t3 = t2 * t;
    const double made = (2 * t3 - 3 * t2 + 1) * knee + (t3 - 2 * t2 + t) * (1 - knee) + (-2 * t3 + 3 * t2) * top;
    return pqToLight(made * sourcePeak);
}

double srgb(double light)
{
    return light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - 0.055;
}

template <class Value> std::vector<float> table(std::size_t size, Value value)
{
    std::vector<float> made(size);
    for (std::size_t i = 0; i < size; ++i) {
        made[i] = static_cast<float>(value(static_cast<double>(i) / static_cast<double>(size - 1)));
    }
    return made;
}

std::size_t entry(float value, std::size_t size)
{
    return static_cast<std::size_t>(std::clamp(value, 0.0f, 1.0f) * static_cast<float>(size - 1) + 0.5f);
}

} // namespace

DisplayTransform displayTransform(const ColourTags& tags, bool isFloat)
{
    switch (tags.transfer) {
    case Transfer::kPq:
        return DisplayTransform::kPq;
    case Transfer::kHlg:
        return DisplayTransform::kHlg;
    case Transfer::kLinear:
        return DisplayTransform::kLinear;
    default:
        return isFloat && tags.transfer == Transfer::kUnspecified ? DisplayTransform::kLinear
                                                                  : DisplayTransform::kNone;
    }
}

ScreenMap::ScreenMap(DisplayTransform transform, Primaries primaries)
    : transform_(transform)
    , isWide_(primaries == Primaries::kBt2020)
{
    screen_.resize(kLights);
    for (std::size_t i = 0; i < kLights; ++i) {
        screen_[i] = static_cast<std::uint8_t>(
            std::lround(255 * srgb(static_cast<double>(i) / static_cast<double>(kLights - 1))));
    }
    switch (transform_) {
    case DisplayTransform::kPq: // in units of the screen's white
        light_ = table(kCodes, [](double signal) { return pqToLight(signal) / kWhite; });
        tone_ = table(kCodes, [](double signal) {
            const double light = pqToLight(signal);
            return light > 0 ? toned(light) / light : 1.0;
        });
        break;
    case DisplayTransform::kHlg: // scene light first; the system gamma depends on all three
        light_ = table(kCodes, hlgToScene);
        system_ = table(kRoots, [](double root) { return std::pow(root * root, 0.2) * kPeak / kWhite; });
        tone_ = table(kRoots, [](double root) {
            const double light = root * root * kPeak;
            return light > 0 ? toned(light) / light : 1.0;
        });
        break;
    default:
        light_ = table(kCodes, [](double signal) { return signal; });
        break;
    }
}

template <class Store> void ScreenMap::eachPixel(const std::uint16_t* rgb, int count, Store store) const
{
    for (int i = 0; i < count; ++i, rgb += 3) {
        float r = light_[rgb[0]], g = light_[rgb[1]], b = light_[rgb[2]];
        if (transform_ == DisplayTransform::kPq) {
            const float factor = tone_[std::max({rgb[0], rgb[1], rgb[2]})];
            r *= factor;
            g *= factor;
            b *= factor;
        } else if (transform_ == DisplayTransform::kHlg) {
            const float luminance = 0.2627f * r + 0.6780f * g + 0.0593f * b;
            const float gamma = system_[entry(std::sqrt(luminance), kRoots)];
            const float largest = std::max({r, g, b}) * gamma * static_cast<float>(kWhite / kPeak);
            const float factor = gamma * tone_[entry(std::sqrt(largest), kRoots)];
            r *= factor;
            g *= factor;
            b *= factor;
        }
        if (isWide_) { // BT.2087, both with white D65
            const float wr = r, wg = g, wb = b;
            r = 1.6604910f * wr - 0.5876411f * wg - 0.0728499f * wb;
            g = -0.1245505f * wr + 1.1328999f * wg - 0.0083494f * wb;
            b = -0.0181508f * wr - 0.1005789f * wg + 1.1187297f * wb;
        }
        store(screen_[entry(r, kLights)], screen_[entry(g, kLights)], screen_[entry(b, kLights)]);
    }
}

void ScreenMap::row(const std::uint16_t* rgb, int count, PackedOrder order, std::uint8_t* out) const
{
    if (order == PackedOrder::kRgb) {
        eachPixel(rgb, count, [&out](std::uint8_t r, std::uint8_t g, std::uint8_t b) {
            *out++ = r;
            *out++ = g;
            *out++ = b;
        });
    } else {
        eachPixel(rgb, count, [&out](std::uint8_t r, std::uint8_t g, std::uint8_t b) {
            *out++ = b;
            *out++ = g;
            *out++ = r;
            *out++ = 255;
        });
    }
}

Image8 toScreen8(const Frame& frame)
{
    const DisplayTransform transform = displayTransform(frame.colour(), frame.format().isFloat);
    if (transform == DisplayTransform::kNone) {
        return toRgb8(frame);
    }
    const ScreenMap map(transform, frame.colour().primaries);
    const Image16 deep = toRgb16(frame);
    Image8 screen(frame.width(), frame.height(), 3);
    for (int y = 0; y < frame.height(); ++y) {
        map.row(deep.row(y), frame.width(), PackedOrder::kRgb, screen.row(y));
    }
    return screen;
}

} // namespace reelmend::video
