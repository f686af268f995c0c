#include "core/base/error.h"
#include "core/runner/lite_maker.h"
#include "core/runner/model_choice.h"
#include "core/runner/one_step_maker.h"

namespace reelmend::runner {

bool hasLiteEngine()
{
    return false;
}

void checkWeights(const std::filesystem::path&)
{
    throw base::Error(base::ErrorKind::kUnavailable, "The network cannot be used.", liteProblem(),
        "Use the classical model, or a build with LibTorch.");
}

void checkLiteModel(const jobs::EnhanceRequest&)
{
    checkWeights({});
}

std::unique_ptr<FrameMaker> makeLiteMaker(
    const EnhancePlan&, video::FrameSource&, video::MaskSource*, const base::Control&)
{
    checkWeights({});
    return nullptr;
}

void checkOneStepModel(const jobs::EnhanceRequest&)
{
    checkWeights({});
}

std::unique_ptr<FrameMaker> makeOneStepMaker(
    const EnhancePlan&, video::FrameSource&, video::MaskSource*, const base::Control&)
{
    checkWeights({});
    return nullptr;
}

} // namespace reelmend::runner
