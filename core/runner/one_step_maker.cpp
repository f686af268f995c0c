#include "core/runner/one_step_maker.h"

#include <utility>

#include "core/base/files.h"
#include "core/enhance/one_step_enhancer.h"
#include "core/runner/frame_shelf.h"
#include "core/runner/model_choice.h"
#include "core/runner/picture_blend.h"
#include "core/tensor/device.h"
#include "core/video/convert.h"
#include "core/vision/cuts.h"

namespace reelmend::runner {

namespace {

enhance::OneStepModel modelOf(const jobs::EnhanceRequest& request)
{
    enhance::OneStepPrecision precision;
    precision.device = tensor::deviceFromText(request.device == "auto" ? "cpu" : request.device);
    precision.transformer = precision.decoder = tensor::dtypeFromText("auto", precision.device);
    return enhance::OneStepModel::open(enhance::oneStepFiles(weightFile(request.model)), precision);
}

enhance::OneStepEnhancer enhancerOf(const jobs::EnhanceRequest& request, enhance::PreparedClip clip)
{
    enhance::OneStepModel model = modelOf(request);
    at::Tensor text = enhance::promptEmbedding(base::pathFromText(request.promptEmbedding), model.denoiserTraits());
    enhance::OneStepSettings settings;
    settings.maskedPart =
        request.task == jobs::Task::kInpaint ? enhance::MaskedPart::kGrey : enhance::MaskedPart::kKept;
    return {std::move(model), std::move(text), settings, std::move(clip)};
}

class OneStepMaker : public FrameMaker {
public:
    OneStepMaker(
        const EnhancePlan& plan, video::FrameSource& source, video::MaskSource* mask, const base::Control& control)
        : request_(plan.request)
        , control_(control)
        , shelf_(source)
        , cuts_(shelf_)
        , mask_(mask)
        , enhancer_(enhancerOf(plan.request, clip()))
    {}

    MadeFrame make(std::int64_t index) override
    {
        control_.checkpoint();
        shelf_.dropBelow(index - 2); // what finding cuts looks back
        MadeFrame made;
        if (mask_) {
            made.changed = std::make_shared<const video::Mask>(mask_->mask(index));
        }
        if (request_.strength == 0 || (made.changed && isNothing(*made.changed))) {
            made.source = made.frame = shelf_.frame(index);
            made.changed = std::make_shared<const video::Mask>(made.source.width(), made.source.height(), 1);
            return made;
        }
        video::ImageF picture = enhancer_.make(index, control_);
        made.source = shelf_.frame(index);
        if (made.changed || request_.strength < 1) {
            blend(picture, video::toRgbFloat(made.source), made.changed.get(), request_.strength);
        }
        if (made.source.format().hasAlpha) {
            picture = withAlpha(picture, video::toRgbFloat(made.source, 4));
        }
        made.frame = video::fromRgb(picture, made.source.description());
        if (made.changed) {
            made.frame = video::keepNativeSamples(made.frame, made.source, *made.changed);
        }
        return made;
    }

private:
    enhance::PreparedClip clip()
    {
        const auto prepare = [this](std::int64_t i) {
            enhance::PreparedFrame prepared;
            prepared.rgb = video::toRgbFloat(shelf_.frame(i));
            if (mask_) {
                prepared.mask = mask_->mask(i);
            }
            return prepared;
        };
        const auto startsShot = [this](std::int64_t i) {
            control_.checkpoint();
            return cuts_.isCut(i);
        };
        return {prepare, startsShot, shelf_.frameCount()};
    }

    jobs::EnhanceRequest request_;
    const base::Control& control_;
    FrameShelf shelf_;
    vision::CutFinder cuts_;
    video::MaskSource* mask_;
    enhance::OneStepEnhancer enhancer_;
};

} // namespace

void checkOneStepModel(const jobs::EnhanceRequest& request)
{
    enhancerOf(request, {});
}

std::unique_ptr<FrameMaker> makeOneStepMaker(
    const EnhancePlan& plan, video::FrameSource& source, video::MaskSource* mask, const base::Control& control)
{
    tensor::setThreads(0);
    return std::make_unique<OneStepMaker>(plan, source, mask, control);
}

} // namespace reelmend::runner
