#pragma once
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "core/base/error.h"

namespace reelmend::cli {

// The real standard output, reserved for what a script reads. Making one moves it aside and sends file descriptor 1
// to standard error, so that a library that prints cannot get between the lines. Made once, first thing in main.
// Lines are written whole; may be called from any thread. A reader that went away is not an error: later lines are
// dropped.
class Output {
public:
    Output();
    ~Output();
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    void json(const nlohmann::json& value); // one line
    void line(std::string_view text);
    bool isGone() const { return isGone_; } // the reader closed its end

    // Why results are lost, as errno has it: a full disk, say. 0 where none is, or where the reader just left.
    int lostBecause() const { return lostBecause_; }

private:
    int lostBecause_ = 0;
    int file_ = -1;
    bool isGone_ = false;
};

// {"kind": …, "what": …, "why": …, "hint": …} and, for a request that is wrong, "problems".
nlohmann::json errorJson(const base::Error& error);

// Says on standard error, or as {"error": …} on the output, what went wrong. Returns the exit code.
int reportError(Output& output, bool asJson, const base::Error& error);

} // namespace reelmend::cli
