#include <doctest/doctest.h>

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/perceptual/filters.h"
#include "core/perceptual/score_table.h"
#include "core/perceptual/scores.h"

using namespace reelmend;
using namespace reelmend::perceptual;

namespace {

struct Pair {
    at::Tensor clean, worse; // [1, 3, 192, 200], double
};

// The pictures of tools/reference/score_values.py, which says where the expected values come from.
Pair pictures()
{
    const at::Tensor y = at::arange(192, at::kDouble).view({1, 1, 192, 1});
    const at::Tensor x = at::arange(200, at::kDouble).view({1, 1, 1, 200});
    const at::Tensor c = at::arange(3, at::kDouble).view({1, 3, 1, 1});
    const at::Tensor slow = at::sin(0.11 * x + 0.5 * c) * at::cos(0.07 * y);
    const at::Tensor fine = at::sin(0.9 * x + 1.3 * y + c);
    const at::Tensor clean = 0.5 + 0.3 * slow + 0.15 * fine;
    const at::Tensor worse =
        0.5 + 0.29 * slow + 0.06 * fine + 0.04 * at::sin(2.1 * x * (1 + 0.1 * c) - 1.7 * y) + 0.01;
    return {clean.clamp(0, 1), worse.clamp(0, 1)};
}

double value(const at::Tensor& score)
{
    REQUIRE(score.numel() == 1);
    return score.item<double>();
}

at::Tensor leftHalf()
{
    at::Tensor weight = at::zeros({1, 1, 192, 200}, at::kDouble);
    weight.narrow(3, 0, 100).fill_(1);
    return weight;
}

} // namespace

TEST_CASE("scores equal the public implementations")
{
    const Pair p = pictures();
    CHECK(value(psnr(p.clean, p.worse)) == doctest::Approx(23.031844269101033).epsilon(1e-9));
    CHECK(value(psnrLuma(p.clean, p.worse)) == doctest::Approx(26.22938261721602).epsilon(1e-9));
    CHECK(value(ssim(p.clean, p.worse)) == doctest::Approx(0.7372990714722351).epsilon(1e-9));
    CHECK(value(msSsim(p.clean, p.worse)) == doctest::Approx(0.944558744302326).epsilon(1e-6));
    CHECK(value(gmsd(p.clean, p.worse)) == doctest::Approx(0.019017880984657717).epsilon(1e-6));
    CHECK(value(vif(p.clean, p.worse)) == doctest::Approx(0.39409377166857523).epsilon(1e-6));
}

TEST_CASE("equal pictures score perfectly, also flat ones")
{
    const at::Tensor flat = at::full({1, 3, 192, 200}, 0.3, at::kDouble);
    for (const at::Tensor& picture : {pictures().clean, flat}) {
        CHECK(value(psnr(picture, picture)) == std::numeric_limits<double>::infinity());
        CHECK(value(ssim(picture, picture)) == doctest::Approx(1));
        CHECK(value(msSsim(picture, picture)) == doctest::Approx(1));
        CHECK(value(gmsd(picture, picture)) == doctest::Approx(0));
        CHECK(value(vif(picture, picture)) == doctest::Approx(1));
    }
}

TEST_CASE("a mask leaves everything outside it out of account")
{
    const Pair p = pictures();
    const at::Tensor spoiled = at::cat({p.worse.narrow(3, 0, 120), at::zeros({1, 3, 192, 80}, at::kDouble)}, 3);
    // 20 columns of distance: SSIM's window and GMSD's gradients reach over the mask's edge by less.
    CHECK(value(psnr(p.clean, spoiled, leftHalf())) == value(psnr(p.clean, p.worse, leftHalf())));
    CHECK(value(ssim(p.clean, spoiled, leftHalf())) == value(ssim(p.clean, p.worse, leftHalf())));
    CHECK(value(gmsd(p.clean, spoiled, leftHalf())) == value(gmsd(p.clean, p.worse, leftHalf())));
    CHECK(value(psnr(p.clean, spoiled)) < value(psnr(p.clean, p.worse)) - 3);
    const double cut = value(psnr(p.clean.narrow(3, 0, 100), p.worse.narrow(3, 0, 100)));
    CHECK(value(psnr(p.clean, p.worse, leftHalf())) == doctest::Approx(cut).epsilon(1e-12));
}

TEST_CASE("every picture of a batch is scored by itself")
{
    const Pair p = pictures();
    const at::Tensor a = at::cat({p.clean, p.clean}, 0);
    const at::Tensor b = at::cat({p.worse, p.clean}, 0);
    const at::Tensor scores = ssim(a, b);
    REQUIRE(scores.size(0) == 2);
    CHECK(scores[0].item<double>() == doctest::Approx(value(ssim(p.clean, p.worse))));
    CHECK(scores[1].item<double>() == doctest::Approx(1));
}

TEST_CASE("flicker is the difference of the changes, on the scale of 255")
{
    const at::Tensor clean = at::zeros({3, 3, 4, 4}, at::kDouble);
    at::Tensor result = clean.clone();
    CHECK(flicker(result, clean).abs().max().item<double>() == 0);
    result[1] += 2.0 / 255; // up by two, then down by two
    const at::Tensor measured = flicker(result, clean);
    REQUIRE(measured.size(0) == 2);
    CHECK(measured[0].item<double>() == doctest::Approx(2));
    CHECK(measured[1].item<double>() == doctest::Approx(2));
    CHECK_THROWS_AS(flicker(result.narrow(0, 0, 1), clean.narrow(0, 0, 1)), base::Error);
}

TEST_CASE("scores of pairs are in the table: flicker with its weight, the warping error along the caller's flow")
{
    const at::Tensor clean = at::full({2, 3, 64, 64}, 0.5);
    at::Tensor other = clean.clone();
    other[1] += 0.1;
    const Score& change = scoreByName("flicker");
    CHECK(change.span == ScoreSpan::kPair);
    CHECK(value(change.measure(clean, other, {})) == doctest::Approx(25.5).epsilon(1e-4));
    const FlowFunction still = [](const at::Tensor& from, const at::Tensor&) {
        return at::zeros({1, 2, from.size(2), from.size(3)}, from.options());
    };
    REQUIRE((scoreByName("ewarp").along != nullptr));
    CHECK(
        value(scoreByName("ewarp").along(still)(clean, other)) == doctest::Approx(10).epsilon(1e-4)); // 1000 * 0.1^2
    CHECK(value(scoreByName("ewarp-a").along(still)(clean, other)) == 0);
    CHECK(scoreByName("psnr").span == ScoreSpan::kPicture);
}

TEST_CASE("shapes that cannot be scored are refused")
{
    const at::Tensor small = at::zeros({1, 3, 8, 8});
    CHECK_THROWS_AS(ssim(small, small), base::Error);
    CHECK_THROWS_AS(vif(small, small), base::Error);
    CHECK_THROWS_AS(msSsim(at::zeros({1, 3, 175, 300}), at::zeros({1, 3, 175, 300})), base::Error);
    CHECK_THROWS_AS(psnr(small, at::zeros({1, 3, 8, 9})), base::Error);
    CHECK_THROWS_AS(psnr(small, small, at::zeros({1, 1, 8, 9})), base::Error);
    CHECK_THROWS_AS(psnr(at::zeros({3, 8, 8}), at::zeros({3, 8, 8})), base::Error);
}
