#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>

#include "core/runner/command_thread.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::runner;

namespace {

// The states that a journal was told, and a way to wait for them.
class States {
public:
    void operator()(const jobs::Event& event)
    {
        const std::lock_guard lock(mutex_);
        if (const auto* state = std::get_if<jobs::StateEvent>(&event.what)) {
            states_.push_back(state->state);
            changed_.notify_all();
        }
    }
    bool waitFor(std::size_t count)
    {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return states_.size() >= count; });
    }
    std::vector<jobs::JobState> all()
    {
        const std::lock_guard lock(mutex_);
        return states_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<jobs::JobState> states_;
};

} // namespace

TEST_CASE("pause, resume and cancel reach the control object and the journal")
{
    const test::TemporaryFolder folder;
    const auto file = folder / "control.jsonl";
    States states;
    Journal journal(folder / "events.jsonl", std::ref(states));
    base::Control control;
    CommandThread thread(file, control, journal);
    jobs::sendCommand(file, jobs::Command::kPause);
    jobs::sendCommand(file, jobs::Command::kPause); // once is enough
    REQUIRE(states.waitFor(1));
    CHECK(control.isPaused());
    const double seconds = thread.workSeconds();
    jobs::sendCommand(file, jobs::Command::kResume);
    REQUIRE(states.waitFor(2));
    control.checkpoint(); // does not hang
    CHECK(thread.workSeconds() >= seconds);
    jobs::sendCommand(file, jobs::Command::kPause);
    jobs::sendCommand(file, jobs::Command::kCancel);
    REQUIRE(states.waitFor(3));
    CHECK_THROWS_AS(control.checkpoint(), base::Cancelled);
    thread.stop();
    CHECK(states.all() ==
          std::vector<jobs::JobState>{jobs::JobState::kPaused, jobs::JobState::kRunning, jobs::JobState::kPaused});
}

TEST_CASE("the clock of work stands still in a pause")
{
    const test::TemporaryFolder folder;
    const auto file = folder / "control.jsonl";
    States states;
    Journal journal(folder / "events.jsonl", std::ref(states));
    base::Control control;
    CommandThread thread(file, control, journal);
    jobs::sendCommand(file, jobs::Command::kPause);
    REQUIRE(states.waitFor(1));
    const double before = thread.workSeconds();
    CHECK(thread.workSeconds() == before);
    control.requestCancel();
}

TEST_CASE("a cancel that was sent before the start is obeyed at once")
{
    const test::TemporaryFolder folder;
    const auto file = folder / "control.jsonl";
    jobs::sendCommand(file, jobs::Command::kCancel);
    Journal journal(folder / "events.jsonl", {});
    base::Control control;
    const CommandThread thread(file, control, journal);
    CHECK(control.isCancelled());
}
