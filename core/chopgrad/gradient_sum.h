#pragma once
#include <string>
#include <vector>

#include "core/chopgrad/sweep_parts.h"

namespace reelmend::chopgrad {

struct NamedGradient {
    std::string name; // the parameter's
    at::Tensor gradient;
};

// The trained parameters of a decoder: those that require gradient, with their names. Leaves, or what the caller
// computed from leaves (merged LoRA, folded weights): then it is his to pull the gradient through that computation.
struct TrainedParameters {
    std::vector<std::string> names;
    std::vector<at::Tensor> tensors;
};
TrainedParameters trainedParameters(models::CausalDecoder& decoder);

// Adds up what the sweeps deliver, in float32 or better. Private to one step: nobody else's gradient is touched.
class GradientSum final : public GradientSink {
public:
    GradientSum(const ClipLatents& clip, std::vector<base::FrameRange> latentSpans, const TrainedParameters& trained);

    void add(std::int64_t block, std::int64_t group, const std::vector<at::Tensor>& inputs,
        const std::vector<at::Tensor>& parameters) override;
    // The gradient of `group`'s skip number `level` at a part of the picture.
    void addSkip(std::int64_t group, std::size_t level, const at::Tensor& gradient, const CellRect& rect,
        std::int64_t gridHeight);
    void addParameters(const std::vector<at::Tensor>& parameters);

    // Divides by `scale`; throws RejectedStep where something is not finite.
    void finish(double scale);

    const at::Tensor& latents() const { return latents_; } // as the clip's latents, float32 or float64
    std::vector<models::Skips> takeSkips() { return std::move(skips_); }
    std::vector<NamedGradient> takeParameters();

private:
    at::Tensor& skip(std::int64_t group, std::size_t level);

    const ClipLatents& clip_;
    std::vector<base::FrameRange> spans_;
    std::vector<std::string> names_;
    at::Tensor latents_;
    std::vector<models::Skips> skips_;
    std::vector<at::Tensor> parameters_, trained_;
};

} // namespace reelmend::chopgrad
