#include "core/runner/progress_meter.h"

#include <utility>

namespace reelmend::runner {

namespace {

constexpr double kReportSeconds = 0.25;
constexpr double kWindowSeconds = 10;

} // namespace

ProgressMeter::ProgressMeter(std::int64_t total, std::function<double()> clock)
    : clock_(std::move(clock))
    , total_(total)
{}

std::optional<jobs::ProgressEvent> ProgressMeter::advance(const std::string& phase, std::int64_t done)
{
    const std::lock_guard lock(mutex_);
    const double seconds = clock_();
    enter(phase, done, seconds);
    const bool isDue = done == total_ || seconds - lastReport_ >= kReportSeconds;
    return isDue ? std::optional(report(seconds)) : std::nullopt;
}

jobs::ProgressEvent ProgressMeter::now(const std::string& phase, std::int64_t done)
{
    const std::lock_guard lock(mutex_);
    const double seconds = clock_();
    enter(phase, done, seconds);
    return report(seconds);
}

void ProgressMeter::enter(const std::string& phase, std::int64_t done, double seconds)
{
    if (phase != phase_) {
        phase_ = phase;
        samples_.clear();
        lastReport_ = -1e9;
    }
    done_ = done;
    samples_.push_back({seconds, done});
    // The oldest sample kept is the last one that is at least a window old.
    while (samples_.size() > 2 && seconds - samples_[1].seconds >= kWindowSeconds) {
        samples_.pop_front();
    }
}

jobs::ProgressEvent ProgressMeter::report(double seconds)
{
    lastReport_ = seconds;
    jobs::ProgressEvent event{phase_, done_, total_, 0, std::nullopt};
    const Sample& first = samples_.front();
    const double spent = seconds - first.seconds;
    if (done_ > first.done && spent > 0.2) {
        event.framesPerSecond = static_cast<double>(done_ - first.done) / spent;
        event.remainingSeconds = static_cast<double>(total_ - done_) / event.framesPerSecond;
    }
    return event;
}

} // namespace reelmend::runner
