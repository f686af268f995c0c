#pragma once
#include <atomic>
#include <thread>

#include "core/base/control.h"

namespace reelmend::cli {

// Ctrl-C and the system's requests to end, as a cancel of `control`. Made before any other thread starts; the signals
// then reach only this object's thread. A second one ends the process at once.
class StopSignals {
public:
    explicit StopSignals(base::Control& control);
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    // The system, not a person, asked (SIGTERM, SIGHUP): the work is to go on later.
    bool isShutDown() const { return isShutDown_; }

private:
    void watch(base::Control& control);

    int signalFile_ = -1;
    int endFile_ = -1;
    std::atomic<bool> isShutDown_{false};
    std::thread thread_;
};

} // namespace reelmend::cli
