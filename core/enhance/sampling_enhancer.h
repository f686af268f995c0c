#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/base/control.h"
#include "core/diffusion/schedule.h"
#include "core/enhance/blended_windows.h"
#include "core/enhance/model_passes.h"
#include "core/video/image.h"

// A clip through VACE as it was published: from noise in many steps, with the clip, its mask and reference pictures
// as context (Jiang et al. 2025, section 3; values as in diffusers' WanVACEPipeline).
namespace reelmend::enhance {

struct SamplingSettings {
    MaskedPart maskedPart = MaskedPart::kKept; // of what the encoder's features are taken from (Mirage)
    WindowSettings windows;
    PassSettings passes;
    diffusion::FlowSettings schedule; // its shift is not looked at where shiftBySize
    bool shiftBySize = true;          // 3 for pictures of up to 832 x 480, 5 for larger ones, as Wan advises
    double guidance = 5;              // away from the negative prompt; without one, or at 1, there is none
    std::uint64_t seed = 0;           // of the noise, which is another in every window
};

struct SamplingPrompts {
    at::Tensor text, negative; // [1, tokens, channels]; the negative one may be undefined
};

// Memory is one or two windows', whatever the clip's length. See Note [Windows of a clip]. Owned and used by one
// thread.
class SamplingEnhancer {
public:
    // `references` may be of any size. Throws base::Error: kUsage for settings that cannot work, kInput for a model
    // that takes no context, which nothing would lead back to the clip.
    SamplingEnhancer(OneStepModel model, SamplingPrompts prompts, std::vector<video::ImageF> references,
        const SamplingSettings& settings, PreparedClip clip);

    // As OneStepEnhancer::make().
    video::ImageF make(std::int64_t frame, const base::Control& control);

private:
    at::Tensor run(base::FrameRange frames, const base::Control& control);

    OneStepModel model_;
    SamplingPrompts prompts_;
    std::vector<video::ImageF> references_;
    SamplingSettings settings_;
    PreparedClip clip_;
    BlendedWindows windows_;
};

// What run() samples from its context [1, contextChannels, time, height, width] and noise [1, channels, time, height,
// width]: clean latents, with those of the references still in front.
at::Tensor sampledPiece(OneStepModel& model, const at::Tensor& context, const at::Tensor& noise,
    const SamplingPrompts& prompts, const SamplingSettings& settings, const base::Control& control);

} // namespace reelmend::enhance
