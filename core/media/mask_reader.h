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

// What is meant when a person picks one picture of many: the numbered pictures that it belongs to, by their pattern,
// where there are as many as the clip has frames, and else the path as it is.
std::filesystem::path wholeMask(const std::filesystem::path& path, std::int64_t clipFrames);

} // namespace reelmend::media
