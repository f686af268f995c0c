#pragma once
#include <filesystem>
#include <optional>
#include <string>

namespace reelmend::test {

// A folder of its own below the system's temporary folder, removed at the end, with a name that breaks careless code
// (space, accents, Japanese).
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path operator/(const std::string& name) const;

private:
    std::filesystem::path path_;
};

// The project's shared footage (../shared beside the checkout, or $REELMEND_SHARED), or none: tests that need it then
// say MESSAGE("skipped: …") and return.
std::optional<std::filesystem::path> sharedFolder();

std::filesystem::path sourceFolder(); // of this checkout

} // namespace reelmend::test
