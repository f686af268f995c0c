#include <doctest/doctest.h>

#include <cmath>

#include "core/base/error.h"
#include "core/vision/flow.h"
#include "core/vision/warp.h"
#include "scenes.h"

using namespace reelmend;
using namespace reelmend::vision;

namespace {

double meanError(const FlowField& flow, float dx, float dy, int margin)
{
    double sum = 0;
    int count = 0;
    for (int y = margin; y < flow.height - margin; ++y) {
        for (int x = margin; x < flow.width - margin; ++x) {
            sum += std::hypot(flow.row(y)[2 * x] - dx, flow.row(y)[2 * x + 1] - dy);
            ++count;
        }
    }
    return sum / count;
}

FlowField constantFlow(int width, int height, float dx, float dy)
{
    FlowField flow(width, height, 2);
    for (std::size_t i = 0; i < flow.pixels.size(); i += 2) {
        flow.pixels[i] = dx;
        flow.pixels[i + 1] = dy;
    }
    return flow;
}

} // namespace

TEST_CASE("flow finds a known shift, and says it from the first picture to the second")
{
    const video::Image8 from = test::greyOf(test::texturePicture(160, 96, 5));
    for (const auto& [dx, dy] : {std::pair{3.0F, -2.0F}, std::pair{-6.5F, 1.25F}}) {
        const video::Image8 to = test::greyOf(test::texturePicture(160, 96, 5, dx, dy));
        CAPTURE(dx);
        CHECK(meanError(denseFlow(from, to, FlowPreset::kMedium), dx, dy, 12) < 0.2);
        CHECK(meanError(denseFlow(from, to, FlowPreset::kFast), dx, dy, 12) < 0.4);
        const FlowPair both = bothFlows(from, to);
        CHECK(both.forward == denseFlow(from, to));
        CHECK(meanError(both.backward, -dx, -dy, 12) < 0.2);
        CHECK(bothFlows(from, to, FlowPreset::kMedium, 1).backward == both.backward);
    }
    CHECK_THROWS_AS(denseFlow(from, video::Image8(80, 48, 1)), base::Error);
}

TEST_CASE("what an object hides is not consistent, what is seen twice is")
{
    // A square moves 8 pixels to the right over a still background.
    const auto scene = [](float shift) {
        video::ImageF image = test::texturePicture(160, 96, 9);
        const video::ImageF object = test::texturePicture(160, 96, 77, shift, 0);
        for (int y = 30; y < 66; ++y) {
            for (int x = 40; x < 80; ++x) {
                const int at = x + static_cast<int>(shift);
                for (int c = 0; c < 3; ++c) {
                    image.row(y)[3 * at + c] = object.row(y)[3 * at + c];
                }
            }
        }
        return test::greyOf(image);
    };
    const FlowPair both = bothFlows(scene(0), scene(8));
    const video::Image8 seen = consistentPixels(both.forward, both.backward);
    const auto share = [&seen](int left, int right) {
        int count = 0;
        for (int y = 36; y < 60; ++y) {
            for (int x = left; x < right; ++x) {
                count += seen.row(y)[x] > 0 ? 1 : 0;
            }
        }
        return count / (24.0 * (right - left));
    };
    CHECK(share(4, 30) > 0.95);    // background
    CHECK(share(48, 72) > 0.9);    // the object
    CHECK(share(81, 87) < 0.5);    // will be covered
    CHECK(share(110, 150) > 0.95); // background again
}

TEST_CASE("pictures are fetched from where the flow points")
{
    video::ImageF image(6, 4, 2);
    for (int y = 0; y < 4; ++y) {
        for (int x = 0; x < 6; ++x) {
            image.row(y)[2 * x] = static_cast<float>(x);
            image.row(y)[2 * x + 1] = static_cast<float>(10 * y);
        }
    }
    video::Image8 valid;
    const video::ImageF out = warped(image, constantFlow(6, 4, 1.5F, -0.25F), &valid);
    CHECK(out.row(2)[2 * 1] == doctest::Approx(2.5));
    CHECK(out.row(2)[2 * 1 + 1] == doctest::Approx(17.5));
    CHECK(valid.row(2)[1] == 255);
    CHECK(valid.row(0)[1] == 0); // above the picture
    CHECK(valid.row(2)[4] == 0); // beyond its right edge
    CHECK(out.row(2)[2 * 5] == doctest::Approx(5.0));
    CHECK_THROWS_AS(warped(image, constantFlow(5, 4, 0, 0)), base::Error);

    video::Image8 eight(40, 30, 3);
    for (std::size_t i = 0; i < eight.pixels.size(); ++i) {
        eight.pixels[i] = static_cast<std::uint8_t>(i % 251);
    }
    const video::Image8 moved = warped(eight, constantFlow(40, 30, 3, 2));
    CHECK(moved.row(5)[3 * 7 + 1] == eight.row(7)[3 * 10 + 1]);
}

TEST_CASE("motions add up, and scale with the picture")
{
    FlowField ramp(20, 10, 2);
    for (int y = 0; y < 10; ++y) {
        for (int x = 0; x < 20; ++x) {
            ramp.row(y)[2 * x] = 0.1F * static_cast<float>(x);
        }
    }
    const FlowField sum = composed(constantFlow(20, 10, 4, 1), ramp);
    CHECK(sum.row(3)[2 * 6] == doctest::Approx(4 + 0.1 * 10));
    CHECK(sum.row(3)[2 * 6 + 1] == doctest::Approx(1));
    const FlowField large = resizedFlow(constantFlow(20, 10, 2, -3), 60, 20);
    CHECK(large.row(7)[2 * 30] == doctest::Approx(6));
    CHECK(large.row(7)[2 * 30 + 1] == doctest::Approx(-6));
}

TEST_CASE("the dominant motion ignores what moves by itself")
{
    FlowField flow(120, 80, 2);
    video::Image8 use(120, 80, 1, 255);
    for (int y = 0; y < 80; ++y) {
        for (int x = 0; x < 120; ++x) {
            flow.row(y)[2 * x] = 2 + 0.01F * static_cast<float>(x) - 0.02F * static_cast<float>(y);
            flow.row(y)[2 * x + 1] = -1 + 0.015F * static_cast<float>(y);
            if (x > 60 && x < 110 && y > 20 && y < 70) { // a quarter of the picture
                flow.row(y)[2 * x] = -9;
                flow.row(y)[2 * x + 1] = 5;
            }
        }
    }
    const AffineMotion motion = dominantMotion(flow, use);
    CHECK(motion.dx(80, 40) == doctest::Approx(2 + 0.8 - 0.8).epsilon(0.01));
    CHECK(motion.dy(80, 40) == doctest::Approx(-0.4).epsilon(0.02));
    CHECK(dominantMotion(flow, video::Image8(120, 80, 1)).dx(5, 5) == 0);
}

TEST_CASE("motion pictures are luma, reduced by a whole factor")
{
    test::PaintedClip clip(200, 120, 1, [](std::int64_t) { return video::ImageF(200, 120, 3, 0.5F); });
    const video::Frame frame = clip.frame(0);
    CHECK(motionPicture(frame).width == 200);
    const video::Image8 small = motionPicture(frame, 80);
    CHECK(small.width == 66);
    CHECK(small.height == 40);
    CHECK(std::abs(small.pixels[500] - 128) <= 1);
}
