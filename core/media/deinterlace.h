#pragma once
#include <memory>

#include "core/video/source.h"

namespace reelmend::media {

// The same clip with both fields of each frame made one picture (FFmpeg's bwdif, from the frame and its two
// neighbours): as many frames, same times and format. Any order of access gives the same pictures; ascending order is
// fast. Field order is the header's, top field first where it says nothing.
std::unique_ptr<video::FrameSource> deinterlaced(std::unique_ptr<video::FrameSource> source, int threads = 0);

} // namespace reelmend::media
