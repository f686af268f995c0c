#include "core/runner/file_fingerprint.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/base/files.h"

namespace reelmend::runner {

namespace fs = std::filesystem;

namespace {

std::string describe(const fs::path& file)
{
    std::error_code code;
    const std::uintmax_t size = fs::file_size(file, code);
    if (code) {
        return base::pathText(file.filename()) + ":missing";
    }
    const auto time = fs::last_write_time(file, code).time_since_epoch().count();
    return base::pathText(file.filename()) + ":" + std::to_string(size) + ":" + std::to_string(time);
}

// FNV-1a, 64 bits: the same on every machine, and nobody is to be kept out by it.
std::string hashed(std::string_view text)
{
    std::uint64_t hash = 14695981039346656037u;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    }
    char hex[17];
    std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(hash));
    return hex;
}

} // namespace

std::string fingerprint(const fs::path& path)
{
    std::error_code code;
    fs::path folder = path;
    if (!fs::is_directory(path, code)) {
        if (fs::exists(path, code)) {
            return describe(path);
        }
        folder = path.parent_path(); // of a pattern "name.%04d.png"
    }
    std::vector<std::string> files;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        if (entry->path().extension() == path.extension() || folder == path) {
            files.push_back(describe(entry->path()));
        }
    }
    std::sort(files.begin(), files.end());
    std::string all;
    for (const std::string& file : files) {
        all += file + "\n";
    }
    return std::to_string(files.size()) + " files, " + hashed(all);
}

} // namespace reelmend::runner
