#pragma once
#include <memory>

#include "core/runner/frame_maker.h"

namespace reelmend::runner {

// Looks at the header of a lite network's weights, and puts the request's adapters into them for a try. Throws as
// below.
void checkLiteModel(const jobs::EnhanceRequest& request);

// The frame maker of the network "lite". Throws Error, kUnavailable in a program that was built without LibTorch.
std::unique_ptr<FrameMaker> makeLiteMaker(
    const EnhancePlan& plan, video::FrameSource& source, video::MaskSource* mask, const base::Control& control);

} // namespace reelmend::runner
