#pragma once
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "core/base/control.h"
#include "core/jobs/control_file.h"
#include "core/runner/journal.h"

namespace reelmend::runner {

// Reads a job's control.jsonl ten times a second and turns what it says into calls on the control object and state
// events.
class CommandThread {
public:
    // Obeys a cancel that was sent before, before it returns. `onOverdue`, where given, is called once, from this
    // object's thread, when the job was cancelled and stop() has not come within `patienceSeconds`.
    CommandThread(const std::filesystem::path& controlFile, base::Control& control, Journal& journal,
        std::function<void()> onOverdue = {}, double patienceSeconds = 1.2);
    ~CommandThread() { stop(); }
    CommandThread(const CommandThread&) = delete;
    CommandThread& operator=(const CommandThread&) = delete;

    void stop(); // after this, no state event comes from here

    double workSeconds() const; // since this was made, without the pauses

private:
    void run();
    void obey(); // with the mutex held, once the thread runs
    bool isOverdue();

    jobs::CommandReader reader_;
    base::Control& control_;
    Journal& journal_;
    std::function<void()> onOverdue_;
    double patienceSeconds_;
    std::optional<double> cancelSeen_; // by its thread
    double started_;
    mutable std::mutex mutex_;
    double pausedSeconds_ = 0;
    std::optional<double> pauseBegan_;
    std::condition_variable changed_;
    bool isStopping_ = false;
    std::thread thread_;
};

} // namespace reelmend::runner
