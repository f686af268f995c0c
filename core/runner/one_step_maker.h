#pragma once
#include <memory>

#include "core/runner/frame_maker.h"

namespace reelmend::runner {

// Looks at the headers of a published model's files and at the prompt embedding: refuses what cannot work together.
// Throws Error, kUnavailable in a program that was built without LibTorch.
void checkOneStepModel(const jobs::EnhanceRequest& request);

// The frame maker of a published model (Wan2.1, VACE): one evaluation, or VACE sampled in several. Throws as above.
std::unique_ptr<FrameMaker> makeOneStepMaker(
    const EnhancePlan& plan, video::FrameSource& source, video::MaskSource* mask, const base::Control& control);

} // namespace reelmend::runner
