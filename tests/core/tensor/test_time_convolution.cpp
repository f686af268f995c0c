#include <ATen/ATen.h>
#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/tensor/convolve.h"
#include "core/tensor/group_ops.h"
#include "core/tensor/time_convolution.h"

using namespace reelmend;

// At the widths where two frames are made of four convolutions: see Note [Two frames for four convolutions].

namespace {

double difference(const at::Tensor& a, const at::Tensor& b)
{
    REQUIRE(a.sizes() == b.sizes());
    return ((a.to(at::kDouble) - b).abs().max() / b.abs().max()).item<double>();
}

// [batch, channels, 2 + frames, 20, 28] and a kernel of unit gain.
struct Case {
    at::Tensor joined, weight, bias;
};

Case makeCase(std::int64_t batch, std::int64_t inputs, std::int64_t outputs, std::int64_t frames)
{
    at::manual_seed(7);
    Case made;
    made.joined = at::randn({batch, inputs, 2 + frames, 20, 28}, at::kDouble);
    made.weight = at::randn({outputs, inputs, 3, 3, 3}, at::kDouble) / std::sqrt(27.0 * static_cast<double>(inputs));
    made.bias = at::randn({outputs}, at::kDouble);
    return made;
}

at::Tensor singly(const at::Tensor& x)
{
    return x.to(at::kFloat);
}

at::Tensor inPairs(const Case& given, at::ScalarType type)
{
    const at::Tensor joined = given.joined.to(type).contiguous(tensor::k3d);
    const std::int64_t frames = joined.size(2) - 2;
    const at::Tensor output = at::full(
        {joined.size(0), given.weight.size(0), frames, joined.size(3), joined.size(4)}, -1e30, joined.options())
                                  .contiguous(tensor::k3d);
    const tensor::TimeConvolution convolution(
        given.weight.to(type), given.bias.to(type), frames, joined.size(3), joined.size(4));
    convolution.into(output, joined);
    return output;
}

at::Tensor directly(const Case& given, at::ScalarType type)
{
    return at::conv3d(given.joined.to(type), given.weight.to(type), given.bias.to(type), {1, 1, 1}, {0, 1, 1});
}

} // namespace

TEST_CASE("pairs of frames at 64 channels and more: float32 stays within its rounding of the direct convolution")
{
    for (const std::int64_t frames : {2, 4, 5}) { // of an odd number the last is made alone
        CAPTURE(frames);
        const Case wide = makeCase(2, 64, 72, frames);
        const at::Tensor exact = directly(wide, at::kDouble), paired = inPairs(wide, at::kFloat);
        const at::Tensor direct = directly(wide, at::kFloat);
        CHECK(difference(paired, exact) < 4e-6);
        CHECK(difference(paired, exact) < 8 * difference(direct, exact)); // it costs a bit or two
        CHECK(!paired.narrow(2, 0, 2).equal(direct.narrow(2, 0, 2)));     // and it is what runs
        if (frames % 2 == 1) {
            CHECK(difference(paired.narrow(2, frames - 1, 1), exact.narrow(2, frames - 1, 1)) < 2e-6);
        }
    }
}

TEST_CASE("narrow kernels, float64 and single frames are convolved directly")
{
    const Case narrow = makeCase(1, 32, 64, 4), alone = makeCase(1, 64, 64, 1), wide = makeCase(1, 64, 64, 4);
    const auto plain = [](const Case& given) {
        return tensor::convolve(singly(given.joined).contiguous(tensor::k3d), singly(given.weight),
            singly(given.bias), {1, 1, 1}, {0, 1, 1});
    };
    CHECK(inPairs(narrow, at::kFloat).equal(plain(narrow)));
    CHECK(inPairs(alone, at::kFloat).equal(plain(alone)));
    CHECK(difference(inPairs(wide, at::kDouble), directly(wide, at::kDouble)) < 1e-14);
}

TEST_CASE("a group norm, SiLU and a wide convolution in float32: values and gradients of float64's stock operators")
{
    at::manual_seed(8);
    const std::int64_t channels = 64, latents = 4;
    const auto fresh = [](at::IntArrayRef shape, double scale = 1) { return at::randn(shape, at::kDouble) * scale; };
    const Case kernel = makeCase(1, channels, channels, 4);
    const at::Tensor x = fresh({1, channels, 4, 20, 28}), history = fresh({1, channels, 2, 20, 28});
    const at::Tensor z = fresh({1, latents, 2, 10, 14});
    tensor::GroupNorm norm;
    norm.weight = 1 + fresh({channels}, 0.1);
    norm.bias = fresh({channels}, 0.1);
    norm.scaleWeight = fresh({channels, latents, 1, 1, 1}, 0.3);
    norm.scaleBias = 1 + fresh({channels}, 0.1);
    norm.shiftWeight = fresh({channels, latents, 1, 1, 1}, 0.3);
    norm.shiftBias = fresh({channels}, 0.1);
    const at::Tensor toOutput = fresh({1, channels, 4, 20, 28}), toTail = fresh({1, channels, 2, 20, 28});

    const auto run = [&](bool isLean, at::ScalarType type) {
        const auto leaf = [&](const at::Tensor& t) {
            return t.to(type).contiguous(tensor::k3d).detach().clone().requires_grad_(true);
        };
        const std::vector<at::Tensor> inputs = {leaf(x), leaf(history), leaf(z)};
        tensor::GroupNorm own = norm;
        for (at::Tensor* part :
            {&own.weight, &own.bias, &own.scaleWeight, &own.scaleBias, &own.shiftWeight, &own.shiftBias}) {
            *part = part->to(type);
        }
        own.latent = inputs[2];
        const at::Tensor weight = kernel.weight.to(type), bias = kernel.bias.to(type);
        const tensor::CausalConvStep step =
            isLean ? tensor::groupCausalConv(inputs[0], &own, inputs[1], weight, bias)
                   : tensor::stock::groupCausalConv(inputs[0], &own, inputs[1], weight, bias);
        std::vector<at::Tensor> found = torch::autograd::grad(
            {step.output, step.tail}, inputs, {toOutput.to(type), toTail.to(type)}, {}, false, true);
        found.push_back(step.output.detach());
        found.push_back(step.tail.detach());
        return found;
    };
    const auto lean = run(true, at::kFloat), exact = run(false, at::kDouble);
    const char* names[] = {"gradient at x", "at the history", "at the latent", "output", "tail"};
    for (std::size_t i = 0; i < exact.size(); ++i) {
        CAPTURE(names[i]);
        CHECK(difference(lean[i], exact[i]) < 1e-5);
    }
    CHECK(difference(run(true, at::kDouble)[0], exact[0]) < 1e-12);
}
