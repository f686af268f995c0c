#pragma once
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "core/jobs/event_log.h"

namespace reelmend::runner {

// A job's events on their way to the file and to whoever runs the job. Any thread.
class Journal {
public:
    Journal(const std::filesystem::path& file, std::function<void(const jobs::Event&)> onEvent)
        : writer_(file)
        , onEvent_(std::move(onEvent))
    {}

    // Throws Error(kOutput or kDiskFull).
    template <class What> void write(What what)
    {
        const std::lock_guard lock(mutex_);
        const jobs::Event event = writer_.write(std::move(what));
        if (onEvent_) {
            onEvent_(event);
        }
    }

    // For what the run can do without (progress, remarks): a disk that is full is met soon enough elsewhere.
    template <class What> void tryWrite(What what) noexcept
    {
        try {
            write(std::move(what));
        } catch (...) {
        }
    }

    void log(base::LogLevel level, std::string text) noexcept { tryWrite(jobs::LogEvent{level, std::move(text)}); }

private:
    std::mutex mutex_;
    jobs::EventWriter writer_;
    std::function<void(const jobs::Event&)> onEvent_;
};

} // namespace reelmend::runner
