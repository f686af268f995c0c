#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "core/base/error.h"
#include "core/video/convert.h"
#include "core/video/scores.h"

using namespace reelmend;
using namespace reelmend::video;

namespace {

ImageF noise(int width, int height, unsigned seed)
{
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> value(0, 255);
    ImageF image(width, height, 1);
    for (float& pixel : image.pixels) {
        pixel = value(random);
    }
    return image;
}

// Equation 13 with the window written out in two dimensions, in double.
double directSsim(const ImageF& a, const ImageF& b)
{
    double weights[11][11];
    double total = 0;
    for (int y = 0; y < 11; ++y) {
        for (int x = 0; x < 11; ++x) {
            total += weights[y][x] = std::exp(-((x - 5) * (x - 5) + (y - 5) * (y - 5)) / (2 * 1.5 * 1.5));
        }
    }
    double sum = 0;
    int count = 0;
    for (int top = 0; top + 11 <= a.height; ++top) {
        for (int left = 0; left + 11 <= a.width; ++left) {
            double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
            for (int y = 0; y < 11; ++y) {
                for (int x = 0; x < 11; ++x) {
                    const double w = weights[y][x] / total;
                    const double va = static_cast<double>(a.row(top + y)[left + x]);
                    const double vb = static_cast<double>(b.row(top + y)[left + x]);
                    ma += w * va;
                    mb += w * vb;
                    aa += w * va * va;
                    bb += w * vb * vb;
                    ab += w * va * vb;
                }
            }
            const double c1 = 6.5025, c2 = 58.5225;
            sum += (2 * ma * mb + c1) * (2 * (ab - ma * mb) + c2) /
                   ((ma * ma + mb * mb + c1) * (aa - ma * ma + bb - mb * mb + c2));
            ++count;
        }
    }
    return sum / count;
}

} // namespace

TEST_CASE("PSNR of a known error")
{
    ImageF a(4, 4, 3, 0.5f), b(4, 4, 3, 0.5f);
    CHECK(std::isinf(psnrOf(meanSquaredError(a, b))));
    b.pixels[0] += 0.25f; // MSE = 0.0625 / 48
    CHECK(psnrOf(meanSquaredError(a, b)) == doctest::Approx(10 * std::log10(48 / 0.0625)));
    CHECK(psnrOf(0.01) == doctest::Approx(20));
}

TEST_CASE("SSIM agrees with the equation written out")
{
    const ImageF a = noise(23, 17, 1);
    ImageF b = a;
    const ImageF other = noise(23, 17, 2);
    for (std::size_t i = 0; i < b.pixels.size(); ++i) {
        b.pixels[i] = 0.7f * b.pixels[i] + 0.3f * other.pixels[i];
    }
    CHECK(ssim(a, b) == doctest::Approx(directSsim(a, b)).epsilon(1e-4));
    CHECK(ssim(a, other) == doctest::Approx(directSsim(a, other)).epsilon(1e-3));
    CHECK(ssim(a, a) == doctest::Approx(1));
    CHECK(ssim(a, b) == doctest::Approx(ssim(b, a)));
}

TEST_CASE("SSIM of two flat pictures is its luminance term")
{
    const ImageF a(16, 12, 1, 100), b(16, 12, 1, 140);
    CHECK(ssim(a, b) == doctest::Approx((2 * 100 * 140 + 6.5025) / (100 * 100 + 140 * 140 + 6.5025)).epsilon(1e-4));
}

TEST_CASE("pictures smaller than the window are scored")
{
    for (const auto& [width, height] : {std::pair{1, 1}, {4, 30}, {30, 4}, {11, 11}, {10, 10}}) {
        const ImageF a = noise(width, height, 3);
        CHECK(ssim(a, a) == doctest::Approx(1));
        CHECK(std::isfinite(ssim(a, noise(width, height, 4))));
    }
}

TEST_CASE("studio luma runs from 16 to 235")
{
    CHECK(studioLuma(ImageF(1, 1, 3, 0)).pixels[0] == doctest::Approx(16));
    CHECK(studioLuma(ImageF(1, 1, 3, 1)).pixels[0] == doctest::Approx(235));
}

TEST_CASE("frames of different depth are compared, of different size not")
{
    Frame::Description eight, ten;
    eight.format = pixelFormat("rgb24");
    ten.format = pixelFormat("gbrp10le");
    const Frame a = fromRgb(ImageF(32, 24, 3, 1.0f), eight);
    const Frame b = fromRgb(ImageF(32, 24, 3, 1.0f), ten);
    const FrameScores same = scoreFrames(a, b);
    CHECK(same.isEqual);
    CHECK(same.ssim == doctest::Approx(1));
    const Frame grey = fromRgb(ImageF(32, 24, 3, 0.0f), eight);
    CHECK(scoreFrames(a, grey).psnr == doctest::Approx(0));
    CHECK_FALSE(scoreFrames(a, grey).isEqual);
    CHECK_THROWS_AS(scoreFrames(a, fromRgb(ImageF(32, 25, 3, 1.0f), eight)), base::Error);
}
