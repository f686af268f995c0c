#pragma once
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/time.h"
#include "core/chopgrad/sweep_parts.h"
#include "core/perceptual/frame_loss.h"

namespace reelmend::chopgrad {

// A step that must not be taken: something in it is not finite. Its weights and gradients are as they were.
class RejectedStep : public base::Error {
public:
    RejectedStep(std::int64_t group, std::int64_t frame, std::string term, const std::string& why);

    std::int64_t group() const noexcept { return group_; }
    std::int64_t frame() const noexcept { return frame_; }     // of the clip; -1 = not known
    const std::string& term() const noexcept { return term_; } // of the loss; "" = not known

private:
    std::int64_t group_, frame_;
    std::string term_;
};

// The loss-leaf step: frames become leaves and the pixel loss's gradient at them is computed once, as soon as the
// loss allows; the sweeps only see that gradient. Where the loss looks at every frame alone this happens group by
// group, else when all frames are known.
class ClipCotangents final : public Cotangents {
public:
    // `frames`: of each group. `scale`: cotangents are that many times the gradient (a power of two, so that nothing
    // is rounded; see cotangentScale()).
    ClipCotangents(const perceptual::FrameLoss& loss, std::vector<base::FrameRange> frames,
        std::vector<plan::SweepBlock> blocks, double scale, bool keepFrames);

    void seen(std::int64_t group, const at::Tensor& output) override;
    at::Tensor of(std::int64_t block, std::int64_t group) override;
    void release(std::int64_t block, std::int64_t group) override;

    // From now on seen() changes nothing: all that there is to see was seen.
    void close() { isClosed_ = true; }

    const std::vector<perceptual::LossTermValue>& terms() const { return terms_; }
    at::Tensor takeFrames();    // [batch, 3, time, height, width] when kept
    std::int64_t bytes() const; // held now

private:
    void addPart(const perceptual::LossPart& part, std::int64_t firstGroup, const at::Tensor& frames);
    void evaluateClip();

    const perceptual::FrameLoss& loss_;
    std::vector<base::FrameRange> frames_;
    std::vector<plan::SweepBlock> blocks_;
    double scale_;
    bool keepFrames_, isCoupled_, isClosed_ = false;
    std::vector<at::Tensor> values_, gradients_; // per group
    std::vector<perceptual::LossTermValue> terms_;
};

// The power of two nearest to sqrt(elements). A mean over a clip makes gradients of about 1 / elements, below the
// smallest numbers of half precision; vector-Jacobian products are linear, so the factor is taken out again at the
// end without a trace.
double cotangentScale(double elements);

} // namespace reelmend::chopgrad
