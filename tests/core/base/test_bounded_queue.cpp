#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "core/base/bounded_queue.h"

using reelmend::base::BoundedQueue;

TEST_CASE("everything pushed is popped in order, then the end is seen")
{
    BoundedQueue<int> queue(3);
    std::thread producer([&] {
        for (int i = 0; i < 1000; ++i) {
            queue.push(i);
        }
        queue.close();
    });
    std::vector<int> got;
    while (auto item = queue.pop()) {
        got.push_back(*item);
    }
    producer.join();
    REQUIRE(got.size() == 1000);
    for (int i = 0; i < 1000; ++i) {
        CHECK(got[static_cast<std::size_t>(i)] == i);
    }
}

TEST_CASE("abort wakes a producer that waits for room")
{
    BoundedQueue<int> queue(1);
    REQUIRE(queue.push(1));
    bool accepted = true;
    std::thread producer([&] { accepted = queue.push(2); });
    queue.abort();
    producer.join();
    CHECK_FALSE(accepted);
    CHECK_FALSE(queue.pop().has_value());
}
