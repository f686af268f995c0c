#include <doctest/doctest.h>

#include <latch>
#include <thread>

#include "core/base/control.h"
#include "core/base/error.h"

using namespace reelmend::base;

TEST_CASE("cancel ends a pause")
{
    Control control;
    control.pause();
    std::latch started(1);
    bool cancelled = false;
    std::thread worker([&] {
        started.count_down();
        try {
            control.checkpoint();
        } catch (const Cancelled&) {
            cancelled = true;
        }
    });
    started.wait();
    control.requestCancel();
    worker.join();
    CHECK(cancelled);
    CHECK_THROWS_AS(control.throwIfCancelled(), Cancelled);
}

TEST_CASE("resume lets a paused worker go on")
{
    Control control;
    control.pause();
    CHECK(control.isPaused());
    std::thread worker([&] { control.checkpoint(); });
    control.resume();
    worker.join();
    CHECK_FALSE(control.isCancelled());
}
