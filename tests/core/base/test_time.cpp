#include <doctest/doctest.h>

#include "core/base/error.h"
#include "core/base/time.h"

using namespace reelmend::base;

TEST_CASE("ranges are half-open and checked against the clip")
{
    CHECK(parseRange("", 10) == FrameRange{0, 10});
    CHECK(parseRange("2:5", 10) == FrameRange{2, 5});
    CHECK(parseRange(":5", 10) == FrameRange{0, 5});
    CHECK(parseRange("7:", 10) == FrameRange{7, 10});
    for (const char* bad : {"5", "5:5", "6:5", "0:11", "10:", "a:b", "-1:3", "1:2:3", "1.5:3"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(parseRange(bad, 10), Error);
    }
}

TEST_CASE("a range beyond the end names the number of frames")
{
    try {
        parseRange("0:500", 96);
        FAIL("not refused");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::kUsage);
        CHECK(error.why().find("96 frames") != std::string::npos);
        CHECK(!error.hint().empty());
    }
}

TEST_CASE("times and sizes are written for people")
{
    CHECK(durationText(0.2) == "0 s");
    CHECK(durationText(48.4) == "48 s");
    CHECK(durationText(200) == "3 min 20 s");
    CHECK(durationText(7500) == "2 h 05 min");
    CHECK(durationText(-1) == "unknown");
    CHECK(bytesText(999) == "999 bytes");
    CHECK(bytesText(12'300) == "12.3 kB");
    CHECK(bytesText(340e6) == "340 MB");
    CHECK(bytesText(5.2e9) == "5.2 GB");
    CHECK(timecodeText(55, {24, 1}) == "00:00:02:07");
    CHECK(timecodeText(30, {30000, 1001}) == "00:00:01:00");
}

TEST_CASE("ratios reduce")
{
    CHECK(Rational{50, 2}.reduced() == Rational{25, 1});
    CHECK(Rational{0, 5}.reduced() == Rational{0, 1});
}
