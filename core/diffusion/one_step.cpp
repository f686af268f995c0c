#include "core/diffusion/one_step.h"

#include <ATen/ATen.h>

#include <cmath>

#include "core/diffusion/schedule.h"

namespace reelmend::diffusion {

at::Tensor OneStep::clean(const at::Tensor& latent, const at::Tensor& prediction) const
{
    return latent * latentGain - prediction * predictionGain;
}

at::Tensor OneStep::target(const at::Tensor& latent, const at::Tensor& clean) const
{
    return (latent * latentGain - clean) / predictionGain;
}

OneStep doveStep(bool rounded)
{
    constexpr int kTimestep = 399;
    if (!rounded) {
        const double alphaBar = cogVideoSchedule().alphaBar(kTimestep);
        return {kTimestep, std::sqrt(alphaBar), std::sqrt(1 - alphaBar)};
    }
    // abar in bfloat16, then each root in bfloat16.
    const c10::BFloat16 alphaBar(static_cast<float>(cogVideoSchedule().alphaBar(kTimestep)));
    const c10::BFloat16 rest(1.0f - static_cast<float>(alphaBar));
    const c10::BFloat16 gain(std::sqrt(static_cast<float>(alphaBar)));
    const c10::BFloat16 predictionGain(std::sqrt(static_cast<float>(rest)));
    return {kTimestep, static_cast<double>(static_cast<float>(gain)),
        static_cast<double>(static_cast<float>(predictionGain))};
}

OneStep residualStep()
{
    return {200, 1, 1};
}

OneStep flowStep(double sigma, int trainTimesteps)
{
    return {sigma * trainTimesteps, 1, sigma};
}

} // namespace reelmend::diffusion
