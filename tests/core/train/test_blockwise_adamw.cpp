#include <doctest/doctest.h>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include "core/train/weight_optimizer.h"

using namespace reelmend;
using namespace reelmend::train;

namespace {

at::Tensor random(at::IntArrayRef shape, std::uint64_t seed)
{
    return at::empty(shape, at::kFloat).normal_(0, 1, at::detail::createCPUGenerator(seed));
}

// Least squares of a matrix that is too large for float32 states and a bias that is not.
struct Problem {
    at::Tensor weight = at::zeros({64, 100}), bias = at::zeros({64});
    at::Tensor inputs = random({300, 100}, 1), targets;
    std::unique_ptr<WeightOptimizer> optimizer;

    explicit Problem(bool eightBit)
        : targets(at::linear(inputs, random({64, 100}, 2), random({64}, 3)))
    {
        const auto visit = [this](const models::ParameterVisitor& v) {
            v("weight", weight, {64, 100});
            v("bias", bias, {64});
        };
        AdamWSettings settings;
        settings.weightDecay = 0;
        settings.clip = 0;
        settings.emaDecay = 0;
        optimizer = eightBit ? makeBlockwiseAdamW(visit, settings) : makeAdamW(visit, settings);
    }

    double step(double rate)
    {
        optimizer->zeroGradients();
        const at::Tensor loss = (at::linear(inputs, weight, bias) - targets).square().mean();
        loss.backward();
        optimizer->step(rate, optimizer->gradientNorm());
        return loss.item<double>();
    }
};

} // namespace

TEST_CASE("the codes are 256 ascending numbers that reach from one over seven decades down")
{
    for (const bool isSigned : {true, false}) {
        const at::Tensor code = dynamicCode(isSigned);
        REQUIRE(code.size(0) == 256);
        CHECK((code.narrow(0, 1, 255) > code.narrow(0, 0, 255)).all().item<bool>());
        CHECK(code[255].item<float>() == 1);
        CHECK(code[0].item<float>() == doctest::Approx(isSigned ? -0.993 : 0).epsilon(0.01));
        CHECK(code.masked_select(code > 0).amin().item<float>() < 1e-6);
    }
}

TEST_CASE("states in 8 bits take a quarter of the memory and come as far as those in 32")
{
    Problem wide(false), narrow(true);
    const double first = wide.step(0.02);
    CHECK(narrow.step(0.02) == first);
    double a = 0, b = 0;
    for (int i = 0; i < 250; ++i) {
        const double rate = i < 150 ? 0.02 : 0.004;
        a = wide.step(rate);
        b = narrow.step(rate);
    }
    CHECK(a < 1e-2 * first);
    CHECK(b < 1e-2 * first);
    CHECK(b < 3 * a + 1e-3 * first);
    const double weights = 64 * 100;
    const double small = 2 * 4 * 64; // the bias keeps float32
    CHECK((static_cast<double>(narrow.optimizer->stateBytes()) - small) / weights < 2.04);
    CHECK((static_cast<double>(wide.optimizer->stateBytes()) - small) / weights == 8);
}

TEST_CASE("the first step in 8 bits is AdamW's, with decay and clipping, for tensors of any size")
{
    for (const std::int64_t rows : {10, 50}) { // 1000 weights in float32, 5000 in 8 bits
        at::Tensor a = random({rows, 100}, 4), b = a.clone();
        AdamWSettings settings;
        settings.clip = 0.5;
        settings.emaDecay = 0;
        const auto plain = makeAdamW([&](const models::ParameterVisitor& v) { v("w", a, {rows, 100}); }, settings);
        const auto coded = makeBlockwiseAdamW(
            [&](const models::ParameterVisitor& v) {
                v("w", b, {rows, 100});
            },
            settings);
        const at::Tensor gradient = random({rows, 100}, 5);
        a.mutable_grad() = gradient.clone();
        b.mutable_grad() = gradient.clone();
        plain->step(1e-2, plain->gradientNorm());
        coded->step(1e-2, coded->gradientNorm());
        const at::NoGradGuard noGrad;
        CHECK((a - b).abs().max().item<double>() < 1e-6);
    }
}
