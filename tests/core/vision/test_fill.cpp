#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "core/vision/inpaint.h"
#include "core/vision/mask_ops.h"
#include "core/vision/patch_fill.h"
#include "core/vision/smooth_fill.h"
#include "scenes.h"

using namespace reelmend;
using namespace reelmend::vision;

namespace {

video::Image8 disc(int width, int height, int cx, int cy, int radius)
{
    video::Image8 hole(width, height, 1);
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            hole.row(y)[x] = (x - cx) * (x - cx) + (y - cy) * (y - cy) <= radius * radius ? 255 : 0;
        }
    }
    return hole;
}

double meanDifference(const video::Image8& a, const video::Image8& b, const video::Image8& where)
{
    double sum = 0;
    int count = 0;
    for (std::size_t i = 0; i < where.pixels.size(); ++i) {
        for (std::size_t c = 0; c < 3 && where.pixels[i] > 0; ++c) {
            sum += std::abs(a.pixels[3 * i + c] - b.pixels[3 * i + c]);
            ++count;
        }
    }
    return sum / count;
}

} // namespace

TEST_CASE("a smooth fill continues a ramp and keeps to its boundary")
{
    video::ImageF image(90, 60, 2);
    for (int y = 0; y < 60; ++y) {
        for (int x = 0; x < 90; ++x) {
            image.row(y)[2 * x] = 0.5F * static_cast<float>(x) - 0.25F * static_cast<float>(y);
            image.row(y)[2 * x + 1] = 7;
        }
    }
    const video::ImageF truth = image;
    const video::Image8 hole = disc(90, 60, 40, 30, 18);
    for (std::size_t i = 0; i < hole.pixels.size(); ++i) {
        if (hole.pixels[i] > 0) {
            image.pixels[2 * i] = -1000;
            image.pixels[2 * i + 1] = 1000;
        }
    }
    fillSmoothly(image, hole);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
        REQUIRE(std::fabs(image.pixels[i] - truth.pixels[i]) < 0.3F); // spread over the hole is 18
    }
    // A hole at the picture's edge and a picture without anything known.
    video::ImageF edge(8, 8, 1, 3);
    video::Image8 half(8, 8, 1);
    std::fill(half.pixels.begin(), half.pixels.begin() + 60, std::uint8_t{255});
    std::fill(edge.pixels.begin(), edge.pixels.begin() + 60, -50.0F);
    fillSmoothly(edge, half);
    for (const float value : edge.pixels) {
        CHECK(value == doctest::Approx(3).epsilon(0.01));
    }
    video::ImageF unknown(4, 4, 1, 9);
    fillSmoothly(unknown, video::Image8(4, 4, 1, 255));
    CHECK(unknown.pixels[5] == 9);
}

TEST_CASE("a patch fill continues a pattern that smooth methods wipe out")
{
    video::Image8 truth(160, 120, 3);
    for (int y = 0; y < 120; ++y) {
        for (int x = 0; x < 160; ++x) {
            const bool dark = ((x + y / 2) / 5) % 2 == 0;
            for (int c = 0; c < 3; ++c) {
                truth.row(y)[3 * x + c] = static_cast<std::uint8_t>(dark ? 40 + 20 * c : 210 - 15 * c);
            }
        }
    }
    const video::Image8 hole = disc(160, 120, 80, 60, 17);
    video::Image8 broken = truth;
    for (std::size_t i = 0; i < hole.pixels.size(); ++i) {
        if (hole.pixels[i] > 0) {
            std::fill_n(broken.pixels.begin() + static_cast<std::ptrdiff_t>(3 * i), 3, std::uint8_t{255});
        }
    }
    const base::Control control;
    const video::Image8 patched = patchFill(broken, hole, {}, {}, control);
    const video::Image8 smooth = inpainted(broken, hole);
    const double patchError = meanDifference(patched, truth, hole);
    const double smoothError = meanDifference(smooth, truth, hole);
    CAPTURE(patchError);
    CAPTURE(smoothError);
    CHECK(patchError < 15);
    CHECK(smoothError > 40);
    CHECK(patchFill(broken, hole, {}, {}, control) == patched);
    for (std::size_t i = 0; i < hole.pixels.size(); ++i) {
        if (hole.pixels[i] == 0) {
            REQUIRE(patched.pixels[3 * i] == truth.pixels[3 * i]);
        }
    }
}

TEST_CASE("a patch fill copies only from where it may, and from somewhere in any case")
{
    const base::Control control;
    video::Image8 image(120, 60, 3, 50);
    video::Image8 source(120, 60, 1);
    for (int y = 0; y < 60; ++y) {
        for (int x = 0; x < 120; ++x) {
            if (x < 60) {
                image.row(y)[3 * x] = 200; // red half: the only one to copy from
                source.row(y)[x] = 255;
            }
        }
    }
    const video::Image8 hole = disc(120, 60, 62, 30, 10);
    const video::Image8 filled = patchFill(image, hole, source, {}, control);
    CHECK(filled.row(30)[3 * 62] == 200);

    const video::Image8 all(40, 40, 1, 255);
    CHECK(patchFill(video::Image8(40, 40, 3, 9), all, {}, {}, control).width == 40);
    const video::Image8 tiny = patchFill(video::Image8(5, 4, 3, 9), disc(5, 4, 2, 2, 1), {}, {}, control);
    CHECK(tiny.pixels[0] == 9);
    base::Control cancelled;
    cancelled.requestCancel();
    CHECK_THROWS_AS(patchFill(image, hole, source, {}, cancelled), base::Cancelled);
}

TEST_CASE("pictures larger than the search are filled at their own sharpness")
{
    const video::ImageF large = test::texturePicture(400, 240, 3);
    const video::Image8 truth = test::bytes(large);
    const video::Image8 hole = disc(400, 240, 200, 120, 22);
    PatchFillSettings settings;
    settings.maximumSide = 200;
    const base::Control control;
    const video::Image8 filled = patchFill(truth, hole, {}, settings, control);
    const auto roughness = [&hole](const video::Image8& image) {
        double sum = 0;
        for (int y = 100; y < 140; ++y) {
            for (int x = 190; x < 210; ++x) {
                sum += hole.row(y)[x] > 0 ? std::abs(image.row(y)[3 * x] - image.row(y)[3 * x + 3]) : 0;
            }
        }
        return sum;
    };
    CHECK(roughness(filled) > 0.5 * roughness(truth));
}

TEST_CASE("masks grow, shrink, soften and change size")
{
    video::Mask mask(41, 31, 1);
    mask.row(15)[20] = 65535;
    const video::Mask grown = dilated(mask, 5);
    CHECK(grown.row(15)[25] == 65535);
    CHECK(grown.row(15)[26] == 0);
    CHECK(grown.row(19)[24] == 0); // a disc, not a square
    CHECK(grown.row(18)[23] == 65535);
    CHECK(eroded(grown, 5).row(15)[20] == 65535);
    CHECK(eroded(grown, 5).row(15)[22] == 0);
    CHECK(dilated(mask, 0) == mask);
    mask.row(15)[22] = 30000;
    CHECK(dilated(mask, 1).row(15)[23] == 30000); // grey stays grey

    const video::Mask soft = feathered(grown, 6);
    for (int x = 20; x < 40; ++x) {
        CHECK(soft.row(15)[x + 1] <= soft.row(15)[x]); // falls outwards
    }
    CHECK(soft.row(15)[24] == 65535);
    CHECK(soft.row(15)[28] > 1000);
    CHECK(soft.row(15)[28] < 64000);
    CHECK(soft.row(15)[33] == 0);

    const video::Mask half = resized(video::Mask(40, 30, 1, 65535), 20, 15);
    CHECK(half.width == 20);
    CHECK(half.row(7)[10] == 65535);
    CHECK(resized(grown, 82, 62).row(30)[40] == 65535);
}
