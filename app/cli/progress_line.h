#pragma once
#include <cstdint>
#include <string>

#include "core/jobs/event.h"

namespace reelmend::cli {

// Shows a job's events on standard error: one line that is written over on a terminal; elsewhere a plain line for
// every tenth of the way. Not thread-safe.
class ProgressLine {
public:
    explicit ProgressLine(bool isTerminal)
        : isTerminal_(isTerminal)
    {}
    ~ProgressLine() { clear(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    void show(const jobs::Event& event);
    void clear(); // takes the line away, before something else is printed

private:
    void showProgress(const jobs::ProgressEvent& progress);
    void print(const std::string& text);

    bool isTerminal_;
    bool isShown_ = false;
    std::string phase_;
    std::int64_t lastTenth_ = -1;
};

} // namespace reelmend::cli
