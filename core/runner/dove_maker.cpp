#include "core/runner/dove_maker.h"

#include <utility>

#include "core/classical/enhancer.h"
#include "core/enhance/dove_enhancer.h"
#include "core/runner/one_step_parts.h"
#include "core/runner/picture_blend.h"
#include "core/tensor/device.h"

namespace reelmend::runner {

namespace {

enhance::DoveEnhancer enhancerOf(const jobs::EnhanceRequest& request, enhance::PreparedClip clip)
{
    enhance::OneStepModel model = openOneStep(request);
    at::Tensor text = enhance::promptEmbedding(promptFile(request), model.denoiserTraits());
    enhance::DoveSettings settings;
    settings.scale = request.scale;
    return {std::move(model), std::move(text), settings, std::move(clip)};
}

class DoveMaker : public FrameMaker {
public:
    DoveMaker(const EnhancePlan& plan, video::FrameSource& source, const base::Control& control)
        : control_(control)
        , shelf_(source)
        , cuts_(shelf_)
        , enlarger_(enlargerOf(plan.request, shelf_, control))
        , enhancer_(enhancerOf(plan.request, preparedClip(shelf_, cuts_, nullptr, control)))
    {}

    MadeFrame make(std::int64_t index) override
    {
        control_.checkpoint();
        shelf_.dropBelow(index - 2); // what finding cuts looks back
        video::ImageF picture = enhancer_.make(index, control_);
        classical::EnhancedFrame plain = enlarger_->enhance(index); // size, format and transparency of the result
        MadeFrame made;
        made.source = std::move(plain.source);
        finish(made, std::move(picture), plain.frame, 1);
        return made;
    }

private:
    static std::unique_ptr<classical::Enhancer> enlargerOf(
        const jobs::EnhanceRequest& request, FrameShelf& shelf, const base::Control& control)
    {
        classical::Settings settings;
        settings.task = request.task;
        settings.scale = request.scale;
        return classical::Enhancer::make(settings, shelf, nullptr, control);
    }

    const base::Control& control_;
    FrameShelf shelf_;
    vision::CutFinder cuts_;
    std::unique_ptr<classical::Enhancer> enlarger_;
    enhance::DoveEnhancer enhancer_;
};

} // namespace

void checkDoveModel(const jobs::EnhanceRequest& request)
{
    enhancerOf(request, {});
}

std::unique_ptr<FrameMaker> makeDoveMaker(
    const EnhancePlan& plan, video::FrameSource& source, const base::Control& control)
{
    tensor::setThreads(0);
    return std::make_unique<DoveMaker>(plan, source, control);
}

} // namespace reelmend::runner
