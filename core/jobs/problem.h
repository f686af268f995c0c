#pragma once
#include <string>
#include <vector>

namespace reelmend::jobs {

// One thing that is wrong with a request: where, and why, in a sentence.
struct Problem {
    std::string field; // "range", "mask", …: the JSON name
    std::string reason;

    bool operator==(const Problem&) const = default;
};

using Problems = std::vector<Problem>;

} // namespace reelmend::jobs
