#include <utility>

#include "core/classical/enhancer.h"
#include "core/runner/dove_maker.h"
#include "core/runner/frame_maker.h"
#include "core/runner/lite_maker.h"
#include "core/runner/model_choice.h"
#include "core/runner/one_step_maker.h"

namespace reelmend::runner {

namespace {

class ClassicalMaker : public FrameMaker {
public:
    explicit ClassicalMaker(std::unique_ptr<classical::Enhancer> enhancer)
        : enhancer_(std::move(enhancer))
    {}

    MadeFrame make(std::int64_t index) override
    {
        classical::EnhancedFrame made = enhancer_->enhance(index);
        return {std::move(made.frame), std::move(made.source), std::move(made.changed)};
    }

private:
    std::unique_ptr<classical::Enhancer> enhancer_;
};

} // namespace

std::unique_ptr<FrameMaker> makeFrameMaker(
    const EnhancePlan& plan, video::FrameSource& source, video::MaskSource* mask, const base::Control& control)
{
    if (isDove(plan.request.model)) {
        return makeDoveMaker(plan, source, control);
    }
    if (isPublishedModel(plan.request.model)) {
        return makeOneStepMaker(plan, source, mask, control);
    }
    if (plan.request.model != "classical") {
        return makeLiteMaker(plan, source, mask, control);
    }
    classical::Settings settings;
    settings.task = plan.request.task;
    settings.scale = plan.request.scale;
    settings.strength = plan.request.strength;
    return std::make_unique<ClassicalMaker>(classical::Enhancer::make(settings, source, mask, control));
}

} // namespace reelmend::runner
