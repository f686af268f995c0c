#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/base/control.h"
#include "core/enhance/blended_windows.h"
#include "core/enhance/model_passes.h"

// A clip through a published model, used once at a fixed timestep (ChopGrad's recipes for Wan2.1: the degraded latent
// is the input, t = 200, the prediction is degraded minus clean).
namespace reelmend::enhance {

struct OneStepSettings {
    MaskedPart maskedPart = MaskedPart::kKept;
    WindowSettings windows;
    PassSettings passes;
};

// Memory is one or two windows', whatever the clip's length. See Note [Windows of a clip] and, for VACE's context,
// core/models/wan_vace.h. Owned and used by one thread.
class OneStepEnhancer {
public:
    // `text`: [1, tokens, channels]. Throws base::Error(kUsage) for settings that cannot work.
    OneStepEnhancer(OneStepModel model, at::Tensor text, const OneStepSettings& settings, PreparedClip clip);

    // The model's picture for a frame, of the prepared frame's size, not clamped. Ascending order is fast. Asks
    // `clip` for frames in ascending order within a window. Throws what the clip throws, Error(kUsage) outside of it,
    // and Cancelled.
    video::ImageF make(std::int64_t frame, const base::Control& control);

private:
    at::Tensor run(base::FrameRange frames, const base::Control& control);

    OneStepModel model_;
    at::Tensor text_;
    OneStepSettings settings_;
    PreparedClip clip_;
    BlendedWindows windows_;
};

} // namespace reelmend::enhance
