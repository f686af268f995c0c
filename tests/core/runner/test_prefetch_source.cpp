#include <doctest/doctest.h>

#include <atomic>

#include "core/base/error.h"
#include "core/runner/prefetch_source.h"
#include "core/video/pixel_format.h"

using namespace reelmend;
using namespace reelmend::runner;

namespace {

// Frames that carry their number as their time; counts what was asked of it.
class CountingSource : public video::FrameSource {
public:
    explicit CountingSource(std::int64_t frames, std::int64_t broken = -1)
        : frames_(frames)
        , broken_(broken)
    {}

    const video::ClipInfo& info() const override { return info_; }
    std::int64_t frameCount() const override { return frames_; }
    video::Frame frame(std::int64_t index) override
    {
        ++asked;
        if (index == broken_) {
            throw base::Error(base::ErrorKind::kInput, "It broke.");
        }
        video::Frame::Description description;
        description.format = video::pixelFormat("gray");
        description.width = description.height = 2;
        description.time.pts = index;
        return video::FrameBuilder(description).finish();
    }

    std::atomic<int> asked{0};

private:
    video::ClipInfo info_;
    std::int64_t frames_, broken_;
};

} // namespace

TEST_CASE("frames come in any order as from the source, each decoded once going forward")
{
    CountingSource source(100);
    base::Control control;
    PrefetchSource prefetch(source, 100, {4, 6}, control);
    for (std::int64_t i = 0; i < 100; ++i) {
        REQUIRE(prefetch.frame(i).time().pts == i);
        if (i >= 5) {
            REQUIRE(prefetch.frame(i - 5).time().pts == i - 5); // still at hand
        }
    }
    CHECK(source.asked == 100);
    for (const std::int64_t i : {3, 90, 91, 12, 99, 0, 5, 4}) {
        CHECK(prefetch.frame(i).time().pts == i);
    }
}

TEST_CASE("it never runs further ahead than it may")
{
    CountingSource source(1000);
    base::Control control;
    {
        PrefetchSource prefetch(source, 1000, {4, 2}, control);
        prefetch.frame(0);
    }
    CHECK(source.asked <= 1 + 4 + 1); // handed out, waiting, in the thread's hand
}

TEST_CASE("what the source throws arrives where the frame is asked for, and other frames still do")
{
    CountingSource source(50, 20);
    base::Control control;
    PrefetchSource prefetch(source, 50, {8, 4}, control);
    for (std::int64_t i = 0; i < 20; ++i) {
        CHECK(prefetch.frame(i).time().pts == i);
    }
    CHECK_THROWS_AS(prefetch.frame(20), base::Error);
    CHECK_THROWS_AS(prefetch.frame(20), base::Error);
    CHECK(prefetch.frame(21).time().pts == 21);
    CHECK_THROWS_AS(prefetch.frame(50), base::Error);
    CHECK_THROWS_AS(prefetch.frame(-1), base::Error);
}

TEST_CASE("a cancelled control ends the thread")
{
    CountingSource source(1'000'000);
    base::Control control;
    PrefetchSource prefetch(source, 1'000'000, {4, 2}, control);
    prefetch.frame(0);
    control.requestCancel();
    const auto all = [&] {
        for (std::int64_t i = 1; i < 100; ++i) {
            prefetch.frame(i);
        }
    };
    CHECK_THROWS_AS(all(), base::Cancelled);
}
