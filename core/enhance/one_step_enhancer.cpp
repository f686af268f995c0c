#include "core/enhance/one_step_enhancer.h"

#include <ATen/ATen.h>

#include <utility>

#include "core/diffusion/one_step.h"

namespace reelmend::enhance {

OneStepEnhancer::OneStepEnhancer(
    OneStepModel model, at::Tensor text, const OneStepSettings& settings, PreparedClip clip)
    : model_(std::move(model))
    , text_(std::move(text))
    , settings_(settings)
    , clip_(std::move(clip))
{
    settings.passes.check();
}

video::ImageF OneStepEnhancer::make(std::int64_t frame, const base::Control& control)
{
    return windows_.make(
        frame, clip_, settings_.windows, [&](base::FrameRange frames) { return run(frames, control); }, control);
}

at::Tensor OneStepEnhancer::run(base::FrameRange frames, const base::Control& control)
{
    const PassSettings& passes = settings_.passes;
    ClipPiece piece = clipPiece(model_, clip_, frames, control);
    const EncodedPiece degraded = encodedPieceWithSkips(model_, piece.shown(settings_.maskedPart), passes, control);
    models::Conditioning given;
    given.timestep = at::full({1}, diffusion::residualStep().timestep, at::kDouble);
    given.text = text_;
    if (model_.takesContext()) {
        given.context = contextPiece(model_, piece, settings_.maskedPart, degraded.latents, passes, control);
    }
    piece.video = piece.mask = at::Tensor();
    const at::Tensor clean = diffusion::residualStep().clean(
        degraded.latents, predictedPiece(model_, degraded.latents, given, passes, control));
    return piece.unpadded(decodedPiece(model_, clean, degraded.skips, passes, control), frames.size());
}

} // namespace reelmend::enhance
