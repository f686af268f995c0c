#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "core/media/video_reader.h"
#include "core/vision/cuts.h"
#include "scenes.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::vision;

namespace {

constexpr int kWidth = 192;
constexpr int kHeight = 108;

video::ImageF scene(std::uint32_t seed, std::int64_t time)
{
    const auto t = static_cast<float>(time);
    return test::texturePicture(kWidth, kHeight, seed, 1.5F * t, -0.5F * t);
}

void scale(video::ImageF& image, float factor, float offset = 0)
{
    for (float& value : image.pixels) {
        value = value * factor + offset;
    }
}

std::vector<std::int64_t> cutsOf(std::int64_t frames, const test::PaintedClip::Paint& paint)
{
    test::PaintedClip clip(kWidth, kHeight, frames, paint);
    const base::Control control;
    return findCuts(clip, {0, frames}, control);
}

} // namespace

TEST_CASE("hard cuts are found on their frame, also between similar scenes and to flat colour")
{
    CHECK(cutsOf(24, [](std::int64_t i) {
        return i < 9 ? scene(1, i) : i < 17 ? scene(300, i) : scene(1, i);
    }) == std::vector<std::int64_t>{0, 9, 17});
    CHECK(cutsOf(16, [](std::int64_t i) { return i < 8 ? scene(1, i) : video::ImageF(kWidth, kHeight, 3, 0.05F); }) ==
          std::vector<std::int64_t>{0, 8});
}

TEST_CASE("pans, flashes, fades and dissolves are no cuts")
{
    const std::vector<std::int64_t> none{0};
    CHECK(cutsOf(16, [](std::int64_t i) { return scene(2, 4 * i); }) == none); // six pixels a frame
    CHECK(cutsOf(16, [](std::int64_t i) {                                      // a flash of one frame, one of two
        video::ImageF image = scene(3, i);
        if (i == 5 || i == 10 || i == 11) {
            scale(image, 0.3F, 0.75F);
        }
        return image;
    }) == none);
    CHECK(cutsOf(20, [](std::int64_t i) { // to black and back
        video::ImageF image = scene(4, i);
        scale(image, std::fabs(static_cast<float>(i) - 10) / 10);
        return image;
    }) == none);
    CHECK(cutsOf(24, [](std::int64_t i) { // into another scene over 14 frames
        video::ImageF a = scene(5, i);
        const video::ImageF b = scene(600, i);
        const float share = std::clamp((static_cast<float>(i) - 5) / 14, 0.0F, 1.0F);
        for (std::size_t k = 0; k < a.pixels.size(); ++k) {
            a.pixels[k] = a.pixels[k] * (1 - share) + b.pixels[k] * share;
        }
        return a;
    }) == none);
    CHECK(cutsOf(12, [](std::int64_t i) { // noise
        video::ImageF image = scene(6, i);
        std::mt19937 random(static_cast<std::uint32_t>(i));
        std::normal_distribution<float> grain(0, 0.06F);
        for (float& value : image.pixels) {
            value += grain(random);
        }
        return image;
    }) == none);
}

TEST_CASE("a cut is found wherever reading starts, and the finder forgets what lies behind")
{
    const auto paint = [](std::int64_t i) { return i < 20 ? scene(1, i) : scene(44, i); };
    test::PaintedClip clip(kWidth, kHeight, 40, paint);
    CHECK(CutFinder(clip).isCut(20));
    CHECK(!CutFinder(clip).isCut(21));
    CHECK(!CutFinder(clip).isCut(19));
    CHECK(CutFinder(clip).isCut(0));
    const base::Control control;
    CHECK(findCuts(clip, {15, 30}, control) == std::vector<std::int64_t>{15, 20});
    base::Control cancelled;
    cancelled.requestCancel();
    CHECK_THROWS_AS(findCuts(clip, {0, 40}, cancelled), base::Cancelled);
}

TEST_CASE("the cuts of a real clip")
{
    const auto shared = test::sharedFolder();
    if (!shared) {
        MESSAGE("skipped: the shared footage is not there");
        return;
    }
    const auto reader = media::VideoReader::open(*shared / "clips" / "bbb_480p_30s.mp4");
    const base::Control control;
    CHECK(findCuts(*reader, {540, 600}, control) == std::vector<std::int64_t>{540, 553}); // 23.04 s at 24 fps
    const auto lively = media::VideoReader::open(*shared / "clips" / "tears_of_steel_clip.webm");
    // Shattering glass right behind a cut.
    CHECK(findCuts(*lively, {770, 830}, control) == std::vector<std::int64_t>{770, 788});
}
