#pragma once
#include <memory>

#include "core/runner/frame_maker.h"

namespace reelmend::runner {

// Whether a published model's folder holds DOVE, or another CogVideoX pipeline that enlarges in one step: by the
// class that its model_index.json or transformer/config.json names.
bool isDove(const std::string& model);

// Looks at the headers of DOVE's files and at its prompt embedding: refuses what cannot work together. Throws Error,
// kUnavailable in a program that was built without LibTorch.
void checkDoveModel(const jobs::EnhanceRequest& request);

// The frame maker of DOVE: upscale x2 or x4. Throws as above.
std::unique_ptr<FrameMaker> makeDoveMaker(
    const EnhancePlan& plan, video::FrameSource& source, const base::Control& control);

} // namespace reelmend::runner
