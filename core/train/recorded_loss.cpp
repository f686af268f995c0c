#include "core/train/recorded_loss.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <utility>

#include "core/train/trainer.h"

namespace reelmend::train {

RecordedLoss::RecordedLoss(models::LiteConfig network, std::function<models::LiteWeights()> taught,
    const LossWeights& losses, const perceptual::Lpips* lpips, bool bfloat16, double share)
    : network_(std::move(network))
    , taught_(std::move(taught))
    , losses_(losses)
    , lpips_(lpips)
    , bfloat16_(bfloat16)
    , share_(share)
{}

void RecordedLoss::place(
    const Batch& batch, const PerceptualSample& sample, const at::Tensor& rows, c10::Device device)
{
    const at::NoGradGuard noGrad;
    const auto copy = [&](at::Tensor& to, const at::Tensor& from) {
        if (!to.defined()) {
            to = at::empty_like(from, from.options().device(device).pinned_memory(false));
        }
        TORCH_CHECK(to.sizes() == from.sizes(), "batches of one kind have the same sizes");
        to.copy_(from, /*non_blocking=*/true);
    };
    copy(batch_.input, batch.input);
    copy(batch_.target, batch.target);
    copy(batch_.weight, batch.weight);
    copy(rows_, rows);
    copy(sample_.frames, sample.frames);
    copy(sample_.weights, sample.weights);
    sample_.isEmpty = false; // what is recorded always looks; weights of 0 make it count for nothing
}

void RecordedLoss::run()
{
    terms_ = {};
    const models::LiteWeights network = models::perSample(taught_(), rows_, bfloat16_ ? at::kBFloat16 : at::kFloat);
    const at::Tensor loss = pixelLoss(networkFrames(network, batch_), batch_, sample_, losses_, lpips_, terms_);
    terms_.add(&LossTerms::loss, loss);
    (loss * share_).backward();
}

void RecordedLoss::backward(const Batch& batch, std::uint64_t key, c10::Device device, LossTerms& terms)
{
    place(batch, drawPerceptualSample(batch, losses_, key),
        models::conditionRows(network_, batch.conditions, batch.details), device);
    if (!work_) {
        work_.emplace(device, [this] { run(); });
    }
    work_->repeat();
    terms.add(terms_);
}

} // namespace reelmend::train
