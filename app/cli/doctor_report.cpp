#include "app/cli/doctor_report.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace reelmend::cli {

namespace {

const char* statusText(Finding::Status status)
{
    switch (status) {
    case Finding::Status::kMissing:
        return "missing";
    case Finding::Status::kBroken:
        return "broken";
    case Finding::Status::kGood:
        break;
    }
    return "good";
}

} // namespace

nlohmann::json doctorJson(const Findings& findings)
{
    nlohmann::json checks = nlohmann::json::array();
    bool isWell = true;
    for (const Finding& finding : findings) {
        checks.push_back({{"group", finding.group}, {"name", finding.name}, {"status", statusText(finding.status)},
            {"text", finding.text}, {"hint", finding.hint}});
        isWell = isWell && finding.status != Finding::Status::kBroken;
    }
    return {{"version", REELMEND_VERSION}, {"well", isWell}, {"checks", std::move(checks)}};
}

std::string doctorText(const Findings& findings)
{
    std::string text;
    std::string group;
    for (const Finding& finding : findings) {
        if (finding.group != group) {
            group = finding.group;
            text += (text.empty() ? "" : "\n") + group + "\n";
        }
        std::string status = statusText(finding.status);
        status.resize(9, ' ');
        std::string name = finding.name;
        name.resize(std::max<std::size_t>(name.size() + 1, 22), ' ');
        text += "  " + status + name + finding.text + "\n";
        if (!finding.hint.empty()) {
            text += "           " + std::string(22, ' ') + finding.hint + "\n";
        }
    }
    if (!text.empty()) {
        text.pop_back();
    }
    return text;
}

} // namespace reelmend::cli
