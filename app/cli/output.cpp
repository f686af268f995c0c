#include "app/cli/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include <nlohmann/json.hpp>

#include "core/jobs/json_text.h"
#include "core/jobs/problem.h"

namespace reelmend::cli {

Output::Output()
    : file_(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3))
    , isGone_(file_ < 0)
{
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
}

Output::~Output()
{
    if (file_ >= 0) {
        ::close(file_);
    }
}

void Output::json(const nlohmann::json& value)
{
    line(jobs::compactText(value));
}

void Output::line(std::string_view text)
{
    const std::string whole = std::string(text) + "\n";
    std::string_view left = whole;
    while (!left.empty() && !isGone_) {
        const ssize_t written = ::write(file_, left.data(), left.size());
        if (written >= 0) {
            left.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            isGone_ = true;
            lostBecause_ = errno == EPIPE ? 0 : errno;
        }
    }
}

nlohmann::json errorJson(const base::Error& error)
{
    nlohmann::json object{{"kind", base::kindName(error.kind())}, {"what", error.message()}, {"why", error.why()},
        {"hint", error.hint()}};
    if (const auto* request = dynamic_cast<const jobs::RequestError*>(&error)) {
        object["problems"] = jobs::toJson(request->problems());
    }
    return object;
}

int reportError(Output& output, bool asJson, const base::Error& error)
{
    if (asJson) {
        output.json({{"error", errorJson(error)}});
    } else {
        std::fprintf(stderr, "reelmend-cli: %s\n", error.what());
    }
    return base::exitCode(error.kind());
}

} // namespace reelmend::cli
