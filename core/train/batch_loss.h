#pragma once
#include <cstdint>

#include "core/perceptual/frame_loss.h"
#include "core/train/pixel_loss.h"

namespace reelmend::train {

// A training batch's pixel loss as ChopGrad's sweeps see it: frames are [clips, 3, time, height, width]. Everything
// that is handed in must outlive it.
class BatchLoss final : public perceptual::FrameLoss {
public:
    BatchLoss(const Batch& batch, const LossWeights& losses, const perceptual::Lpips* lpips, std::uint64_t key,
        LossTerms& terms);

    std::int64_t frames() const override { return batch_.target.size(1); }
    bool couplesFrames() const override { return true; } // the change from frame to frame
    perceptual::LossPart evaluate(const at::Tensor& frames, base::FrameRange range) const override;

private:
    const Batch& batch_;
    const LossWeights& losses_;
    const perceptual::Lpips* lpips_;
    std::uint64_t key_;
    LossTerms& terms_;
};

} // namespace reelmend::train
