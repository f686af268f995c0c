#pragma once
#include <condition_variable>
#include <filesystem>
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
    // Obeys a cancel that was sent before, before it returns.
    CommandThread(const std::filesystem::path& controlFile, base::Control& control, Journal& journal);
    ~CommandThread() { stop(); }
    CommandThread(const CommandThread&) = delete;
    CommandThread& operator=(const CommandThread&) = delete;

    void stop(); // after this, no state event comes from here

    double workSeconds() const; // since this was made, without the pauses

private:
    void obey(); // with the mutex held, once the thread runs

    jobs::CommandReader reader_;
    base::Control& control_;
    Journal& journal_;
    double started_;
    mutable std::mutex mutex_;
    double pausedSeconds_ = 0;
    std::optional<double> pauseBegan_;
    std::condition_variable changed_;
    bool isStopping_ = false;
    std::thread thread_;
};

} // namespace reelmend::runner
