#include <ATen/ATen.h>
#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/models/checkpointed.h"
#include "core/tensor/memory_tracker.h"

using namespace reelmend;
using namespace reelmend::models;

namespace {

at::Tensor leaf(at::IntArrayRef shape)
{
    return at::randn(shape, at::kDouble).requires_grad_(true);
}

double difference(const at::Tensor& a, const at::Tensor& b)
{
    return (a - b).abs().max().item<double>();
}

} // namespace

TEST_CASE("a recomputed block gives the values and gradients of a kept one, also for unused parts")
{
    at::manual_seed(3);
    const at::Tensor x = leaf({4, 5}), y = leaf({5}), weight = leaf({5, 5}), idle = leaf({2});
    const at::Tensor adapted = weight * 2 + 1; // a parameter that is itself a result
    const Block block = [adapted](const std::vector<at::Tensor>& in) {
        const at::Tensor h = at::tanh(at::matmul(in[0], adapted)) * in[1];
        return std::vector<at::Tensor>{h.exp(), h.sin()};
    };
    const auto lossOf = [](const std::vector<at::Tensor>& parts) { return parts[0].square().sum() + parts[1].sum(); };
    const std::vector<at::Tensor> asked = {x, y, weight};
    const auto expected = torch::autograd::grad({lossOf(block({x, y}))}, asked, {}, true);

    const auto made = runCheckpointed(block, {x, y}, {adapted, idle});
    CHECK(difference(made[0], block({x, y})[0]) == 0);
    const auto found = torch::autograd::grad({lossOf(made)}, asked, {}, true);
    for (std::size_t i = 0; i < asked.size(); ++i) {
        CHECK(difference(found[i], expected[i]) < 1e-12);
    }
    // Only one of the two results is used; and the graph may be walked a second time.
    const auto part = torch::autograd::grad({made[1].sum()}, asked, {}, true);
    const auto partExpected = torch::autograd::grad({block({x, y})[1].sum()}, asked, {}, true);
    CHECK(difference(part[0], partExpected[0]) < 1e-12);
    CHECK(difference(part[2], partExpected[2]) < 1e-12);
}

TEST_CASE("recomputed blocks nest, and frozen inputs get no gradient")
{
    at::manual_seed(4);
    const at::Tensor x = at::randn({3, 3}, at::kDouble), weight = leaf({3, 3});
    const Block inner = [weight](const std::vector<at::Tensor>& in) {
        return std::vector<at::Tensor>{at::tanh(at::matmul(in[0], weight))};
    };
    const Block outer = [inner, weight](const std::vector<at::Tensor>& in) {
        return runCheckpointed(inner, runCheckpointed(inner, in, {weight}), {weight});
    };
    const auto expected = torch::autograd::grad({inner(inner({x}))[0].sum()}, {weight});
    const auto found = torch::autograd::grad({runCheckpointed(outer, {x}, {weight})[0].sum()}, {weight});
    CHECK(difference(found[0], expected[0]) < 1e-12);
    CHECK_FALSE(x.requires_grad());
}

TEST_CASE("autograd keeps the inputs of recomputed blocks and nothing of their inside")
{
    const at::Tensor x = at::randn({64, 64}).requires_grad_(true);
    const Block block = [](const std::vector<at::Tensor>& in) {
        return std::vector<at::Tensor>{in[0].sin().cos().exp().tanh()};
    };
    const auto bytes = [&](bool recomputed) {
        tensor::MemoryTracker tracker;
        at::Tensor y = x;
        for (int i = 0; i < 8; ++i) {
            y = recomputed ? runCheckpointed(block, {y}, {})[0] : block({y})[0];
        }
        return tracker.currentBytes() / static_cast<double>(x.nbytes());
    };
    CHECK(bytes(false) > 20); // three results of each of eight blocks
    CHECK(bytes(true) < 8.5); // one of each
}
