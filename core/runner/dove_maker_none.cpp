#include "core/runner/dove_maker.h"
#include "core/runner/model_choice.h"

namespace reelmend::runner {

void checkDoveModel(const jobs::EnhanceRequest&)
{
    checkWeights({});
}

std::unique_ptr<FrameMaker> makeDoveMaker(const EnhancePlan&, video::FrameSource&, const base::Control&)
{
    checkWeights({});
    return nullptr;
}

} // namespace reelmend::runner
