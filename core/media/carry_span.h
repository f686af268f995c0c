#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

#include "core/base/time.h"
#include "core/media/carry.h"
#include "core/media/packet_index.h"

namespace reelmend::media {

// Times of a source that an output covers, in AV_TIME_BASE units. Internal.
struct CarrySpan {
    std::int64_t begin = INT64_MIN; // INT64_MIN and INT64_MAX: from the very start, to the very end
    std::int64_t end = INT64_MAX;
    std::int64_t shift = 0;      // subtracted from all times
    std::int64_t firstFrame = 0; // of the source
    bool isPart = false;

    bool contains(std::int64_t time) const { return time >= begin && time < end; }
};

CarrySpan carrySpan(
    const AVFormatContext& source, const PacketIndex& index, const std::optional<base::FrameRange>& range);

// The plan for that part of the file `path`, opened as `source`, with what stands inside its pictures.
CarryPlan makeCarryPlan(const std::filesystem::path& path, const AVFormatContext& source, int footage,
    const std::filesystem::path& output, const CarrySpan& span);

} // namespace reelmend::media
