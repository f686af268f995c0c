#include <ATen/ATen.h>
#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>

#include "core/tensor/device.h"
#include "core/tensor/memory_tracker.h"
#include "core/tensor/ops.h"
#include "tests/support/cuda.h"

using namespace reelmend;

namespace {

// Largest absolute difference over the largest absolute value of `b`.
double difference(const at::Tensor& a, const at::Tensor& b)
{
    const at::Tensor wide = b.to(at::kDouble).cpu();
    return ((a.to(at::kDouble).cpu() - wide).abs().max() / wide.abs().max()).item<double>();
}

} // namespace

TEST_CASE("the CUDA kernels of norm + SiLU agree with the CPU's, forward and backward")
{
    if (!test::cudaIsThere()) {
        return;
    }
    const auto device = tensor::deviceFromText("cuda");
    at::manual_seed(1);
    for (const int channels : {3, 96, 192, 384, 1000}) {
        for (const auto& [dtype, bound] : {std::pair(at::kDouble, 1e-12), std::pair(at::kFloat, 1e-5),
                 std::pair(at::kBFloat16, 2e-2), std::pair(at::kHalf, 5e-3)}) {
            CAPTURE(channels);
            const at::Tensor x = at::randn({2, channels, 3, 5, 7}, at::kDouble).to(dtype),
                             gain = at::randn({channels}).to(dtype);
            const at::Tensor cotangent = at::randn_like(x);
            std::vector<at::Tensor> y, dx, dgain;
            for (const auto& place : {c10::Device(at::kCPU), device}) {
                const at::Tensor leaf = x.to(place).requires_grad_(true), gamma = gain.to(place).requires_grad_(true);
                y.push_back(tensor::normSilu(leaf, gamma));
                const auto found = torch::autograd::grad({y.back()}, {leaf, gamma}, {cotangent.to(place)});
                dx.push_back(found[0]);
                dgain.push_back(found[1]);
            }
            CHECK(difference(y[1], y[0]) < bound);
            CHECK(difference(dx[1], dx[0]) < bound);
            CHECK(difference(dgain[1], dgain[0]) < bound * 10);
        }
    }
}

TEST_CASE("a frozen causal convolution on CUDA keeps nothing of its input's size")
{
    if (!test::cudaIsThere()) {
        return;
    }
    const auto device = tensor::deviceFromText("cuda");
    at::manual_seed(2);
    const auto options = at::TensorOptions(device).dtype(at::kFloat);
    const at::Tensor weight = at::randn({32, 32, 3, 3, 3}, options), past = at::randn({1, 32, 2, 64, 64}, options);
    const at::Tensor x = at::randn({1, 32, 4, 64, 64}, options).requires_grad_(true);
    tensor::causalConv(x, {}, past, weight, {}); // workspaces
    const tensor::MemoryTracker tracker(device);
    const auto step = tensor::causalConv(x, {}, past, weight, {});
    const auto outputs = static_cast<std::int64_t>(step.output.nbytes() + step.tail.nbytes());
    CHECK(tracker.currentBytes() < outputs + (1 << 20));
    const auto cotangent = at::randn_like(step.output);
    const auto lean = torch::autograd::grad({step.output}, {x}, {cotangent})[0];
    const auto stock =
        torch::autograd::grad({tensor::stock::causalConv(x, {}, past, weight, {}).output}, {x}, {cotangent})[0];
    CHECK(difference(lean, stock) < 1e-4);
}

TEST_CASE("the lean operators' gradients on CUDA are the CPU's, steps of stride 2 and single frames included")
{
    if (!test::cudaIsThere()) {
        return;
    }
    const auto device = tensor::deviceFromText("cuda");
    at::manual_seed(3);
    const at::Tensor x = at::randn({2, 8, 4, 10, 12}), past = at::randn({2, 8, 2, 10, 12}),
                     still = at::randn({1, 8, 1, 10, 12}), gain = at::randn({8});
    const at::Tensor causal = at::randn({16, 8, 3, 3, 3}), inTime = at::randn({16, 8, 3, 1, 1}),
                     plane = at::randn({16, 8, 3, 3});
    using Step = std::function<at::Tensor(const at::Tensor&, c10::Device)>;
    const std::vector<std::pair<at::Tensor, Step>> cases = {
        {x,
            [&](const at::Tensor& t, c10::Device d) {
                const auto step = tensor::causalConv(t, gain.to(d), past.to(d), causal.to(d), {});
                return at::cat({step.output.flatten(), step.tail.flatten()});
            }},
        {x,
            [&](const at::Tensor& t, c10::Device d) {
                return tensor::causalConv(t, {}, past.narrow(2, 0, 1).to(d), inTime.to(d), {}, {1, 2}).output;
            }},
        {still, [&](const at::Tensor& t,
                    c10::Device d) { return tensor::causalConv(t, {}, {}, causal.to(d), {}).output; }},
        {x, [&](const at::Tensor& t, c10::Device d) { return tensor::frameConv(t, plane.to(d), {}); }},
        {x, [&](const at::Tensor& t, c10::Device d) { return tensor::upsampleConv(t, plane.to(d), {}); }},
        {x, [&](const at::Tensor& t, c10::Device d) { return tensor::downsampleConv(t, plane.to(d), {}); }}};
    for (std::size_t i = 0; i < cases.size(); ++i) {
        CAPTURE(i);
        std::vector<at::Tensor> outputs, gradients;
        at::Tensor cotangent;
        for (const auto& place : {c10::Device(at::kCPU), device}) {
            const at::Tensor leaf = cases[i].first.to(place).requires_grad_(true);
            outputs.push_back(cases[i].second(leaf, place));
            cotangent = cotangent.defined() ? cotangent : at::randn(outputs.back().sizes());
            gradients.push_back(torch::autograd::grad({outputs.back()}, {leaf}, {cotangent.to(place)})[0]);
        }
        CHECK(difference(outputs[1], outputs[0]) < 1e-4);
        CHECK(difference(gradients[1], gradients[0]) < 1e-4);
    }
}
