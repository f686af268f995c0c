#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>
#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/tensor/memory_tracker.h"
#include "core/tensor/recompute.h"

using namespace reelmend;

namespace {

at::Tensor random(at::IntArrayRef shape, std::uint64_t seed)
{
    return at::empty(shape, at::kDouble).normal_(0, 1, at::detail::createCPUGenerator(seed));
}

// Two outputs of three inputs, the third of which may be undefined.
std::vector<at::Tensor> mixed(const std::vector<at::Tensor>& x)
{
    const at::Tensor sum = x[2].defined() ? x[0] * x[1] + x[2] : x[0] * x[1];
    return {sum.tanh().matmul(x[1]), sum.sin()};
}

at::Tensor leaf(at::IntArrayRef shape)
{
    return at::randn(shape, at::kDouble).requires_grad_(true);
}

double difference(const at::Tensor& a, const at::Tensor& b)
{
    return (a - b).abs().max().item<double>();
}

} // namespace

TEST_CASE("what is computed again gives the same values and gradients")
{
    for (const bool hasThird : {true, false}) {
        const at::Tensor a = random({6, 6}, 1).requires_grad_(true), b = random({6, 6}, 2).requires_grad_(true);
        const at::Tensor c = hasThird ? random({6, 6}, 3) : at::Tensor();
        const auto plain = mixed({a, b, c});
        (plain[0].sum() + (plain[1] * 3).sum()).backward();
        const at::Tensor gradientA = a.grad().clone(), gradientB = b.grad().clone();
        a.mutable_grad().reset();
        b.mutable_grad().reset();
        const auto again = tensor::recomputed(mixed, {a, b, c});
        CHECK(at::equal(again[0], plain[0]));
        CHECK(at::equal(again[1], plain[1]));
        (again[0].sum() + (again[1] * 3).sum()).backward();
        CHECK((a.grad() - gradientA).abs().max().item<double>() < 1e-12);
        CHECK((b.grad() - gradientB).abs().max().item<double>() < 1e-12);
    }
}

TEST_CASE("an output that nobody uses and chained calls are no trouble")
{
    const at::Tensor a = random({4, 4}, 1).requires_grad_(true), b = random({4, 4}, 2);
    const auto first = tensor::recomputed(mixed, {a, b, at::Tensor()});
    const auto second = tensor::recomputed(mixed, {first[1], b, a});
    second[0].sum().backward();
    const at::Tensor gradient = a.grad().clone();
    a.mutable_grad().reset();
    mixed({mixed({a, b, at::Tensor()})[1], b, a})[0].sum().backward();
    CHECK((a.grad() - gradient).abs().max().item<double>() < 1e-12);
}

TEST_CASE("only the inputs wait for the backward")
{
    const at::Tensor a = random({256, 256}, 1).requires_grad_(true);
    const auto deep = [](const std::vector<at::Tensor>& x) {
        at::Tensor y = x[0];
        for (int i = 0; i < 10; ++i) {
            y = y.sin();
        }
        return std::vector<at::Tensor>{y};
    };
    const tensor::MemoryTracker tracker;
    const auto kept = deep({a});
    const std::int64_t whole = tracker.currentBytes();
    const auto light = tensor::recomputed(deep, {a});
    CHECK((tracker.currentBytes() - whole) * 5 < whole);
    const c10::AutoGradMode none(false);
    CHECK_FALSE(tensor::recomputed(deep, {a})[0].requires_grad());
}

TEST_CASE("a recomputed block gives the values and gradients of a kept one, also for unused parts")
{
    at::manual_seed(3);
    const at::Tensor x = leaf({4, 5}), y = leaf({5}), weight = leaf({5, 5}), idle = leaf({2});
    const at::Tensor adapted = weight * 2 + 1; // a parameter that is itself a result
    const tensor::TensorFunction block = [adapted](const std::vector<at::Tensor>& in) {
        const at::Tensor h = at::tanh(at::matmul(in[0], adapted)) * in[1];
        return std::vector<at::Tensor>{h.exp(), h.sin()};
    };
    const auto lossOf = [](const std::vector<at::Tensor>& parts) { return parts[0].square().sum() + parts[1].sum(); };
    const std::vector<at::Tensor> asked = {x, y, weight};
    const auto expected = torch::autograd::grad({lossOf(block({x, y}))}, asked, {}, true);

    const auto made = tensor::recomputed(block, {x, y}, {adapted, idle});
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
    const tensor::TensorFunction inner = [weight](const std::vector<at::Tensor>& in) {
        return std::vector<at::Tensor>{at::tanh(at::matmul(in[0], weight))};
    };
    const tensor::TensorFunction outer = [inner, weight](const std::vector<at::Tensor>& in) {
        return tensor::recomputed(inner, tensor::recomputed(inner, in, {weight}), {weight});
    };
    const auto expected = torch::autograd::grad({inner(inner({x}))[0].sum()}, {weight});
    const auto found = torch::autograd::grad({tensor::recomputed(outer, {x}, {weight})[0].sum()}, {weight});
    CHECK(difference(found[0], expected[0]) < 1e-12);
    CHECK_FALSE(x.requires_grad());
}

TEST_CASE("autograd keeps the inputs of recomputed blocks and nothing of their inside")
{
    const at::Tensor x = at::randn({64, 64}).requires_grad_(true);
    const tensor::TensorFunction block = [](const std::vector<at::Tensor>& in) {
        return std::vector<at::Tensor>{in[0].sin().cos().exp().tanh()};
    };
    const auto bytes = [&](bool recomputed) {
        tensor::MemoryTracker tracker;
        at::Tensor y = x;
        for (int i = 0; i < 8; ++i) {
            y = recomputed ? tensor::recomputed(block, {y}, {})[0] : block({y})[0];
        }
        return tracker.currentBytes() / static_cast<double>(x.nbytes());
    };
    CHECK(bytes(false) > 20); // three results of each of eight blocks
    CHECK(bytes(true) < 8.5); // one of each
}
