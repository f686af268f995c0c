#pragma once
#include <filesystem>

#include "core/base/control.h"
#include "core/enhance/one_step_model.h"
#include "core/enhance/prepared_clip.h"
#include "core/jobs/enhance_request.h"
#include "core/runner/frame_shelf.h"
#include "core/vision/cuts.h"

// What the makers of published models' frames share.
namespace reelmend::runner {

// The request's model, headers alone, on its device and in the precision that is faster there. Throws as
// OneStepModel::open.
enhance::OneStepModel openOneStep(const jobs::EnhanceRequest& request);

// The file with the embedding of the prompt: the request's, and where it names none DOVE's own of the empty prompt.
// Throws Error(kInput) where that is nowhere.
std::filesystem::path promptFile(const jobs::EnhanceRequest& request);

// The clip as an enhancer asks for it; `mask` may be null. All of it must outlive what is returned.
enhance::PreparedClip preparedClip(
    FrameShelf& shelf, vision::CutFinder& cuts, video::MaskSource* mask, const base::Control& control);

} // namespace reelmend::runner
