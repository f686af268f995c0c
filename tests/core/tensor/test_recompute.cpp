#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>
#include <doctest/doctest.h>

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
