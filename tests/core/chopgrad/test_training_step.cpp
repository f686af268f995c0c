#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include <limits>

#include "core/chopgrad/training_step.h"
#include "core/perceptual/losses.h"
#include "tests/support/random_decoder.h"

using namespace reelmend;
using plan::GradientMode;

namespace {

// A denoiser of two weights and dropout: it draws random numbers.
struct ToyDenoiser {
    at::Tensor input = test::randomTensor({1, 2, 5, 4, 4}, 1);
    at::Tensor weight = test::randomTensor({2, 2, 1, 1, 1}, 2).requires_grad_(true);
    at::Tensor bias = test::randomTensor({2}, 3).requires_grad_(true);
    int runs = 0;

    at::Tensor operator()()
    {
        ++runs;
        return at::conv3d(at::dropout(input, 0.3, true), weight, bias);
    }
};

struct Scene {
    test::RandomDecoder decoder{{}};
    at::Tensor target = test::randomTensor({1, 3, 9, 8, 8}, 4);
    at::Tensor clean = test::randomTensor({1, 2, 5, 4, 4}, 5);
    std::unique_ptr<perceptual::FrameLoss> loss = perceptual::makeLoss({{}}, {target});
};

double apart(const at::Tensor& a, const at::Tensor& b)
{
    return (a - b).abs().max().item<double>();
}

} // namespace

TEST_CASE("three phases, one phase and one graph over everything give the same gradients")
{
    Scene scene;
    for (const bool withLatentLoss : {false, true}) {
        ToyDenoiser toy;
        at::manual_seed(9);
        at::Tensor whole;
        {
            c10::AutoGradMode gradient(true);
            const at::Tensor z = toy();
            models::DecoderCache cache;
            std::vector<at::Tensor> frames;
            for (std::int64_t g = 0; g < 5; ++g) {
                auto step = scene.decoder.decode(z.narrow(2, g, 1), {}, cache);
                cache = step.cache;
                frames.push_back(step.frames);
            }
            whole = at::mse_loss(at::cat(frames, 2), scene.target);
            if (withLatentLoss) {
                whole = whole + 0.3 * at::mse_loss(z, scene.clean);
            }
        }
        const auto expected = torch::autograd::grad({whole}, {toy.weight, toy.bias});
        for (const bool onePhase : {false, true}) {
            chopgrad::TrainingStepOptions options;
            options.schedule.mode = GradientMode::kExact;
            options.onePhase = onePhase;
            if (withLatentLoss) {
                options.latentLoss = [&](const at::Tensor& z) { return 0.3 * at::mse_loss(z, scene.clean); };
            }
            at::manual_seed(9);
            toy.runs = 0;
            const auto step = chopgrad::runTrainingStep(
                [&] { return toy(); }, {toy.weight, toy.bias}, scene.decoder, *scene.loss, options);
            CHECK(toy.runs == (onePhase ? 1 : 2));
            CHECK(step.repeatDifference == 0);
            REQUIRE(step.gradients.size() == 2);
            CHECK(apart(step.gradients[0], expected[0]) <= 1e-13);
            CHECK(apart(step.gradients[1], expected[1]) <= 1e-13);
            CHECK(step.loss + step.latentLoss == doctest::Approx(whole.item<double>()).epsilon(1e-12));
            CHECK(!toy.weight.grad().defined());
        }
    }
}

TEST_CASE("latent-only trains by the loss on the latents alone; what is not finite rejects the step")
{
    Scene scene;
    ToyDenoiser toy;
    chopgrad::TrainingStepOptions options;
    options.schedule.mode = GradientMode::kLatentOnly;
    options.latentLoss = [&](const at::Tensor& z) { return at::mse_loss(z, scene.clean); };
    const auto run = [&] {
        return chopgrad::runTrainingStep(
            [&] { return toy(); }, {toy.weight, toy.bias}, scene.decoder, *scene.loss, options);
    };
    at::manual_seed(3);
    const auto step = run();
    at::manual_seed(3);
    at::Tensor loss;
    {
        c10::AutoGradMode gradient(true);
        loss = at::mse_loss(toy(), scene.clean);
    }
    CHECK(apart(step.gradients[0], torch::autograd::grad({loss}, {toy.weight})[0]) <= 1e-14);
    CHECK(step.loss == 0);

    options.latentLoss = [&](const at::Tensor& z) { return z.sum() * std::numeric_limits<double>::infinity(); };
    CHECK_THROWS_AS(run(), chopgrad::RejectedStep);
    options.latentLoss = {};
    options.schedule.mode = GradientMode::kChop;
    toy.input.fill_(std::numeric_limits<double>::quiet_NaN());
    CHECK_THROWS_AS(run(), chopgrad::RejectedStep);
    CHECK(!toy.weight.grad().defined());
}
