#include "core/runner/command_thread.h"

#include <chrono>
#include <utility>

#include "core/base/error.h"
#include "core/base/time.h"

namespace reelmend::runner {

CommandThread::CommandThread(const std::filesystem::path& controlFile, base::Control& control, Journal& journal,
    std::function<void()> onOverdue, double patienceSeconds)
    : reader_(controlFile)
    , control_(control)
    , journal_(journal)
    , onOverdue_(std::move(onOverdue))
    , patienceSeconds_(patienceSeconds)
    , started_(base::monotonicSeconds())
{
    obey();
    thread_ = std::thread([this] { run(); });
}

void CommandThread::run()
{
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, std::chrono::milliseconds(100), [this] { return isStopping_; })) {
        obey();
        if (isOverdue()) {
            lock.unlock();
            std::exchange(onOverdue_, {})();
            lock.lock();
        }
    }
}

bool CommandThread::isOverdue()
{
    if (!onOverdue_ || !control_.isCancelled()) {
        return false;
    }
    const double now = base::monotonicSeconds();
    cancelSeen_ = cancelSeen_.value_or(now);
    return now - *cancelSeen_ >= patienceSeconds_;
}

void CommandThread::stop()
{
    {
        const std::lock_guard lock(mutex_);
        isStopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

double CommandThread::workSeconds() const
{
    const std::lock_guard lock(mutex_);
    return pauseBegan_.value_or(base::monotonicSeconds()) - started_ - pausedSeconds_;
}

void CommandThread::obey()
{
    std::vector<jobs::Command> commands;
    try {
        commands = reader_.poll();
    } catch (const base::Error&) {
        return; // cannot be read right now; the next round tries again
    }
    for (const jobs::Command command : commands) {
        if (command == jobs::Command::kCancel) {
            control_.requestCancel();
        } else if (command == jobs::Command::kPause && !pauseBegan_ && !control_.isCancelled()) {
            control_.pause();
            pauseBegan_ = base::monotonicSeconds();
            journal_.tryWrite(jobs::StateEvent{jobs::JobState::kPaused});
        } else if (command == jobs::Command::kResume && pauseBegan_) {
            pausedSeconds_ += base::monotonicSeconds() - *pauseBegan_;
            pauseBegan_.reset();
            journal_.tryWrite(jobs::StateEvent{jobs::JobState::kRunning});
            control_.resume();
        }
    }
}

} // namespace reelmend::runner
