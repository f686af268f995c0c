#pragma once
#include <filesystem>

#include "core/video/frame.h"

namespace reelmend::cli {

// Both frames side by side in one PNG, the smaller one enlarged to the other's height. Throws Error(kOutput or
// kDiskFull).
void writeComparison(const std::filesystem::path& path, const video::Frame& a, const video::Frame& b);

} // namespace reelmend::cli
