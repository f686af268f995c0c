#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <cmath>

#include "core/chopgrad/measure_influence.h"
#include "core/perceptual/losses.h"
#include "core/plan/influence.h"
#include "tests/core/chopgrad/brute_force.h"

using namespace reelmend;
using plan::GradientMode;

TEST_CASE("an influence that halves per group is measured as alpha = ln 2, and D follows")
{
    test::DecayingDecoder decoder(0.5);
    const chopgrad::ClipLatents clip{test::randomTensor({1, 3, 12, 4, 4}, 1), {}, {}};
    const auto loss = perceptual::makeLoss({{}}, {test::randomTensor({1, 3, 12, 4, 4}, 2)});
    const auto measure = chopgrad::measureInfluence(decoder, clip, *loss);
    REQUIRE(measure.relative.size() == 12);
    for (int k = 0; k < 12; ++k) {
        CHECK(measure.relative[static_cast<std::size_t>(k)] == doctest::Approx(std::pow(0.5, k)).epsilon(1e-9));
    }
    const auto fit = plan::fitInfluence(measure.relative);
    REQUIRE(fit);
    CHECK(fit->alpha == doctest::Approx(std::log(2.0)).epsilon(0.01));
    CHECK(fit->c == doctest::Approx(1).epsilon(0.01));
    CHECK(plan::suggestedDistance(*fit, 0.1) == 4); // 2^-3 = 0.125, 2^-4 = 0.0625
    CHECK(plan::suggestedDistance(*fit, 0.5) == 1);
    REQUIRE(measure.levels.size() == 1);
    CHECK(measure.levels[0].relative[3] == doctest::Approx(0.125));
}

TEST_CASE("errors of every D from one sweep are those of the gradients computed one by one")
{
    for (const bool leastMemory : {true, false}) {
        test::RandomDecoderConfig config;
        config.seed = 3;
        test::RandomDecoder decoder(config);
        models::setRequiresGrad([&](const models::ParameterVisitor& v) { decoder.visit(v); }, true);
        const chopgrad::ClipLatents clip{test::randomTensor({1, 2, 6, 4, 4}, 1), {}, {}};
        const auto loss = perceptual::makeLoss(
            perceptual::parseLosses("mse+0.3*frame-difference"), {test::randomTensor({1, 3, 11, 8, 8}, 2)});
        chopgrad::InfluenceOptions options;
        options.leastMemory = leastMemory;
        options.compared = {0, 1, 3, 5};
        const auto measure = chopgrad::measureInfluence(decoder, clip, *loss, options);
        const auto exact = chopgrad::sweep(decoder, clip, *loss, {GradientMode::kExact});
        CHECK((measure.gradient - exact.latents).abs().max().item<double>() <= 1e-12);
        CHECK(measure.isWhole);
        CHECK(measure.loss == doctest::Approx(exact.loss));
        REQUIRE(measure.latents.size() == 4);
        REQUIRE(measure.parameters.size() == 4);
        const auto flat = [](const chopgrad::ClipGradient& g) {
            std::vector<at::Tensor> parts;
            for (const auto& parameter : g.parameters) {
                parts.push_back(parameter.gradient.flatten());
            }
            return at::cat(parts);
        };
        const at::Tensor wholeParameters = flat(exact);
        for (std::size_t i = 0; i < 4; ++i) {
            const int distance = options.compared[i];
            INFO("D " << distance);
            const auto chopped = chopgrad::sweep(decoder, clip, *loss, {GradientMode::kChop, distance});
            const auto check = [](const chopgrad::TruncationError& error, const at::Tensor& got,
                                   const at::Tensor& whole) {
                const double norm = whole.norm().item<double>();
                CHECK(
                    error.relativeError == doctest::Approx((got - whole).norm().item<double>() / norm).epsilon(1e-9));
                CHECK(error.normRatio == doctest::Approx(got.norm().item<double>() / norm).epsilon(1e-9));
                CHECK(error.cosine ==
                      doctest::Approx((got * whole).sum().item<double>() / norm / got.norm().item<double>())
                          .epsilon(1e-9));
                CHECK(
                    error.meanAbsoluteError ==
                    doctest::Approx(((got - whole).abs().mean() / whole.abs().mean()).item<double>()).epsilon(1e-9));
            };
            check(measure.latents[i], chopped.latents, exact.latents);
            check(measure.parameters[i], flat(chopped), wholeParameters);
        }
        CHECK(measure.latents[3].relativeError < 1e-12);
        CHECK(measure.latents[0].relativeError > 0.01);
    }
}

TEST_CASE("a loss on one cell's pixels leaves what is further than the decoder's reach untouched")
{
    test::RandomDecoderConfig config;
    config.seesWholePicture = false;
    test::RandomDecoder decoder(config);
    const chopgrad::ClipLatents clip{test::randomTensor({1, 2, 3, 15, 11}, 1), {}, {}};
    const auto measure =
        chopgrad::measureLocality(decoder, clip, test::randomTensor({1, 3, 5, 30, 22}, 2), {GradientMode::kExact});
    CHECK(measure.row == 7);
    CHECK(measure.column == 5);
    REQUIRE(measure.share.size() == 8);
    CHECK(measure.share[0] > 0);
    CHECK(measure.share[0] < 1);
    for (std::size_t r = 1; r < 8; ++r) {
        CHECK(measure.share[r] >= measure.share[r - 1]);
    }
    CHECK(measure.share[7] == doctest::Approx(1));
    CHECK(measure.share[5] == doctest::Approx(1).epsilon(1e-12));
    CHECK(measure.share[1] < 1);
}

TEST_CASE("a single group has no influence over time to measure")
{
    test::RandomDecoder decoder({});
    const chopgrad::ClipLatents clip{test::randomTensor({1, 2, 1, 4, 4}, 1), {}, {}};
    const auto loss = perceptual::makeLoss({{}}, {test::randomTensor({1, 3, 1, 8, 8}, 2)});
    CHECK_THROWS_WITH_AS(
        chopgrad::measureInfluence(decoder, clip, *loss), doctest::Contains("longer clip"), base::Error);
}
