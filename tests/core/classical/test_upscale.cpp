#include <doctest/doctest.h>

#include <cmath>

#include "core/base/error.h"
#include "core/classical/enhancer.h"
#include "core/video/convert.h"
#include "tests/core/vision/scenes.h"

using namespace reelmend;
using namespace reelmend::classical;

namespace {

Settings upscale(int scale)
{
    Settings settings;
    settings.scale = scale;
    return settings;
}

test::PaintedClip paintedClip(const std::string& format)
{
    return {
        60, 34, 3, [](std::int64_t i) { return test::texturePicture(60, 34, 8, static_cast<float>(i), 0); }, format};
}

} // namespace

TEST_CASE("enlarged frames keep format, depth, tags and time")
{
    const base::Control control;
    for (const char* format :
        {"yuv420p", "yuv422p10le", "yuv444p12le", "gbrp", "gbrp16le", "gray", "rgb24", "rgba"}) {
        CAPTURE(std::string(format));
        test::PaintedClip clip = paintedClip(format);
        for (const int scale : {2, 4}) {
            const EnhancedFrame result = Enhancer::make(upscale(scale), clip, nullptr, control)->enhance(1);
            CHECK(result.frame.format() == clip.frame(1).format());
            CHECK(result.frame.width() == 60 * scale);
            CHECK(result.frame.height() == 34 * scale);
            CHECK(result.frame.colour() == clip.frame(1).colour());
            CHECK(result.frame.time().pts == 1);
            CHECK(result.frame.time().timeBase == base::Rational{1, 24});
            CHECK(result.changed == nullptr);
            CHECK(video::sameSamples(result.source, clip.frame(1)));
        }
    }
}

TEST_CASE("enlarging keeps the picture in place and flat colour flat")
{
    // A linear ramp stays linear under Lanczos away from the edges, and in place: luma and chroma.
    const base::Control control;
    for (const video::ChromaPlace place : {video::ChromaPlace::kLeft, video::ChromaPlace::kCentre}) {
        CAPTURE(static_cast<int>(place));
        video::ImageF ramp(80, 40, 3);
        for (int y = 0; y < 40; ++y) {
            for (int x = 0; x < 80; ++x) {
                ramp.row(y)[3 * x] = 0.2F + 0.006F * static_cast<float>(x);
                ramp.row(y)[3 * x + 1] = 0.5F;
                ramp.row(y)[3 * x + 2] = 0.8F - 0.005F * static_cast<float>(x);
            }
        }
        class OneFrame : public video::FrameSource {
        public:
            explicit OneFrame(video::Frame frame)
                : frame_(std::move(frame))
            {}
            const video::ClipInfo& info() const override { return info_; }
            std::int64_t frameCount() const override { return 1; }
            video::Frame frame(std::int64_t) override { return frame_; }

        private:
            video::Frame frame_;
            video::ClipInfo info_;
        };
        video::Frame::Description d;
        d.format = video::pixelFormat("yuv420p12le");
        d.colour.matrix = video::Matrix::kBt709;
        d.colour.range = video::ColourRange::kLimited;
        d.colour.chromaPlace = place;
        OneFrame clip(video::fromRgb(ramp, d));
        const video::ImageF large =
            video::toRgbFloat(Enhancer::make(upscale(2), clip, nullptr, control)->enhance(0).frame);
        for (int y = 20; y < 60; ++y) {
            for (int x = 20; x < 140; ++x) {
                // Pixel x of the enlargement lies at (x + 1/2) / 2 - 1/2 of the source.
                const float at = (static_cast<float>(x) + 0.5F) / 2 - 0.5F;
                REQUIRE(std::fabs(large.row(y)[3 * x] - (0.2F + 0.006F * at)) < 0.002F);
                REQUIRE(std::fabs(large.row(y)[3 * x + 2] - (0.8F - 0.005F * at)) < 0.002F);
            }
        }
    }
}

TEST_CASE("each frame is enlarged for itself")
{
    const base::Control control;
    test::PaintedClip clip = paintedClip("yuv420p");
    const auto a = Enhancer::make(upscale(2), clip, nullptr, control);
    const auto b = Enhancer::make(upscale(2), clip, nullptr, control);
    b->enhance(0);
    b->enhance(1);
    CHECK(video::sameSamples(a->enhance(2).frame, b->enhance(2).frame));
}

TEST_CASE("settings that make no sense are refused")
{
    const base::Control control;
    test::PaintedClip clip = paintedClip("yuv420p");
    CHECK_THROWS_AS(Enhancer::make(upscale(3), clip, nullptr, control), base::Error);
    Settings settings = upscale(2);
    settings.strength = 1.5;
    CHECK_THROWS_AS(Enhancer::make(settings, clip, nullptr, control), base::Error);
    settings.strength = std::nan("");
    CHECK_THROWS_AS(Enhancer::make(settings, clip, nullptr, control), base::Error);
    settings = upscale(2);
    settings.task = jobs::Task::kHarmonise;
    CHECK_THROWS_AS(Enhancer::make(settings, clip, nullptr, control), base::Error);
}
