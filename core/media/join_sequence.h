#pragma once
#include "core/media/join.h"

namespace reelmend::media {

// joinSegments() for an output of numbered pictures. Internal.
void joinSequences(const std::vector<std::filesystem::path>& segments, const std::filesystem::path& output,
    const JoinSettings& settings);

} // namespace reelmend::media
