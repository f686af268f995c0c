#include "tests/support/test_support.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <system_error>

#include "core/base/files.h"

namespace reelmend::test {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder()
{
    static std::atomic<int> counter{0};
    path_ = fs::temp_directory_path() /
            base::pathFromText("reelmend 日本語 é " + std::to_string(::getpid()) + "-" + std::to_string(++counter));
    fs::create_directories(path_);
}

TemporaryFolder::~TemporaryFolder()
{
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

fs::path TemporaryFolder::operator/(const std::string& name) const
{
    return path_ / base::pathFromText(name);
}

std::optional<fs::path> sharedFolder()
{
    fs::path folder;
    if (const char* named = std::getenv("REELMEND_SHARED"); named && *named) {
        folder = named;
    } else {
        folder = sourceFolder().parent_path() / "shared";
    }
    return fs::is_directory(folder / "clips") ? std::optional(folder) : std::nullopt;
}

fs::path sourceFolder()
{
    return REELMEND_SOURCE_DIR;
}

} // namespace reelmend::test
