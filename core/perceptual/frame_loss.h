#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"

namespace reelmend::perceptual {

struct LossTermValue {
    std::string name; // "mse", "lpips", …
    double value = 0; // before its weight; of a part of a clip: that part's share
    double weight = 1;
};

// Something that is not finite, where it was first seen.
struct NonFinite {
    std::string term;
    std::int64_t frame = 0;
    bool inGradient = false; // else in the value
};

// What a stretch of frames contributes to the loss of its clip. The clip's loss is the sum over its parts.
struct LossPart {
    at::Tensor gradient; // of the weighted sum with respect to the frames; their shape and dtype
    std::vector<LossTermValue> terms;
    std::optional<NonFinite> fault;

    double value() const; // of the weighted sum
};

// The loss of a clip of frames against a target that it knows. Frames: [batch, 3, time, height, width], as the
// decoder gives them: in [-1, 1], not clamped. The loss of the clip is one mean over all that counts; the loss of a
// part is its share of that, never its own mean. Const and pure.
class FrameLoss {
public:
    virtual ~FrameLoss() = default;

    virtual std::int64_t frames() const = 0; // of the clip
    // True where a frame's gradient depends on other frames: evaluate() then wants the whole clip.
    virtual bool couplesFrames() const = 0;
    // `frames` are those of `range`. Throws base::Error(kUsage) for shapes that do not fit the target.
    virtual LossPart evaluate(const at::Tensor& frames, base::FrameRange range) const = 0;
};

} // namespace reelmend::perceptual
