#include "core/base/resources.h"

#include <cstdlib>
#include <string>
#include <system_error>

namespace reelmend::base {

namespace fs = std::filesystem;

fs::path resourceFile(std::string_view name)
{
    std::error_code code;
    const auto in = [&](const fs::path& folder) {
        const fs::path path = folder / fs::path(std::u8string(name.begin(), name.end()));
        return fs::is_regular_file(path, code) ? path : fs::path();
    };
    if (const char* chosen = std::getenv("REELMEND_RESOURCES_DIR"); chosen && *chosen) {
        return in(chosen); // and nowhere else, so that "not there" can be tried out
    }
    const fs::path program = fs::read_symlink("/proc/self/exe", code);
    if (code) {
        return {};
    }
    if (const fs::path found = in(program.parent_path().parent_path() / "share" / "reelmend"); !found.empty()) {
        return found;
    }
    // build/<preset>/app/cli/reelmend-cli and tests beside it.
    fs::path folder = program.parent_path();
    for (int i = 0; i < 6 && folder.has_relative_path(); ++i, folder = folder.parent_path()) {
        if (const fs::path found = in(folder / "resources"); !found.empty()) {
            return found;
        }
    }
    return {};
}

} // namespace reelmend::base
