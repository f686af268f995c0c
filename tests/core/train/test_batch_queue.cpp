#include "core/train/batch_queue.h"

#include <doctest/doctest.h>

#include <ATen/ATen.h>

#include <atomic>
#include <latch>
#include <stdexcept>

using namespace reelmend::train;

namespace {

Batch numbered(std::int64_t number)
{
    Batch batch;
    batch.conditions = {number};
    batch.details = {0};
    return batch;
}

} // namespace

TEST_CASE("batches come in order, however many threads make them and in whatever order they are ready")
{
    std::latch secondIsMade(1);
    const auto draw = [&](std::int64_t number) {
        if (number == 7) {
            secondIsMade.wait(); // the first is ready only after the second
        } else if (number == 8) {
            secondIsMade.count_down();
        }
        return numbered(number);
    };
    BatchQueue queue(draw, 7, 3, 4);
    for (std::int64_t number = 7; number < 40; ++number) {
        CHECK(queue.next().conditions.front() == number);
    }
}

TEST_CASE("no more batches are made ahead than was allowed")
{
    std::atomic<std::int64_t> most = 0;
    std::atomic<std::int64_t> given = 0;
    {
        const auto draw = [&](std::int64_t number) {
            // `given` grows after a batch was handed out, so this counts at most one too many.
            std::int64_t seen = most, ahead = number - given;
            while (ahead > seen && !most.compare_exchange_weak(seen, ahead)) {
            }
            return numbered(number);
        };
        BatchQueue queue(draw, 0, 2, 3);
        for (int i = 0; i < 50; ++i) {
            queue.next();
            ++given;
        }
    }
    CHECK(most <= 3);
}

TEST_CASE("what goes wrong with one batch is thrown where it is asked for, and the next ones still come")
{
    const auto draw = [](std::int64_t number) {
        if (number == 1) {
            throw std::runtime_error("footage is gone");
        }
        return numbered(number);
    };
    BatchQueue queue(draw, 0, 2, 2);
    CHECK(queue.next().conditions.front() == 0);
    CHECK_THROWS_WITH(queue.next(), "footage is gone");
    CHECK(queue.next().conditions.front() == 2);
}

TEST_CASE("a queue that nobody empties ends")
{
    BatchQueue queue(numbered, 0, 2, 1);
}
