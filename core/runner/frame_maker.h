#pragma once
#include <cstdint>
#include <memory>

#include "core/base/control.h"
#include "core/runner/enhance_plan.h"
#include "core/video/source.h"

namespace reelmend::runner {

struct MadeFrame {
    video::Frame frame;
    video::Frame source;                        // of the same index; kept where nothing was to change
    std::shared_ptr<const video::Mask> changed; // where they may differ; null = everywhere
};

// One model at work on one clip. What it makes of a frame depends on the clip, the mask, the settings and the index
// alone, never on what was asked for before: a run that was interrupted goes on with the same pictures.
class FrameMaker {
public:
    virtual ~FrameMaker() = default;

    virtual MadeFrame make(std::int64_t index) = 0; // ascending order is fast; throws Error and Cancelled
};

// `source` and `mask` (null without one) must outlive it and are used by its thread only.
std::unique_ptr<FrameMaker> makeFrameMaker(
    const EnhancePlan& plan, video::FrameSource& source, video::MaskSource* mask, const base::Control& control);

} // namespace reelmend::runner
