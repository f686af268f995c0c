#pragma once
#include <filesystem>
#include <memory>

#include "core/jobs/job_folder.h"
#include "core/media/video_reader.h"

namespace reelmend::media {

// What a job has made, as a clip: the result of a finished one, else its finished segments.
struct JobClip {
    std::unique_ptr<video::FrameSource> frames;
    std::int64_t firstFrame = 0; // of the source that frame 0 was made of
    bool isWhole = false;        // the job is finished
};

bool isJobFolder(const std::filesystem::path& path);

// Throws Error(kInput) where nothing of the job can be watched yet, or its result is gone, and what opening a clip
// throws.
JobClip openJob(const jobs::JobFolder& job, const ReaderOptions& options = {});

} // namespace reelmend::media
