#include <doctest/doctest.h>

#include <ATen/ATen.h>

#include <cmath>
#include <fstream>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/diffusion/one_step.h"
#include "core/diffusion/samplers.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::diffusion;

namespace {

// Data that is Gaussian, mean m and deviation s: the best possible network and the exact path are known in closed
// form.
constexpr double kMean = 0.4, kDeviation = 0.7;

at::Tensor places()
{
    return at::linspace(-2, 2, 9, at::kDouble);
}

// E[x0 | x] for x = a x0 + b noise.
at::Tensor bestClean(const at::Tensor& x, double a, double b)
{
    const double gain = a * kDeviation * kDeviation / (a * a * kDeviation * kDeviation + b * b);
    return (x - a * kMean) * gain + kMean;
}

double deviation(double a, double b)
{
    return std::sqrt(a * a * kDeviation * kDeviation + b * b);
}

at::Tensor flowNetwork(const at::Tensor& x, double timestep)
{
    const double sigma = timestep / 1000;
    return (x - bestClean(x, 1 - sigma, sigma)) / sigma;
}

// Largest distance from where the exact path ends.
double flowError(const std::function<at::Tensor(const Predict&, at::Tensor, const FlowSchedule&)>& sampler, int steps)
{
    const FlowSchedule s = flowSchedule({.steps = steps, .shift = 3, .wholeTimesteps = false});
    const double sigma = s.sigmas.front();
    const at::Tensor x = places();
    const at::Tensor exact = (x - (1 - sigma) * kMean) * (kDeviation / deviation(1 - sigma, sigma)) + kMean;
    return (sampler(flowNetwork, x, s) - exact).abs().max().item<double>();
}

double cogVideoError(int steps)
{
    const VarianceSchedule schedule = cogVideoSchedule();
    const Predict network = [&](const at::Tensor& x, double timestep) {
        const double alphaBar = schedule.alphaBar(static_cast<std::int64_t>(timestep));
        const double a = std::sqrt(alphaBar), b = std::sqrt(1 - alphaBar);
        const at::Tensor clean = bestClean(x, a, b);
        return ((x - clean * a) / b) * a - clean * b; // v = sqrt(abar) noise - sqrt(1 - abar) x0
    };
    const at::Tensor x = places(); // at the last timestep: pure noise, deviation 1
    const at::Tensor exact = x * kDeviation + kMean;
    return (sampleDdim(network, x, schedule, trailingTimesteps(steps)) - exact).abs().max().item<double>();
}

nlohmann::json fixtures()
{
    std::ifstream file(test::sourceFolder() / "tests/fixtures/diffusion/schedulers.json");
    return nlohmann::json::parse(file);
}

// The made-up network of tools/reference/diffusion_fixtures.py.
at::Tensor fixtureNetwork(const at::Tensor& x, double timestep)
{
    return at::sin(x * 1.3) * 0.8 + x * 0.4 - 0.3 * (timestep / 1000) * (timestep / 1000);
}

double pathError(const nlohmann::json& path, int step, const at::Tensor& x)
{
    const at::Tensor expected =
        at::tensor(path.at(static_cast<std::size_t>(step)).get<std::vector<double>>(), at::kDouble);
    return ((x - expected).abs() / expected.abs().clamp_min(1)).max().item<double>();
}

} // namespace

TEST_CASE("Euler's method converges to the exact path with order 1")
{
    const auto euler = [](const Predict& p, at::Tensor x, const FlowSchedule& s) { return sampleEuler(p, x, s); };
    const double coarse = flowError(euler, 40), fine = flowError(euler, 80);
    CHECK(fine < 0.05);
    CHECK(coarse / fine > 1.8);
    CHECK(coarse / fine < 2.3);
}

TEST_CASE("UniPC converges faster than Euler, with order 2 without and at least 2 with its corrector")
{
    const auto plain = [](const Predict& p, at::Tensor x, const FlowSchedule& s) {
        return sampleUniPc(p, x, s, {.order = 2, .corrector = false, .lowerOrderFinal = false});
    };
    const auto corrected = [](const Predict& p, at::Tensor x, const FlowSchedule& s) { return sampleUniPc(p, x, s); };
    const auto first = [](const Predict& p, at::Tensor x, const FlowSchedule& s) {
        return sampleUniPc(p, x, s, {.order = 1, .corrector = false});
    };
    const auto euler = [](const Predict& p, at::Tensor x, const FlowSchedule& s) { return sampleEuler(p, x, s); };
    CHECK(flowError(corrected, 20) < 0.25 * flowError(euler, 20));
    CHECK(flowError(first, 40) / flowError(first, 80) > 1.8);
    CHECK(flowError(plain, 80) / flowError(plain, 160) > 2.5); // its last step, to sigma 0, has order 1
    CHECK(flowError(corrected, 80) / flowError(corrected, 160) > 3.4);
    CHECK(flowError(corrected, 80) < flowError(plain, 80));
}

TEST_CASE("DDIM converges to the exact path, from pure noise at zero terminal SNR on")
{
    const double coarse = cogVideoError(50), fine = cogVideoError(100);
    CHECK(std::isfinite(coarse));
    CHECK(fine < 0.04);
    CHECK(coarse / fine > 1.7);
}

TEST_CASE("UniPC follows diffusers' scheduler with Wan's settings")
{
    const nlohmann::json all = fixtures();
    const at::Tensor start = at::tensor(all.at("start").get<std::vector<double>>(), at::kDouble);
    for (const auto& f : all.at("unipc")) {
        const FlowSchedule s = flowSchedule(
            {.steps = f.at("steps").get<int>(), .shift = f.at("shift").get<double>(), .grid = FlowGrid::kDiffusers});
        CAPTURE(s.timesteps.size());
        const auto sigmas = f.at("sigmas").get<std::vector<double>>();
        REQUIRE(sigmas.size() == s.sigmas.size());
        for (std::size_t i = 0; i < sigmas.size(); ++i) {
            CHECK(std::abs(sigmas[i] - s.sigmas[i]) < 1e-6); // diffusers keeps float32
        }
        CHECK(f.at("timesteps").get<std::vector<double>>() == s.timesteps);
        double worst = 0;
        SamplerHooks hooks;
        hooks.done = [&](int step, const at::Tensor& x) {
            worst = std::max(worst, pathError(f.at("path"), step, x));
        };
        sampleUniPc(fixtureNetwork, start, s, {}, hooks);
        // The first sigma, 0.999999, sits next to a pole of log-SNR: float32 there costs the reference some digits.
        CHECK(worst < 2e-4);
    }
}

TEST_CASE("DDIM follows diffusers' CogVideoX scheduler")
{
    const nlohmann::json all = fixtures();
    const at::Tensor start = at::tensor(all.at("start").get<std::vector<double>>(), at::kDouble);
    for (const auto& f : all.at("ddim")) {
        const VarianceSchedule s = cogVideoSchedule({.snrShift = f.at("snr_shift").get<double>()});
        const auto bars = f.at("alpha_bars").get<std::vector<double>>();
        const int at[] = {0, 1, 399, 500, 998, 999};
        for (std::size_t i = 0; i < bars.size(); ++i) {
            CHECK(std::abs(bars[i] - s.alphaBar(at[i])) < 1e-9);
        }
        const auto timesteps = trailingTimesteps(f.at("steps").get<int>());
        CHECK(f.at("timesteps").get<std::vector<std::int64_t>>() == timesteps);
        double worst = 0;
        SamplerHooks hooks;
        hooks.done = [&](int step, const at::Tensor& x) {
            worst = std::max(worst, pathError(f.at("path"), step, x));
        };
        sampleDdim(fixtureNetwork, start, s, timesteps, hooks);
        CHECK(worst < 1e-9);
    }
}

TEST_CASE("DOVE's rounded constants are those of diffusers' velocity helper in bfloat16")
{
    const nlohmann::json all = fixtures();
    const at::Tensor z = at::tensor(all.at("start").get<std::vector<double>>(), at::kDouble);
    const at::Tensor v = fixtureNetwork(z, 399);
    // helper(sample, noise) = sqrt(abar) noise - sqrt(1 - abar) sample; the fixture calls it with (z, v).
    const at::Tensor helper =
        at::tensor(all.at("ddim").at(0).at("velocity_helper_bf16").get<std::vector<double>>(), at::kDouble);
    const auto distance = [&](const OneStep& step) {
        return (step.clean(v, z) - helper).abs().mean().item<double>();
    };
    CHECK(distance(doveStep(true)) < 0.004); // bfloat16 rounding of the values themselves
    CHECK(distance(doveStep(true)) < distance(doveStep(false)));
}

TEST_CASE("a sampler stops between steps when it is told to")
{
    base::Control control;
    int evaluations = 0;
    const Predict network = [&](const at::Tensor& x, double) {
        if (++evaluations == 3) {
            control.requestCancel();
        }
        return x;
    };
    SamplerHooks hooks;
    hooks.control = &control;
    CHECK_THROWS_AS(sampleEuler(network, places(), flowSchedule({.steps = 10}), hooks), base::Cancelled);
    CHECK(evaluations == 3);
}
