#include "core/train/batch_loss.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "core/tensor/repeating.h"

namespace reelmend::train {

BatchLoss::BatchLoss(const Batch& batch, const LossWeights& losses, const perceptual::Lpips* lpips, std::uint64_t key,
    LossTerms& terms)
    : batch_(batch)
    , losses_(losses)
    , lpips_(lpips)
    , key_(key)
    , terms_(terms)
{}

perceptual::LossPart BatchLoss::evaluate(const at::Tensor& frames, base::FrameRange) const
{
    const at::AutoGradMode withGradient(true);
    // Losses have kernels that LibTorch takes for unrepeatable although, for these sizes, they are not.
    const tensor::RepeatingScope repeating(frames.device(), tensor::Repeating::kWhereKnown);
    const bool isExact = frames.scalar_type() == at::kDouble;
    const at::Tensor leaf = frames.detach().to(isExact ? at::kDouble : at::kFloat).requires_grad_(true);
    const at::Tensor loss = pixelLoss(leaf.transpose(1, 2), batch_, losses_, lpips_, key_, terms_);
    loss.backward();
    perceptual::LossPart part;
    part.gradient = leaf.grad().to(frames.scalar_type());
    part.terms.push_back({"pixels", loss.item<double>(), 1});
    return part;
}

} // namespace reelmend::train
