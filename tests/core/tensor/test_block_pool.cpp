#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <random>
#include <thread>
#include <vector>

#include "core/tensor/block_pool.h"
#include "core/tensor/memory_tracker.h"

using namespace reelmend;

namespace {

constexpr std::int64_t kMega = 1 << 20;

at::Tensor bytes(std::int64_t count)
{
    return at::empty({count}, at::kByte);
}

bool isWatched() // by a sanitizer: blocks are not reused then
{
    const at::Tensor one = bytes(kMega);
    return tensor::blockStatistics().usedBytes == 0;
}

} // namespace

TEST_CASE("large blocks are used again, split and joined, within the peak that there was")
{
    tensor::reuseLargeBlocks();
    if (isWatched()) {
        MESSAGE("skipped: a sanitizer watches the allocator");
        return;
    }
    tensor::releaseFreeBlocks();
    const auto before = tensor::blockStatistics();
    const std::int64_t used = before.usedBytes;
    at::Tensor whole = bytes(12 * kMega);
    void* const first = whole.data_ptr();
    CHECK(tensor::blockStatistics().usedBytes == used + 12 * kMega);
    whole.reset();
    CHECK(tensor::blockStatistics().usedBytes == used);
    CHECK(tensor::blockStatistics().freeBytes == 12 * kMega);
    { // three pieces of it, without asking the kernel
        const at::Tensor a = bytes(5 * kMega), b = bytes(3 * kMega), c = bytes(4 * kMega);
        CHECK(a.data_ptr() == first);
        CHECK(tensor::blockStatistics().freeBytes == 0);
        CHECK(tensor::blockStatistics().mapped == before.mapped + 1);
    }
    { // which are one again
        const at::Tensor again = bytes(12 * kMega);
        CHECK(again.data_ptr() == first);
        CHECK(tensor::blockStatistics().mapped == before.mapped + 1);
    }
    { // 12 are free, which 13 do not fit into: they would be 25, and the peak is 13 then
        const at::Tensor larger = bytes(13 * kMega);
        CHECK(tensor::blockStatistics().freeBytes == 0);
        CHECK(tensor::blockStatistics().peakBytes == used + 13 * kMega);
    }
    CHECK(tensor::blockStatistics().freeBytes == 13 * kMega);
    tensor::releaseFreeBlocks();
    CHECK(tensor::blockStatistics().freeBytes == 0);
    CHECK(tensor::blockStatistics().peakBytes == used);
}

TEST_CASE("small tensors are not the pool's, and the tracker counts what is asked for")
{
    tensor::reuseLargeBlocks();
    const auto before = tensor::blockStatistics();
    const tensor::MemoryTracker tracker;
    const at::Tensor small = bytes(kMega - 1);
    CHECK(tensor::blockStatistics().usedBytes == before.usedBytes);
    CHECK(tensor::blockStatistics().mapped == before.mapped);
    const at::Tensor large = bytes(2 * kMega + 1);
    CHECK(tracker.currentBytes() == 3 * kMega);
}

TEST_CASE("threads that make and drop tensors at random keep their contents apart")
{
    tensor::reuseLargeBlocks();
    const std::int64_t used = tensor::blockStatistics().usedBytes;
    const auto work = [](unsigned seed, int& wrong) {
        std::mt19937 draw(seed);
        std::vector<std::pair<at::Tensor, int>> held;
        for (int i = 0; i < 400; ++i) {
            if (held.size() > 6 || (!held.empty() && draw() % 3 == 0)) {
                const auto at = static_cast<std::ptrdiff_t>(draw() % held.size());
                const auto& [tensor, value] = held[static_cast<std::size_t>(at)];
                wrong += !tensor.eq(value).all().item<bool>();
                held.erase(held.begin() + at);
            } else {
                const int value = static_cast<int>(draw() % 251);
                held.emplace_back(bytes(kMega + draw() % kMega).fill_(value), value);
            }
        }
    };
    int wrong[3] = {};
    {
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < 3; ++i) {
            threads.emplace_back(work, i, std::ref(wrong[i]));
        }
    }
    CHECK(wrong[0] + wrong[1] + wrong[2] == 0);
    const auto after = tensor::blockStatistics();
    CHECK(after.usedBytes == used);
    CHECK(after.usedBytes + after.freeBytes <= after.peakBytes);
}
