#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include "core/tensor/flop_counter.h"
#include "core/tensor/memory_tracker.h"

using namespace reelmend;

TEST_CASE("the tracker counts tensors made while it lives")
{
    const at::Tensor before = at::empty({1000});
    tensor::MemoryTracker tracker;
    {
        const at::Tensor a = at::empty({1024}), b = at::empty({2048});
        CHECK(tracker.currentBytes() == 3072 * 4);
    }
    CHECK(tracker.currentBytes() == 0);
    CHECK(tracker.peakBytes() == 3072 * 4);
    tracker.resetPeak();
    CHECK(tracker.peakBytes() == 0);
}

TEST_CASE("arithmetic is counted once per convolution and matrix product")
{
    const at::Tensor x = at::ones({2, 4, 5, 6}), w = at::ones({8, 4, 3, 3});
    const at::Tensor a = at::ones({3, 7}), b = at::ones({7, 5});
    const tensor::FlopCounter counter;
    at::conv2d(x, w, std::nullopt, 1, 1);
    CHECK(counter.flops() == 2.0 * 2 * 5 * 6 * 8 * 4 * 9);
    at::mm(a, b);
    CHECK(counter.flops() == 2.0 * 2 * 5 * 6 * 8 * 4 * 9 + 2.0 * 3 * 7 * 5);
}
