#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <set>

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

TEST_CASE("in the middle of a clip as from its start: neighbours are the same, whoever asks")
{
    const base::Control control;
    test::PaintedClip clip(kWidth, kHeight, 12, noisy, "yuv420p");
    const auto whole = Enhancer::make(restore(1), clip, nullptr, control);
    std::vector<video::Frame> frames;
    for (std::int64_t i = 0; i < 12; ++i) {
        frames.push_back(whole->enhance(i).frame);
    }
    const auto part = Enhancer::make(restore(1), clip, nullptr, control);
    for (const std::size_t i : {7, 8, 2, 11}) {
        CHECK(video::sameSamples(part->enhance(static_cast<std::int64_t>(i)).frame, frames[i]));
    }
    Settings one = restore(1);
    one.threads = 1;
    CHECK(video::sameSamples(Enhancer::make(one, clip, nullptr, control)->enhance(7).frame, frames[7]));
}

TEST_CASE("averaging along the motion gains on top of what one frame allows")
{
    const base::Control control;
    test::PaintedClip clip(kWidth, kHeight, 7, noisy, "yuv444p");
    test::PaintedClip alone(
        kWidth, kHeight, 1, [](std::int64_t) { return noisy(3); }, "yuv444p");
    const video::ImageF truth = clean(3);
    const double together =
        psnr(toRgbFloat(Enhancer::make(restore(1), clip, nullptr, control)->enhance(3).frame), truth);
    const double single =
        psnr(toRgbFloat(Enhancer::make(restore(1), alone, nullptr, control)->enhance(0).frame), truth);
    CAPTURE(single);
    CHECK(together > single + 2);
}

TEST_CASE("nothing is mixed across a cut, and what moves by itself leaves no ghost")
{
    const base::Control control;
    const auto shots = [](std::int64_t i) {
        video::ImageF image = i < 4 ? noisy(i) : test::texturePicture(kWidth, kHeight, 300);
        std::mt19937 generator(static_cast<unsigned>(i));
        std::normal_distribution<float> noise(0, 12.0F / 255);
        for (float& sample : image.pixels) {
            sample += i < 4 ? 0 : noise(generator);
        }
        return image;
    };
    test::PaintedClip clip(kWidth, kHeight, 8, shots, "yuv444p");
    test::PaintedClip second(
        kWidth, kHeight, 4, [&](std::int64_t i) { return shots(i + 4); }, "yuv444p");
    const video::Frame joined = Enhancer::make(restore(1), clip, nullptr, control)->enhance(4).frame;
    const video::Frame apart = Enhancer::make(restore(1), second, nullptr, control)->enhance(0).frame;
    CHECK(psnr(toRgbFloat(joined), toRgbFloat(apart)) > 40); // the measured noise may differ a little
}

TEST_CASE("a clean picture stays nearly what it is, and fine steps of deep formats survive")
{
    const base::Control control;
    test::PaintedClip clip(kWidth, kHeight, 3, clean, "yuv444p");
    CHECK(psnr(toRgbFloat(Enhancer::make(restore(1), clip, nullptr, control)->enhance(1).frame), clean(1)) > 36);
    // A ramp in steps of one sixteen-bit level.
    test::PaintedClip ramp(
        kWidth, kHeight, 1,
        [](std::int64_t) {
            video::ImageF image(kWidth, kHeight, 3);
            for (std::size_t i = 0; i < image.pixels.size(); ++i) {
                image.pixels[i] = (30000.0F + static_cast<float>(i / 3 % kWidth)) / 65535.0F;
            }
            return image;
        },
        "gray16le");
    const video::Frame result = Enhancer::make(restore(1), ramp, nullptr, control)->enhance(0).frame;
    const video::Image16 before = toRgb16(ramp.frame(0));
    const video::Image16 after = toRgb16(result);
    for (std::size_t i = 0; i < before.pixels.size(); ++i) {
        REQUIRE(std::abs(before.pixels[i] - after.pixels[i]) < 257); // one eight-bit level
    }
    CHECK(std::set<std::uint16_t>(after.pixels.begin(), after.pixels.end()).size() > 40); // the ramp has 96
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
