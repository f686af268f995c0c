#pragma once
#include <cstdint>
#include <functional>
#include <optional>

#include "core/models/lite_weights.h"
#include "core/tensor/recorded_work.h"
#include "core/train/pixel_loss.h"

namespace reelmend::train {

// Loss and gradient of one kind of micro-batch, recorded at its first use and repeated afterwards (see RecordedWork).
// Batches of one kind have the same sizes; what differs from batch to batch is copied into the same tensors.
class RecordedLoss {
public:
    // `share` of the loss goes backwards. `taught` gives the network's weights from the trained tensors, whose
    // gradients are added to, and have to stay the same tensors from batch to batch (AdamW::clearGradients()).
    RecordedLoss(models::LiteConfig network, std::function<models::LiteWeights()> taught, const LossWeights& losses,
        const perceptual::Lpips* lpips, bool bfloat16, double share);
    RecordedLoss(const RecordedLoss&) = delete; // what was recorded reads this object's tensors
    RecordedLoss& operator=(const RecordedLoss&) = delete;

    // Adds the batch's gradients to the trained tensors' and its terms to `terms`. `batch` may be in pinned memory.
    void backward(const Batch& batch, std::uint64_t key, c10::Device device, LossTerms& terms);

private:
    void place(const Batch& batch, const PerceptualSample& sample, const at::Tensor& rows, c10::Device device);
    void run();

    models::LiteConfig network_;
    std::function<models::LiteWeights()> taught_;
    LossWeights losses_;
    const perceptual::Lpips* lpips_;
    bool bfloat16_;
    double share_;

    Batch batch_; // on the device; its conditions and details are not used
    PerceptualSample sample_;
    at::Tensor rows_; // see models::conditionRows()
    LossTerms terms_; // of the last run
    std::optional<tensor::RecordedWork> work_;
};

} // namespace reelmend::train
