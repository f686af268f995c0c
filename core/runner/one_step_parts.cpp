#include "core/runner/one_step_parts.h"

#include "core/runner/model_choice.h"
#include "core/tensor/device.h"
#include "core/video/convert.h"

namespace reelmend::runner {

enhance::OneStepModel openOneStep(const jobs::EnhanceRequest& request)
{
    enhance::OneStepPrecision precision;
    precision.device = tensor::deviceFromText(request.device == "auto" ? "cpu" : request.device);
    precision.transformer = precision.decoder = tensor::dtypeFromText("auto", precision.device);
    return enhance::OneStepModel::open(enhance::oneStepFiles(weightFile(request.model)), precision);
}

enhance::PreparedClip preparedClip(
    FrameShelf& shelf, vision::CutFinder& cuts, video::MaskSource* mask, const base::Control& control)
{
    const auto prepare = [&shelf, mask](std::int64_t i) {
        enhance::PreparedFrame prepared;
        prepared.rgb = video::toRgbFloat(shelf.frame(i));
        if (mask) {
            prepared.mask = mask->mask(i);
        }
        return prepared;
    };
    const auto startsShot = [&cuts, &control](std::int64_t i) {
        control.checkpoint();
        return cuts.isCut(i);
    };
    return {prepare, startsShot, shelf.frameCount()};
}

} // namespace reelmend::runner
