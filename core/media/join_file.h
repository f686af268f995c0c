#pragma once
#include <filesystem>
#include <vector>

#include "core/media/join.h"

namespace reelmend::media {

// joinSegments() for an output that is one file. Internal.
std::vector<CarryItem> joinFile(const std::vector<std::filesystem::path>& segments,
    const std::filesystem::path& output, const JoinSettings& settings);

} // namespace reelmend::media
