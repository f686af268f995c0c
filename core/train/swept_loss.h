#pragma once
#include "core/plan/gradient_schedule.h"
#include "core/plan/influence.h"
#include "core/train/trainer.h"

namespace reelmend::train {

// liteLoss() with the gradient taken through ChopGrad's sweeps (docs/chopgrad.md): the decoder runs group by group,
// the pixel loss's gradient is swept back to latents, skips and folded decoder weights by `schedule`, and the graphs
// of encoder and transformer take it from there. Returns a number whose derivative with respect to the master weights
// is that gradient; the loss itself is added to terms.loss. Mode latent-only compares latents with those of the clean
// clip instead and leaves the decoder as it is.
at::Tensor sweptLoss(const models::LiteWeights& master, const Batch& batch, const LossWeights& losses,
    const perceptual::Lpips* lpips, bool bfloat16, std::uint64_t key, const plan::GradientSchedule& schedule,
    LossTerms& terms);

// probedDistance() of that loss on a batch.
std::optional<int> sweptDistance(const models::LiteWeights& master, const Batch& batch, const LossWeights& losses,
    const perceptual::Lpips* lpips, bool bfloat16, std::uint64_t key, const plan::DistanceSchedule& schedule);

} // namespace reelmend::train
