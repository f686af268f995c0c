#pragma once
#include <filesystem>

#include "core/video/clip_info.h"
#include "core/video/frame.h"

namespace reelmend::runner {

// A frame of the clip (or enlarged from it) as a PNG, upright and with square pixels, since a picture carries no tags
// for that; 16 bits where the frame has more than 8. Throws Error(kOutput or kDiskFull).
void writePreview(const std::filesystem::path& path, const video::Frame& frame, const video::ClipHeader& header);

} // namespace reelmend::runner
