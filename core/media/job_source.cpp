#include "core/media/job_source.h"

#include <system_error>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/jobs/job_summary.h"
#include "core/jobs/segment_index.h"
#include "core/media/clip_chain.h"

namespace reelmend::media {

namespace fs = std::filesystem;

bool isJobFolder(const fs::path& path)
{
    std::error_code ignored;
    return fs::is_regular_file(path / "request.json", ignored);
}

JobClip openJob(const jobs::JobFolder& job, const ReaderOptions& options)
{
    const jobs::JobSummary summary = jobs::summarise(job);
    JobClip clip;
    clip.firstFrame = summary.request.range ? summary.request.range->begin : 0;
    if (summary.status.result) {
        clip.frames = VideoReader::open(base::pathFromText(*summary.status.result), options);
        clip.isWhole = true;
        return clip;
    }
    jobs::SegmentIndex index = jobs::SegmentIndex::read(job.segmentFolder()).value_or(jobs::SegmentIndex());
    index.keepContiguous(clip.firstFrame, [&job](const jobs::Segment& segment) {
        std::error_code ignored;
        return fs::exists(
            job.segmentFolder() / base::pathFromText(segment.file.substr(0, segment.file.find('/'))), ignored);
    });
    if (index.segments.empty()) {
        throw base::Error(base::ErrorKind::kInput, "Job " + job.id() + " cannot be opened.",
            "It has not finished a single piece yet.", "Try again when it has worked for a while.");
    }
    std::vector<fs::path> files;
    for (const jobs::Segment& segment : index.segments) {
        files.push_back(job.segmentFolder() / base::pathFromText(segment.file));
    }
    clip.frames = chainClips(std::move(files), options);
    return clip;
}

} // namespace reelmend::media
