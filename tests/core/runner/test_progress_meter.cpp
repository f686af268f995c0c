#include <doctest/doctest.h>

#include "core/runner/progress_meter.h"

using namespace reelmend::runner;

TEST_CASE("the rate is that of the last ten seconds, and the rest follows from it")
{
    double now = 100;
    ProgressMeter meter(1000, [&] { return now; });
    CHECK(meter.now("enhancing", 0).framesPerSecond == 0);
    CHECK_FALSE(meter.now("enhancing", 0).remainingSeconds);
    for (int i = 1; i <= 20; ++i) { // slow: 2 frames a second
        now += 1;
        meter.advance("enhancing", 2 * i);
    }
    for (int i = 1; i <= 11; ++i) { // then 20 a second
        now += 1;
        meter.advance("enhancing", 40 + 20 * i);
    }
    const auto event = meter.now("enhancing", 260);
    CHECK(event.framesPerSecond == doctest::Approx(20));
    REQUIRE(event.remainingSeconds);
    CHECK(*event.remainingSeconds == doctest::Approx(740 / 20.0));
    CHECK(event.done == 260);
    CHECK(event.total == 1000);
}

TEST_CASE("reports come a few times a second at most, and always at the end")
{
    double now = 0;
    ProgressMeter meter(1000, [&] { return now; });
    int reports = 0;
    for (int i = 1; i < 1000; ++i) {
        now += 0.01; // ten seconds in all
        reports += meter.advance("enhancing", i) ? 1 : 0;
    }
    CHECK(reports >= 35);
    CHECK(reports <= 41);
    CHECK(meter.advance("enhancing", 1000));
}

TEST_CASE("frames that were finished before do not count as fast ones, and a new phase starts afresh")
{
    double now = 0;
    ProgressMeter meter(1000, [&] { return now; });
    meter.now("enhancing", 900);
    now += 1;
    CHECK(meter.now("enhancing", 910).framesPerSecond == doctest::Approx(10));
    CHECK(meter.now("joining", 0).framesPerSecond == 0);
    CHECK(meter.now("joining", 0).phase == "joining");
}
