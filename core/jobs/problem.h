#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/error.h"

namespace reelmend::jobs {

// One thing that is wrong with a request: where, and why, in a sentence.
struct Problem {
    std::string field; // "range", "mask", …: the JSON name
    std::string reason;

    bool operator==(const Problem&) const = default;
};

using Problems = std::vector<Problem>;

bool hasProblem(const Problems& problems, std::string_view field);
nlohmann::json toJson(const Problems& problems); // [{"field": …, "reason": …}, …]

// A request that cannot be run as it is: Error(kUsage) with the list. `why` names every field.
class RequestError : public base::Error {
public:
    explicit RequestError(Problems problems);
    RequestError(std::string field, std::string reason)
        : RequestError(Problems{{std::move(field), std::move(reason)}})
    {}
    const Problems& problems() const noexcept { return problems_; }

private:
    Problems problems_;
};

} // namespace reelmend::jobs
