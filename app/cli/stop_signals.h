#pragma once
#include <atomic>
#include <thread>

#include "core/base/control.h"

namespace reelmend::cli {

// Ctrl-C and the system's requests to end, as a cancel of `control`. Made before any other thread starts; the signals
// then reach only this object's thread. A second one ends the process at once.
class StopSignals {
public:
    enum class Leaves { kFiles, kNothing };

    // Work that leaves nothing behind need not be waited for: when it has not ended 1.5 s after the signal (a network
    // drive that does not answer, a frame that takes long to decode), the process ends.
    explicit StopSignals(base::Control& control, Leaves leaves = Leaves::kFiles);
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    // The system, not a person, asked (SIGTERM, SIGHUP): the work is to go on later.
    bool isShutDown() const { return isShutDown_; }

private:
    void watch(base::Control& control, Leaves leaves);

    int signalFile_ = -1;
    int endFile_ = -1;
    std::atomic<bool> isShutDown_{false};
    std::thread thread_;
};

} // namespace reelmend::cli
