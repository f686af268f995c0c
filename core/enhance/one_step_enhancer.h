#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/base/control.h"
#include "core/enhance/blended_windows.h"
#include "core/enhance/one_step_model.h"
#include "core/enhance/prepared_clip.h"
#include "core/models/evaluate.h"

// A clip through a published model, used once at a fixed timestep (ChopGrad's recipes for Wan2.1: the degraded latent
// is the input, t = 200, the prediction is degraded minus clean).
namespace reelmend::enhance {

// What the model is given where the mask says "change".
enum class MaskedPart {
    kGrey, // holes to fill: mid-grey, 0 in [-1, 1]
    kKept, // what is there is to be matched or repaired
};

struct OneStepSettings {
    MaskedPart maskedPart = MaskedPart::kKept;
    WindowSettings windows;
    // Tokens that the transformer sees at once; larger pictures are cut into tiles. The default is what Wan2.1 was
    // trained for: 81 frames of 832 x 480.
    std::int64_t mostTokens = 32760;
    std::int64_t tileOverlap = 8; // latent cells that two tiles share, in which one turns into the other
    int codecTile = 64;           // latent cells along a side of the autoencoder's tiles, which are exact
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
    at::Tensor encoded(const at::Tensor& video, const base::Control& control);
    // VACE's context; `degraded` are the latents of the video that the model starts from.
    at::Tensor context(
        const at::Tensor& video, const at::Tensor& mask, const at::Tensor& degraded, const base::Control& control);
    at::Tensor predicted(const at::Tensor& latents, const at::Tensor& context, const base::Control& control);
    at::Tensor decoded(const at::Tensor& latents, const base::Control& control);
    // Of frames in pixels; `halo`: what makes the codec's tiles exact, -1 = nothing does.
    models::EvaluationPlan codecPlan(std::int64_t height, std::int64_t width, int halo) const;

    OneStepModel model_;
    at::Tensor text_;
    OneStepSettings settings_;
    PreparedClip clip_;
    BlendedWindows windows_;
};

} // namespace reelmend::enhance
