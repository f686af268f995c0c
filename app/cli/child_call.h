#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "app/cli/detach.h"

namespace reelmend::cli {

// One `reelmend-cli … --json` as a child process, for what takes long or touches files that others made: a decoder
// that crashes takes only its child along. Read when file() is readable, until isFinished().
class ChildCall {
public:
    explicit ChildCall(const std::vector<std::string>& arguments); // throws Error(kFailed)
    ~ChildCall();                                                  // kills a child that still runs
    ChildCall(ChildCall&& other) noexcept;
    ChildCall& operator=(ChildCall&& other) noexcept;

    int file() const { return output_.get(); }
    void read();
    bool isFinished() const { return isFinished_; }

    // The last line that the child wrote, when that is a JSON object; once finished.
    std::optional<nlohmann::json> answer() const;

private:
    OwnedFile output_;
    pid_t process_ = -1;
    std::string text_;
    bool isFinished_ = false;
};

} // namespace reelmend::cli
