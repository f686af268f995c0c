#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/classical/sample_paint.h"
#include "core/classical/sample_scene.h"
#include "core/video/convert.h"
#include "core/vision/cuts.h"

using namespace reelmend;
using namespace reelmend::classical;

namespace {

SampleSettings small()
{
    return {192, 108, 1};
}

} // namespace

TEST_CASE("the sample is a clip of five seconds with one cut, the same every time")
{
    const auto scene = makeSampleScene(small());
    CHECK(scene->frameCount() == 120);
    CHECK(scene->info().header.frameRate == base::Rational{24, 1});
    const base::Control control;
    CHECK(vision::findCuts(*scene, {64, 92}, control) == std::vector<std::int64_t>{64, 78});
    const auto again = makeSampleScene(small());
    CHECK(video::sameSamples(again->frame(40), scene->frame(40)));
    CHECK(!video::sameSamples(scene->frame(41), scene->frame(40)));
    SampleSettings other = small();
    other.seed = 2;
    CHECK(!video::sameSamples(makeSampleScene(other)->frame(40), scene->frame(40)));
    const video::Frame frame = scene->frame(100);
    CHECK(frame.format().name == "yuv420p");
    CHECK(frame.colour().matrix == video::Matrix::kBt709);
    CHECK(frame.time().seconds() == doctest::Approx(100.0 / 24));
}

TEST_CASE("the sample has the range of tones and the detail of footage")
{
    const auto scene = makeSampleScene(small());
    for (const std::int64_t index : {10, 100}) {
        CAPTURE(index);
        const video::Image8 luma = video::toLuma8(scene->frame(index));
        const auto [darkest, brightest] = std::minmax_element(luma.pixels.begin(), luma.pixels.end());
        CHECK(*darkest < 40);
        CHECK(*brightest > 190);
        const std::set<std::uint8_t> levels(luma.pixels.begin(), luma.pixels.end());
        CHECK(levels.size() > 150);
    }
}

TEST_CASE("sizes outside what can be painted are refused")
{
    CHECK(makeSampleScene({65, 37, 1})->frame(119).width() == 65);
    CHECK_THROWS_AS(makeSampleScene({32, 18, 1}), base::Error);
    CHECK_THROWS_AS(makeSampleScene({8000, 36, 1}), base::Error);
    const auto scene = makeSampleScene(small());
    CHECK_THROWS_AS(scene->frame(120), base::Error);
    CHECK_THROWS_AS(scene->frame(-1), base::Error);
}

TEST_CASE("letters are where they should be")
{
    // The upright of an H on its left, its bar in the middle, nothing in the upper gap.
    CHECK(paint::letters("H", 0, 0.5F, 0.07F, 0.02F) == 1);
    CHECK(paint::letters("H", 0.33F, 0.5F, 0.07F, 0.02F) == 1);
    CHECK(paint::letters("H", 0.33F, 0.2F, 0.07F, 0.02F) == 0);
    CHECK(paint::letters("HI", 0.5F * (paint::textWidth("HI") + 0.28F) + 0.333F, 0.5F, 0.07F, 0.02F) == 1);
    CHECK(paint::letters(" ", 0.3F, 0.5F, 0.07F, 0.02F) == 0);
}

TEST_CASE("blurring keeps the amount of light")
{
    paint::Layer layer(64, 48, 4);
    layer.row(24)[4 * 30 + 1] = 100;
    for (const float radius : {0.4F, 1.0F, 2.7F}) {
        paint::Layer soft = layer;
        paint::blur(soft, radius);
        double sum = 0;
        for (const float value : soft.pixels) {
            sum += value;
        }
        CHECK(sum == doctest::Approx(100).epsilon(1e-3));
        CHECK(soft.row(24)[4 * 30 + 1] < 60);
        CHECK(soft.row(24)[4 * 29 + 1] == doctest::Approx(soft.row(24)[4 * 31 + 1]));
        CHECK(soft.row(23)[4 * 30 + 1] == doctest::Approx(soft.row(24)[4 * 31 + 1]));
    }
}

TEST_CASE("the sample's sound is quiet, stereo, without clicks at its ends, and the same every time")
{
    const std::vector<float> sound = makeSampleSound(5);
    REQUIRE(sound.size() == 2 * 5 * static_cast<std::size_t>(kSampleSoundRate));
    float peak = 0;
    double energy = 0;
    double apart = 0;
    for (std::size_t i = 0; i < sound.size(); i += 2) {
        peak = std::max({peak, std::fabs(sound[i]), std::fabs(sound[i + 1])});
        energy += sound[i] * sound[i];
        apart += std::fabs(sound[i] - sound[i + 1]);
    }
    const double loudness = 10 * std::log10(energy / (static_cast<double>(sound.size()) / 2));
    CHECK(peak < 0.5F);
    CHECK(loudness > -60);
    CHECK(loudness < -25);
    CHECK(apart > 0);
    CHECK(std::fabs(sound.front()) < 1e-3F);
    CHECK(std::fabs(sound.back()) < 1e-3F);
    CHECK(makeSampleSound(5) == sound);
    CHECK(makeSampleSound(0).empty());
}
