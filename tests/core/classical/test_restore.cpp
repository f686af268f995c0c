#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "core/base/error.h"
#include "core/classical/enhancer.h"
#include "core/video/convert.h"
#include "tests/core/vision/scenes.h"

using namespace reelmend;
using namespace reelmend::classical;

namespace {

constexpr int kWidth = 96;
constexpr int kHeight = 64;

Settings restore(double strength)
{
    Settings settings;
    settings.task = jobs::Task::kRestore;
    settings.strength = strength;
    return settings;
}

video::ImageF clean(std::int64_t frame)
{
    return test::texturePicture(kWidth, kHeight, 8, static_cast<float>(frame), 0);
}

video::ImageF noisy(std::int64_t frame)
{
    std::mt19937 generator(static_cast<unsigned>(frame) + 5);
    std::normal_distribution<float> noise(0, 12.0F / 255);
    video::ImageF picture = clean(frame);
    for (float& sample : picture.pixels) {
        sample += noise(generator);
    }
    return picture;
}

double psnr(const video::ImageF& a, const video::ImageF& b)
{
    double sum = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) {
        const double difference = a.pixels[i] - b.pixels[i];
        sum += difference * difference;
    }
    return -10 * std::log10(sum / static_cast<double>(a.pixels.size()));
}

} // namespace

TEST_CASE("noise goes, whatever the format, and format, tags and time stay")
{
    const base::Control control;
    for (const char* format : {"yuv420p", "yuv422p10le", "yuv444p12le", "gbrp", "gray", "rgb24"}) {
        CAPTURE(std::string(format));
        test::PaintedClip clip(kWidth, kHeight, 3, noisy, format);
        test::PaintedClip target(kWidth, kHeight, 3, clean, format);
        const EnhancedFrame result = Enhancer::make(restore(1), clip, nullptr, control)->enhance(1);
        CHECK(result.frame.format() == clip.frame(1).format());
        CHECK(result.frame.colour() == clip.frame(1).colour());
        CHECK(result.frame.time().pts == 1);
        CHECK(result.changed == nullptr);
        const video::ImageF truth = toRgbFloat(target.frame(1));
        CHECK(psnr(toRgbFloat(result.frame), truth) > psnr(toRgbFloat(clip.frame(1)), truth) + 0.5);
    }
}

TEST_CASE("a frame's result depends on its index alone")
{
    const base::Control control;
    test::PaintedClip clip(kWidth, kHeight, 6, noisy, "yuv420p");
    const auto inOrder = Enhancer::make(restore(0.7), clip, nullptr, control);
    for (std::int64_t frame = 0; frame < 5; ++frame) {
        inOrder->enhance(frame);
    }
    const auto alone = Enhancer::make(restore(0.7), clip, nullptr, control);
    CHECK(video::sameSamples(inOrder->enhance(5).frame, alone->enhance(5).frame));
}

TEST_CASE("strength 0 keeps the source's own samples, more strength changes more")
{
    const base::Control control;
    test::PaintedClip clip(kWidth, kHeight, 1, noisy, "yuv420p");
    const EnhancedFrame none = Enhancer::make(restore(0), clip, nullptr, control)->enhance(0);
    CHECK(video::sameSamples(none.frame, clip.frame(0)));
    REQUIRE(none.changed);
    for (const std::uint16_t value : none.changed->pixels) {
        REQUIRE(value == 0);
    }
    const video::ImageF source = toRgbFloat(clip.frame(0));
    const double weak =
        psnr(toRgbFloat(Enhancer::make(restore(0.2), clip, nullptr, control)->enhance(0).frame), source);
    const double strong =
        psnr(toRgbFloat(Enhancer::make(restore(1), clip, nullptr, control)->enhance(0).frame), source);
    CHECK(weak > strong + 0.5);
    CHECK_THROWS_AS(Enhancer::make(restore(1.5), clip, nullptr, control), base::Error);
}
