#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "core/base/control.h"
#include "core/jobs/enhance_request.h"
#include "core/jobs/job_folder.h"
#include "core/media/video_writer.h"
#include "core/runner/prepared_clip.h"
#include "core/video/clip_info.h"

namespace reelmend::runner {

// What a request comes to once its files have been looked at: everything that the run needs to know beforehand.
struct EnhancePlan {
    jobs::EnhanceRequest request;
    std::filesystem::path input, output; // output: empty for a preview
    Preparation preparation;             // of the input
    video::ClipInfo info;                // of the prepared input
    base::FrameRange range;              // of source frames
    int scale = 1;                       // output size over input size
    media::WriterSettings writer;        // of a segment, without its path
    std::string segmentExtension;        // ".mkv", or of a sequence's pictures
    bool isSequence = false;
    std::int64_t segmentFrames = 0;
    double outputBytes = 0; // about; rather too little than too much
    std::string origin;     // fingerprint of what the segments are made from

    base::FrameRange segmentRange(std::int64_t number) const;
    // Path of that segment relative to the segments folder; a pattern for a sequence.
    std::string segmentFile(std::int64_t number) const;
};

// Looks at every file and refuses what cannot work, before any work is done and without leaving anything behind.
// `segmentFrames` 0 = about four seconds of film, two where a network makes them. Throws RequestError, Error,
// Cancelled.
EnhancePlan planEnhance(
    const jobs::EnhanceRequest& request, std::int64_t segmentFrames, const base::Control* control);

// Refuses an output that another job, which runs at this moment and is not younger than `self`, is about to write:
// one of the two would work in vain. `self` is null before there is a job. Throws Error(kOutput).
void refuseTakenOutput(const EnhancePlan& plan, const jobs::JobFolder* self);

// Refuses a disk that is clearly too full for the segments (in `jobFolder`) and the result. Throws Error(kDiskFull).
void checkDiskSpace(const EnhancePlan& plan, const std::filesystem::path& jobFolder, std::int64_t framesDone);

} // namespace reelmend::runner
