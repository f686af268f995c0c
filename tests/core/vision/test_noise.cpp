#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "core/vision/noise.h"
#include "core/vision/warp.h"
#include "scenes.h"

using namespace reelmend;
using namespace reelmend::vision;

namespace {

video::Image8 noisy(double sigma, bool isTextured)
{
    video::Image8 image = test::greyOf(test::texturePicture(240, 160, 12));
    std::mt19937 random(4);
    std::normal_distribution<double> noise(0, std::max(sigma, 1e-9));
    for (auto& value : image.pixels) {
        const double base = isTextured ? value : 120;
        value = static_cast<std::uint8_t>(std::clamp(std::lround(base + noise(random)), 0L, 255L));
    }
    return image;
}

} // namespace

TEST_CASE("the noise level is that of the noise, with texture and without")
{
    for (const bool isTextured : {false, true}) {
        CAPTURE(isTextured);
        CHECK(noiseLevel(noisy(0, isTextured)) < (isTextured ? 2.5 : 0.5));
        for (const double sigma : {4.0, 8.0, 16.0}) {
            CAPTURE(sigma);
            CHECK(noiseLevel(noisy(sigma, isTextured)) > 0.67 * sigma);
            CHECK(noiseLevel(noisy(sigma, isTextured)) < 1.33 * sigma);
        }
    }
    CHECK(noiseLevel(video::Image8(64, 64, 1, 255)) == 0); // nothing but white: nothing to tell from
    CHECK(noiseLevel(video::Image8(3, 2, 1, 100)) == 0);
}

TEST_CASE("box means and softening keep flat pictures and even out others")
{
    CHECK(boxMean(video::ImageF(9, 7, 1, 3), 2).pixels[20] == doctest::Approx(3));
    video::ImageF dot(9, 9, 1);
    dot.row(4)[4] = 25;
    CHECK(boxMean(dot, 2).row(3)[5] == doctest::Approx(1));
    CHECK(boxMean(dot, 2).row(1)[4] == doctest::Approx(0));
    const video::Image8 picture = noisy(10, false);
    CHECK(noiseLevel(softened(picture, 1.5)) < 0.5 * noiseLevel(picture));
    CHECK(softened(picture, 0) == picture);
}

TEST_CASE("cubic warping is sharper than linear and exact on whole pixels")
{
    const video::ImageF image = test::texturePicture(60, 40, 3);
    FlowField flow(60, 40, 2);
    for (std::size_t i = 0; i < flow.pixels.size(); i += 2) {
        flow.pixels[i] = 2;
        flow.pixels[i + 1] = -1;
    }
    const video::ImageF moved = warpedCubic(image, flow);
    CHECK(moved.row(10)[3 * 20 + 1] == doctest::Approx(image.row(9)[3 * 22 + 1]).epsilon(1e-4));
    for (float& value : flow.pixels) {
        value = 0.5F;
    }
    const video::ImageF truth = test::texturePicture(60, 40, 3, -0.5F, -0.5F);
    const auto error = [&truth](const video::ImageF& made) {
        double sum = 0;
        for (int y = 4; y < 36; ++y) {
            for (int x = 4; x < 56; ++x) {
                sum += std::fabs(made.row(y)[3 * x] - truth.row(y)[3 * x]);
            }
        }
        return sum;
    };
    CHECK(error(warpedCubic(image, flow)) < 0.7 * error(warped(image, flow)));
}
