#pragma once
#include <memory>
#include <optional>

#include "core/base/control.h"
#include "core/base/time.h"
#include "core/runner/enhance_plan.h"
#include "core/video/source.h"

namespace reelmend::runner {

struct MadeFrame {
    video::Frame frame;
    video::Frame source;                // of the same index; kept where nothing was to change
    std::optional<video::Mask> changed; // none = everything may differ
};

// One model at work on one clip. What it makes of a frame depends only on the clip, the settings and the segment that
// the frame is in, never on segments made before: a run that was interrupted goes on with the same pictures.
class FrameMaker {
public:
    virtual ~FrameMaker() = default;

    virtual void startSegment(base::FrameRange range) = 0;
    virtual MadeFrame make(std::int64_t index) = 0; // ascending within the segment; throws Error and Cancelled
};

// `source` and `mask` (null without one) must outlive it and are used by its thread only.
std::unique_ptr<FrameMaker> makeFrameMaker(
    const EnhancePlan& plan, video::FrameSource& source, video::MaskSource* mask, const base::Control& control);

} // namespace reelmend::runner
