#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>

#include "app/cli/doctor_report.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/time.h"
#include "core/jobs/report.h"
#include "core/media/codec_list.h"

namespace reelmend::cli {

namespace fs = std::filesystem;
using Status = Finding::Status;

namespace {

// Value of "name: 123 kB" in /proc/meminfo, in bytes; 0 when it is not there.
double memoryBytes(const std::string& name)
{
    std::ifstream file("/proc/meminfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(name + ":")) {
            std::istringstream rest(line.substr(name.size() + 1));
            double kilobytes = 0;
            rest >> kilobytes;
            return kilobytes * 1024;
        }
    }
    return 0;
}

// The flags line of /proc/cpuinfo, framed by spaces.
std::string processorFlags()
{
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("flags")) {
            return line.substr(line.find(':') + 1) + " ";
        }
    }
    return {};
}

bool isFontFile(const fs::path& path, std::string_view family)
{
    const std::string name = path.filename().string();
    const std::string extension = path.extension().string();
    return name.starts_with(family) && (extension == ".otf" || extension == ".ttf" || extension == ".ttc");
}

fs::path findFont(std::string_view family)
{
    std::vector<fs::path> roots{"/usr/share/fonts", "/usr/local/share/fonts"};
    if (const char* home = std::getenv("HOME")) {
        roots.push_back(fs::path(home) / ".local/share/fonts");
        roots.push_back(fs::path(home) / ".fonts");
    }
    for (const fs::path& root : roots) {
        std::error_code code;
        fs::recursive_directory_iterator entry(root, fs::directory_options::skip_permission_denied, code), end;
        for (; !code && entry != end; entry.increment(code)) {
            if (isFontFile(entry->path(), family)) {
                return entry->path();
            }
        }
    }
    return {};
}

Finding checkFolder(const char* name, fs::path (*find)(), const char* variable)
{
    Finding finding{"Folders", name, Status::kGood, {}, {}};
    try {
        const fs::path folder = find();
        base::writeFileAtomically(folder / ".doctor", "x");
        std::error_code ignored;
        fs::remove(folder / ".doctor", ignored);
        const auto free = static_cast<double>(base::freeDiskBytes(folder));
        finding.text = base::pathText(folder) + ", " + base::bytesText(free) + " free";
        if (free < 1e9) {
            finding.status = Status::kMissing;
            finding.hint = "Free some space, or name a folder on another disk in " + std::string(variable) + ".";
        }
    } catch (const base::Error& error) {
        finding.status = Status::kBroken;
        finding.text = error.message() + " " + error.why();
        finding.hint = "Name a folder that can be written in " + std::string(variable) + ".";
    }
    return finding;
}

} // namespace

Findings checkProgram()
{
    std::string system = "unknown system";
    if (utsname names{}; ::uname(&names) == 0) {
        system = std::string(names.sysname) + " " + names.release + ", " + names.machine;
    }
    return {{"Program", "reelmend-cli", Status::kGood, std::string(REELMEND_VERSION) + ", g++ " + __VERSION__, {}},
        {"Program", "system", Status::kGood, system, {}}};
}

Findings checkMachine()
{
    Findings findings{{"Machine", "processor", Status::kGood,
        jobs::processorText() + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores", {}}};
    const std::string flags = processorFlags();
    Finding features{"Machine", "instructions", Status::kGood, {}, {}};
    const std::pair<const char*, const char*> kWanted[] = {
        {"avx2", "avx2"}, {"avx512", "avx512f"}, {"avx512_bf16", "avx512_bf16"}, {"amx", "amx_tile"}};
    for (const auto& [name, flag] : kWanted) {
        const bool isThere = flags.find(std::string(" ") + flag + " ") != std::string::npos;
        features.text += (features.text.empty() ? "" : ", ") + std::string(name) + (isThere ? " yes" : " no");
    }
    if (flags.find(" avx2 ") == std::string::npos) {
        features.status = Status::kMissing;
        features.hint = "Everything works, slowly. Processors since about 2013 have avx2.";
    }
    findings.push_back(std::move(features));
    const double total = memoryBytes("MemTotal");
    const double available = memoryBytes("MemAvailable");
    Finding memory{"Machine", "memory", Status::kGood,
        base::bytesText(total) + ", " + base::bytesText(available) + " available", {}};
    if (available < 2e9) {
        memory.status = Status::kMissing;
        memory.hint = "Close other programs: full HD needs about 2 GB.";
    }
    findings.push_back(std::move(memory));
    return findings;
}

Findings checkMedia()
{
    Findings findings{{"Media", "FFmpeg", Status::kGood, media::ffmpegVersion(), {}}};
    for (const media::CodecSupport& codec : media::codecSupport()) {
        Finding finding{"Media", codec.name, Status::kGood, {}, {}};
        finding.text = (codec.decoder.empty() ? "cannot be read" : "read by " + codec.decoder) +
                       (codec.encoder.empty() ? ", cannot be written" : ", written by " + codec.encoder);
        if (codec.decoder.empty() || codec.encoder.empty()) {
            finding.status = Status::kMissing;
            finding.hint = "Debian's FFmpeg has it: apt-get install ffmpeg";
        }
        findings.push_back(std::move(finding));
    }
    return findings;
}

Findings checkFonts()
{
    Finding inter{"Desktop", "font Inter", Status::kGood, {}, {}};
    if (const fs::path file = findFont("Inter-"); !file.empty()) {
        inter.text = base::pathText(file);
    } else {
        inter.status = Status::kMissing;
        inter.text = "not found; the system's font is used";
        inter.hint = "apt-get install fonts-inter";
    }
    return {inter};
}

Findings checkFolders()
{
    return {checkFolder("data", base::dataFolder, "REELMEND_DATA_DIR"),
        checkFolder("cache", base::cacheFolder, "REELMEND_CACHE_DIR")};
}

} // namespace reelmend::cli
