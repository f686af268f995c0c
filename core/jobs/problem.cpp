#include "core/jobs/problem.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace reelmend::jobs {

namespace {

std::string joined(const Problems& problems)
{
    std::string text;
    for (const Problem& problem : problems) {
        text += (text.empty() ? "" : " ") + problem.field + ": " + problem.reason;
    }
    return text;
}

} // namespace

bool hasProblem(const Problems& problems, std::string_view field)
{
    return std::any_of(problems.begin(), problems.end(), [&](const Problem& p) { return p.field == field; });
}

nlohmann::json toJson(const Problems& problems)
{
    nlohmann::json list = nlohmann::json::array();
    for (const Problem& problem : problems) {
        list.push_back({{"field", problem.field}, {"reason", problem.reason}});
    }
    return list;
}

RequestError::RequestError(Problems problems)
    : Error(base::ErrorKind::kUsage, "The request cannot be run as it is.", joined(problems),
          problems.size() == 1 ? "Correct this setting." : "Correct these settings.")
    , problems_(std::move(problems))
{}

} // namespace reelmend::jobs
