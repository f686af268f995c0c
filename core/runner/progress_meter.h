#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "core/jobs/event.h"

namespace reelmend::runner {

// Counts frames and says, a few times a second at most, how fast they come and how long the rest takes. The rate is
// that of the last ten seconds of work. Any thread.
class ProgressMeter {
public:
    // `clock` counts seconds of work and stands still in a pause.
    ProgressMeter(std::int64_t total, std::function<double()> clock);

    // The report that is due now, if one is.
    std::optional<jobs::ProgressEvent> advance(const std::string& phase, std::int64_t done);
    // The report whether due or not.
    jobs::ProgressEvent now(const std::string& phase, std::int64_t done);

private:
    struct Sample {
        double seconds;
        std::int64_t done;
    };

    void enter(const std::string& phase, std::int64_t done, double seconds);
    jobs::ProgressEvent report(double seconds);

    std::mutex mutex_;
    std::function<double()> clock_;
    std::string phase_;
    std::int64_t done_ = 0;
    std::int64_t total_;
    double lastReport_ = -1e9;
    std::deque<Sample> samples_; // of the current phase, oldest first
};

} // namespace reelmend::runner
