#include "core/jobs/report.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/time.h"
#include "core/jobs/json_text.h"

namespace reelmend::jobs {

std::string processorText()
{
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);) {
        if (line.starts_with("model name")) {
            const std::size_t colon = line.find(": ");
            return colon == std::string::npos ? std::string() : line.substr(colon + 2);
        }
    }
    return "unknown processor";
}

std::string machineText()
{
    std::string text = processorText() + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores";
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long pageBytes = ::sysconf(_SC_PAGESIZE);
    if (pages > 0 && pageBytes > 0) {
        text += ", " + base::bytesText(static_cast<double>(pages) * static_cast<double>(pageBytes));
    }
    if (utsname system{}; ::uname(&system) == 0) {
        text += std::string(", ") + system.sysname + " " + system.release;
    }
    return text;
}

void Report::write(const std::filesystem::path& file) const
{
    nlohmann::json path; // null = none
    if (!result.empty()) {
        path = result;
    }
    nlohmann::json cause;
    if (failure) {
        cause = toJson(*failure);
    }
    base::writeFileAtomically(file,
        indentedText(
            {{"kind", fineTune ? "finetune" : "enhance"}, {"request", fineTune ? toJson(*fineTune) : toJson(request)},
                {"outcome", stateName(outcome)}, {"program", programVersion}, {"machine", machine},
                {"started", started}, {"ended", ended}, {"seconds", seconds}, {"frames", frames},
                {"framesMade", framesMade}, {"result", std::move(path)}, {"failure", std::move(cause)}}));
}

} // namespace reelmend::jobs
