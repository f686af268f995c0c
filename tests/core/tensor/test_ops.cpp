#include <ATen/ATen.h>
#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/tensor/norm_silu.h"
#include "core/tensor/ops.h"

using namespace reelmend;

namespace {

double difference(const at::Tensor& a, const at::Tensor& b)
{
    REQUIRE(a.sizes() == b.sizes());
    return ((a - b).abs().max() / (b.abs().max() + 1e-300)).item<double>();
}

at::Tensor random(at::IntArrayRef shape, at::ScalarType dtype = at::kDouble)
{
    return at::randn(shape, at::TensorOptions(dtype));
}

at::Tensor leaf(const at::Tensor& x)
{
    return x.detach().clone().requires_grad_(true);
}

using Inputs = std::vector<at::Tensor>;
using Build = std::function<std::vector<at::Tensor>(const Inputs&)>;

// Values and vector-Jacobian products of `lean` against those of `stock`, for the same random cotangents.
void compare(const Build& lean, const Build& stock, const Inputs& inputs)
{
    Inputs a, b;
    for (const auto& input : inputs) {
        a.push_back(leaf(input));
        b.push_back(leaf(input));
    }
    const auto x = lean(a), y = stock(b);
    REQUIRE(x.size() == y.size());
    std::vector<at::Tensor> cotangents;
    for (std::size_t i = 0; i < x.size(); ++i) {
        CHECK(difference(x[i], y[i]) < 1e-12);
        cotangents.push_back(at::randn_like(y[i]));
    }
    const auto ga = torch::autograd::grad(x, a, cotangents), gb = torch::autograd::grad(y, b, cotangents);
    for (std::size_t i = 0; i < ga.size(); ++i) {
        CAPTURE(i);
        CHECK(difference(ga[i], gb[i]) < 1e-12);
    }
}

} // namespace

TEST_CASE("norm + SiLU: values and gradients equal autograd's")
{
    at::manual_seed(1);
    for (const int channels : {3, 16, 40}) {
        for (const bool silu : {true, false}) {
            compare([&](const Inputs& in) { return Inputs{tensor::normSilu(in[0], in[1], silu)}; },
                [&](const Inputs& in) { return Inputs{tensor::stock::normSilu(in[0], in[1], silu)}; },
                {random({2, channels, 3, 2, 5}), random({channels, 1, 1, 1})});
        }
    }
    compare([](const Inputs& in) { return Inputs{tensor::normSilu(in[0], in[1])}; },
        [](const Inputs& in) { return Inputs{tensor::stock::normSilu(in[0], in[1])}; },
        {random({2, 7, 4, 3}), random({7, 1, 1})});
}

TEST_CASE("norm + SiLU in float32 and bf16 stays at the type's rounding, also for zeros and huge numbers")
{
    at::manual_seed(2);
    for (const double scale : {1.0, 1e-6, 1e6}) {
        const at::Tensor x = random({1, 96, 2, 5, 3}) * scale, gamma = random({96, 1, 1, 1});
        const at::Tensor expected = tensor::stock::normSilu(x, gamma);
        CHECK(difference(tensor::normSilu(x.to(at::kFloat), gamma.to(at::kFloat)).to(at::kDouble), expected) < 1e-6);
        CHECK(difference(tensor::normSilu(x.to(at::kBFloat16), gamma.to(at::kBFloat16)).to(at::kDouble), expected) <
              0.02);
        CHECK(
            difference(
                tensor::normSilu(x.to(at::kHalf).clamp(-6e4, 6e4), gamma.to(at::kHalf)).to(at::kDouble).nan_to_num(),
                expected) < (scale == 1.0 ? 0.005 : 10));
    }
    const at::Tensor zero = at::zeros({1, 8, 1, 2, 2}, at::kFloat).requires_grad_(true);
    const at::Tensor y = tensor::normSilu(zero, at::ones({8, 1, 1, 1}));
    CHECK(y.abs().max().item<float>() == 0);
    const auto gradient = torch::autograd::grad({y}, {zero}, {at::ones_like(y)})[0];
    CHECK(gradient.isfinite().all().item<bool>());
}

TEST_CASE("the norm's kernel writes into a narrow along time and nowhere else")
{
    at::manual_seed(3);
    const at::Tensor x = tensor::channelsLast(random({2, 6, 2, 3, 4})), gamma = random({6});
    at::Tensor buffer = at::full({2, 6, 4, 3, 4}, 77.0, at::kDouble).contiguous(at::MemoryFormat::ChannelsLast3d);
    tensor::normSiluInto(buffer.narrow(2, 2, 2), x, gamma, true);
    CHECK(difference(buffer.narrow(2, 2, 2), tensor::stock::normSilu(x, gamma)) < 1e-12);
    CHECK((buffer.narrow(2, 0, 2) == 77.0).all().item<bool>());
}

TEST_CASE("frozen causal convolution: values and gradients equal autograd's")
{
    at::manual_seed(4);
    const at::Tensor weight = random({5, 4, 3, 3, 3}), bias = random({5}), timeWeight = random({8, 4, 3, 1, 1}),
                     timeBias = random({8});
    const auto outputs = [](const tensor::CausalConvStep& step) { return Inputs{step.output, step.tail}; };
    // With norm and history; without a history; one frame without a past; without a norm; strided in time.
    compare([&](const Inputs& in) { return outputs(tensor::causalConv(in[0], in[1], in[2], weight, bias)); },
        [&](const Inputs& in) { return outputs(tensor::stock::causalConv(in[0], in[1], in[2], weight, bias)); },
        {random({2, 4, 3, 4, 5}), random({4, 1, 1, 1}), random({2, 4, 2, 4, 5})});
    for (const int frames : {1, 3}) {
        compare([&](const Inputs& in) { return outputs(tensor::causalConv(in[0], in[1], {}, weight, bias)); },
            [&](const Inputs& in) { return outputs(tensor::stock::causalConv(in[0], in[1], {}, weight, bias)); },
            {random({2, 4, frames, 4, 5}), random({4, 1, 1, 1})});
    }
    compare([&](const Inputs& in) { return outputs(tensor::causalConv(in[0], {}, in[1], timeWeight, timeBias)); },
        [&](const Inputs& in) { return outputs(tensor::stock::causalConv(in[0], {}, in[1], timeWeight, timeBias)); },
        {random({1, 4, 1, 4, 5}), random({1, 4, 2, 4, 5})});
    compare(
        [&](const Inputs& in) {
            return outputs(tensor::causalConv(in[0], {}, in[1], timeWeight, timeBias, {1, 2}));
        },
        [&](const Inputs& in) {
            return outputs(tensor::stock::causalConv(in[0], {}, in[1], timeWeight, timeBias, {1, 2}));
        },
        {random({1, 4, 4, 4, 5}), random({1, 4, 1, 4, 5})});
    // A trained weight gets its gradient, and so does the tail alone.
    compare([&](const Inputs& in) { return outputs(tensor::causalConv(in[0], in[1], in[2], in[3], in[4])); },
        [&](const Inputs& in) { return outputs(tensor::stock::causalConv(in[0], in[1], in[2], in[3], in[4])); },
        {random({1, 4, 2, 3, 3}), random({4, 1, 1, 1}), random({1, 4, 2, 3, 3}), weight, bias});
    compare([&](const Inputs& in) { return Inputs{tensor::causalConv(in[0], in[1], in[2], weight, bias).tail}; },
        [&](const Inputs& in) { return Inputs{tensor::stock::causalConv(in[0], in[1], in[2], weight, bias).tail}; },
        {random({1, 4, 1, 3, 3}), random({4, 1, 1, 1}), random({1, 4, 2, 3, 3})});
}

TEST_CASE("small float32 convolutions take oneDNN and keep their values and gradients")
{
    at::manual_seed(5);
    const at::Tensor weight = random({6, 4, 3, 3, 3}), x = random({1, 4, 2, 6, 7}), past = random({1, 4, 2, 6, 7});
    const at::Tensor gamma = random({4, 1, 1, 1}), exactX = leaf(x), narrowX = leaf(x.to(at::kFloat));
    const auto exact = tensor::stock::causalConv(exactX, gamma, past, weight, {}).output;
    const auto narrow =
        tensor::causalConv(narrowX, gamma.to(at::kFloat), past.to(at::kFloat), weight.to(at::kFloat), {}).output;
    CHECK(difference(narrow.to(at::kDouble), exact) < 1e-6);
    const at::Tensor cotangent = at::randn_like(exact);
    const auto a = torch::autograd::grad({exact}, {exactX}, {cotangent})[0];
    const auto b = torch::autograd::grad({narrow}, {narrowX}, {cotangent.to(at::kFloat)})[0];
    CHECK(difference(b.to(at::kDouble), a) < 1e-5);
}

TEST_CASE("resampling convolutions: values and gradients equal autograd's")
{
    at::manual_seed(6);
    const at::Tensor weight = random({3, 4, 3, 3}), bias = random({3}), one = random({3, 4, 1, 1});
    const Inputs x = {random({2, 4, 3, 5, 4})};
    compare([&](const Inputs& in) { return Inputs{tensor::upsampleConv(in[0], weight, bias)}; },
        [&](const Inputs& in) { return Inputs{tensor::stock::upsampleConv(in[0], weight, bias)}; }, x);
    compare([&](const Inputs& in) { return Inputs{tensor::downsampleConv(in[0], weight, bias)}; },
        [&](const Inputs& in) { return Inputs{tensor::stock::downsampleConv(in[0], weight, bias)}; },
        {random({2, 4, 3, 6, 4})});
    compare([&](const Inputs& in) { return Inputs{tensor::frameConv(in[0], one, bias)}; },
        [&](const Inputs& in) { return Inputs{tensor::stock::frameConv(in[0], one, bias)}; }, x);
    compare([&](const Inputs& in) { return Inputs{tensor::upsampleConv(in[0], in[1], in[2])}; },
        [&](const Inputs& in) { return Inputs{tensor::stock::upsampleConv(in[0], in[1], in[2])}; },
        {x[0], weight, bias});
}
