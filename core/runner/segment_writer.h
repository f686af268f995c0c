#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/control.h"
#include "core/jobs/segment_index.h"
#include "core/media/video_writer.h"
#include "core/runner/enhance_plan.h"
#include "core/runner/frame_maker.h"

namespace reelmend::runner {

// Removes everything that is no finished segment of the folder's index.
void clearUnfinished(const std::filesystem::path& segmentFolder);

// Writes a run's frames as finished segments and keeps their index. A segment that is not finished leaves nothing
// behind. One thread.
class SegmentWriter {
public:
    // Takes over what an earlier run of the same plan finished and clears away the rest.
    SegmentWriter(const EnhancePlan& plan, std::filesystem::path folder, const base::Control& control);

    std::int64_t framesDone() const; // in finished segments
    std::int64_t nextFrame() const { return index_.end(plan_.range.begin); }
    std::vector<std::filesystem::path> files() const; // of the finished segments, in order

    // In ascending order from nextFrame() on. Returns the segment that this frame finished, if it did. Throws
    // Error(kOutput or kDiskFull) and Cancelled.
    std::optional<jobs::Segment> write(const MadeFrame& made, std::int64_t index);

private:
    void open(std::int64_t number);
    jobs::Segment finish(std::int64_t number);

    const EnhancePlan& plan_;
    std::filesystem::path folder_;
    const base::Control& control_;
    jobs::SegmentIndex index_;
    std::unique_ptr<media::VideoWriter> writer_;
};

} // namespace reelmend::runner
