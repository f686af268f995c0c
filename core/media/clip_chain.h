#pragma once
#include <filesystem>
#include <memory>
#include <vector>

#include "core/media/video_reader.h"

namespace reelmend::media {

// Clips one behind the other as one source, for example the finished segments of a job. Each is opened when its first
// frame is asked for and two are kept open. info() is the first one's with the frames of all. Throws Error(kUsage)
// for no clips, and what VideoReader::open() throws.
std::unique_ptr<video::FrameSource> chainClips(
    std::vector<std::filesystem::path> clips, const ReaderOptions& options = {});

} // namespace reelmend::media
