#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/base/control.h"
#include "core/video/source.h"

namespace reelmend::media {

// A mask for a clip of this stored size and length: a picture (for all frames), a video, or numbered pictures. Luma
// counts, white = change; a picture whose colour is one plain value throughout and that has alpha counts by its
// alpha. Throws Error(kInput) when it cannot be read or its size or length does not fit the clip, and says what
// would.
std::unique_ptr<video::MaskSource> openMask(const std::filesystem::path& path, int clipWidth, int clipHeight,
    std::int64_t clipFrames, const base::Control* control = nullptr);

} // namespace reelmend::media
