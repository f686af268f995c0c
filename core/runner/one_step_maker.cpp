#include "core/runner/one_step_maker.h"

#include <utility>

#include "core/base/files.h"
#include "core/enhance/one_step_enhancer.h"
#include "core/runner/one_step_parts.h"
#include "core/runner/picture_blend.h"
#include "core/tensor/device.h"

namespace reelmend::runner {

namespace {

enhance::OneStepEnhancer enhancerOf(const jobs::EnhanceRequest& request, enhance::PreparedClip clip)
{
    enhance::OneStepModel model = openOneStep(request);
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
        , enhancer_(enhancerOf(plan.request, preparedClip(shelf_, cuts_, mask, control)))
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
        finish(made, std::move(picture), made.source, request_.strength);
        return made;
    }

private:
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
