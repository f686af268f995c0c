#include <doctest/doctest.h>

#include <cmath>

#include "core/base/error.h"
#include "core/diffusion/one_step.h"
#include "core/diffusion/schedule.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

using namespace reelmend;
using namespace reelmend::diffusion;

TEST_CASE("Wan's schedule: four steps at shift 5 have the published sigmas")
{
    const FlowSchedule s = flowSchedule({.steps = 4, .shift = 5});
    REQUIRE(s.sigmas.size() == 5);
    CHECK(s.sigmas[0] == doctest::Approx(0.9998).epsilon(1e-5));
    CHECK(s.sigmas[1] == doctest::Approx(0.93727).epsilon(1e-5));
    CHECK(s.sigmas[2] == doctest::Approx(0.83306).epsilon(1e-5));
    CHECK(s.sigmas[3] == doctest::Approx(0.62469).epsilon(1e-5));
    CHECK(s.sigmas[4] == 0);
    CHECK(s.timesteps == std::vector<double>{999, 937, 833, 624});
}

TEST_CASE("a shift of 1 leaves an even grid, and the grid can start at 1")
{
    const FlowSchedule s = flowSchedule({.steps = 5, .shift = 1, .grid = FlowGrid::kEven, .wholeTimesteps = false});
    for (int i = 0; i <= 5; ++i) {
        CHECK(s.sigmas[i] == doctest::Approx(1 - i / 5.0).epsilon(1e-14));
    }
    CHECK(shifted(shifted(0.3, 4), 0.25) == doctest::Approx(0.3).epsilon(1e-14)); // shifts undo each other
}

TEST_CASE("CogVideoX's schedule has the published alpha bars and no signal at its end")
{
    const VarianceSchedule five = cogVideoSchedule();
    CHECK(five.alphaBar(399) == doctest::Approx(0.393544057504).epsilon(1e-10));
    CHECK(five.alphaBar(0) == doctest::Approx(0.99915).epsilon(1e-6));
    CHECK(five.alphaBar(999) == 0);
    CHECK(five.alphaBar(-1) == 1);
    CHECK(cogVideoSchedule({.snrShift = 3}).alphaBar(399) == doctest::Approx(0.178615234).epsilon(1e-8));
    for (int t = 1; t < 1000; ++t) {
        REQUIRE(five.alphaBar(t) < five.alphaBar(t - 1));
    }
}

TEST_CASE("trailing timesteps end each share of the training timesteps")
{
    CHECK(trailingTimesteps(4) == std::vector<std::int64_t>{999, 749, 499, 249});
    CHECK(trailingTimesteps(1) == std::vector<std::int64_t>{999});
    CHECK_THROWS_AS(trailingTimesteps(0), base::Error);
    CHECK_THROWS_AS(flowSchedule({.steps = 0}), base::Error);
    CHECK_THROWS_AS(flowSchedule({.shift = 0}), base::Error);
}

TEST_CASE("one step: DOVE's constants, exact and as its weights were trained")
{
    const OneStep exact = doveStep(false);
    CHECK(exact.timestep == 399);
    CHECK(std::abs(exact.latentGain - 0.627330900) < 1e-9);
    CHECK(std::abs(exact.predictionGain - 0.778752812) < 1e-9);
    const OneStep rounded = doveStep();
    CHECK(rounded.latentGain == 0.625);
    CHECK(rounded.predictionGain == 0.78125);
}

TEST_CASE("one step: the target of training is the prediction that gives the clean latent")
{
    const at::Tensor z = at::randn({1, 4, 2, 3, 3}, at::make_generator<at::CPUGeneratorImpl>(1), at::kDouble);
    const at::Tensor clean = at::randn({1, 4, 2, 3, 3}, at::make_generator<at::CPUGeneratorImpl>(2), at::kDouble);
    for (const OneStep& step : {doveStep(false), doveStep(true), residualStep(), flowStep(0.3)}) {
        CHECK((step.clean(z, step.target(z, clean)) - clean).abs().max().item<double>() < 1e-14);
    }
    // ChopGrad's Wan tasks: the target is what the degradation added.
    CHECK((residualStep().target(z, clean) - (z - clean)).abs().max().item<double>() == 0);
    CHECK(residualStep().timestep == 200);
    CHECK(flowStep(0.3).timestep == doctest::Approx(300));
}

TEST_CASE("dynamic guidance starts and ends where it should")
{
    CHECK(dynamicGuidance(6, 50, 50) == doctest::Approx(1));
    CHECK(dynamicGuidance(6, 50, 0) == doctest::Approx(7));
}
