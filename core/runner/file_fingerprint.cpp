#include "core/runner/file_fingerprint.h"

#include <algorithm>
#include <system_error>
#include <vector>

#include "core/base/files.h"
#include "core/base/fingerprint.h"

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
    return std::to_string(files.size()) + " files, " + base::textFingerprint(all);
}

} // namespace reelmend::runner
