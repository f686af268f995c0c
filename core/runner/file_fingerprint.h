#pragma once
#include <filesystem>
#include <string>

namespace reelmend::runner {

// Changes when a file, or any file of a folder or of a pattern's folder, is replaced: names, sizes and times, not
// contents. Never throws; what is missing counts as missing.
std::string fingerprint(const std::filesystem::path& path);

} // namespace reelmend::runner
