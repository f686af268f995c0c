#include "core/enhance/one_step_enhancer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/diffusion/one_step.h"
#include "core/models/evaluate.h"
#include "core/models/wan_vace.h"
#include "core/tensor/layout.h"

namespace reelmend::enhance {

OneStepEnhancer::OneStepEnhancer(
    OneStepModel model, at::Tensor text, const OneStepSettings& settings, PreparedClip clip)
    : model_(std::move(model))
    , text_(std::move(text))
    , settings_(settings)
    , clip_(std::move(clip))
{
    if (settings.mostTokens < 1 || settings.tileOverlap < 0 || settings.codecTile < 1) {
        throw base::Error(base::ErrorKind::kUsage, "The clip cannot be cut into these tiles.",
            "A tile has at least one token and one cell, and no negative overlap.");
    }
}

video::ImageF OneStepEnhancer::make(std::int64_t frame, const base::Control& control)
{
    return windows_.make(
        frame, clip_, settings_.windows, [&](base::FrameRange frames) { return run(frames, control); }, control);
}

at::Tensor OneStepEnhancer::run(base::FrameRange frames, const base::Control& control)
{
    const auto padded = [&](const std::vector<at::Tensor>& parts) {
        const int multiple = model_.codec().sizeMultiple * model_.denoiserTraits().cellMultiple;
        return tensor::padFrames(
            tensor::padToMultiple(at::cat(parts, 2), multiple), 1, model_.codec().framesPerGroup);
    };
    std::int64_t height = 0, width = 0;
    at::Tensor video, mask; // [1, 3, time, height, width] in [-1, 1]; [1, 1, time, height, width], 1 = may change
    {
        std::vector<at::Tensor> pictures, masks;
        for (std::int64_t i = frames.begin; i < frames.end; ++i) {
            control.checkpoint();
            const PreparedFrame frame = clip_.prepare(i);
            height = frame.rgb.height;
            width = frame.rgb.width;
            pictures.push_back(tensor::videoFromImages({&frame.rgb, 1}));
            masks.push_back(frame.mask.empty() ? at::ones({1, 1, 1, height, width})
                                               : tensor::matteFromMasks({&frame.mask, 1}).gt(0).to(at::kFloat));
        }
        video = padded(pictures);
        mask = padded(masks);
    }
    const at::Tensor degraded =
        encoded(settings_.maskedPart == MaskedPart::kGrey ? video * (1 - mask) : video, control);
    const at::Tensor side = model_.takesContext() ? context(video, mask, degraded, control) : at::Tensor();
    video = mask = at::Tensor();
    const at::Tensor clean = diffusion::residualStep().clean(degraded, predicted(degraded, side, control));
    return decoded(clean, control).narrow(2, 0, frames.size()).narrow(3, 0, height).narrow(4, 0, width);
}

// The normalised mean, on the CPU in float32: [1, channels, time, height, width].
at::Tensor OneStepEnhancer::encoded(const at::Tensor& video, const base::Control& control)
{
    const models::EvaluationPlan plan = codecPlan(video.size(3), video.size(4), model_.encoder().localHalo());
    return models::normalised(
        model_.codec(), models::posteriorMean(model_.codec(), model_.encoded(video, plan, control)));
}

at::Tensor OneStepEnhancer::context(
    const at::Tensor& video, const at::Tensor& mask, const at::Tensor& degraded, const base::Control& control)
{
    const bool isFilled = settings_.maskedPart == MaskedPart::kGrey; // then the model starts from the inactive part
    const bool isWhole = mask.min().item<float>() > 0;               // and here from the reactive one
    const at::Tensor inactive = isFilled ? degraded : encoded(video * (1 - mask), control);
    const at::Tensor reactive = !isFilled && isWhole ? degraded : encoded(video * mask, control);
    return models::vaceContext(
        inactive, reactive, models::foldedMask(mask, model_.codec().spatialStride, degraded.size(2)));
}

// Tile by tile where the picture holds more tokens than the transformer is to see at once.
at::Tensor OneStepEnhancer::predicted(const at::Tensor& latents, const at::Tensor& side, const base::Control& control)
{
    const auto& precision = model_.precision();
    const models::Denoiser& denoiser = model_.denoiser();
    const int multiple = denoiser.traits().cellMultiple;
    const std::int64_t mostCells =
        std::max<std::int64_t>(1, settings_.mostTokens * multiple * multiple / latents.size(2));
    const TileGrid grid = tileGrid(latents.size(3), latents.size(4), mostCells, settings_.tileOverlap, multiple);
    models::Conditioning given;
    given.timestep = at::full({1}, diffusion::residualStep().timestep, at::kDouble);
    given.text = text_.to(precision.device, precision.transformer);
    given.control = &control;
    at::Tensor sum = at::zeros_like(latents), weights = at::zeros({latents.size(3), latents.size(4)});
    for (std::size_t row = 0; row < grid.rows.size(); ++row) {
        for (std::size_t column = 0; column < grid.columns.size(); ++column) {
            const TileSpan tall = grid.rows[row], wide = grid.columns[column];
            const auto cut = [&](const at::Tensor& x) {
                return x.narrow(-2, tall.begin, tall.end - tall.begin).narrow(-1, wide.begin, wide.end - wide.begin);
            };
            given.context = side.defined() ? cut(side).to(precision.device, precision.transformer) : at::Tensor();
            const at::Tensor own =
                denoiser.predict(cut(latents).to(precision.device, precision.transformer), given).prediction;
            const at::Tensor weight = at::outer(tileRamp(grid.rows, row, 1), tileRamp(grid.columns, column, 1));
            cut(sum).add_(own.to(at::kCPU, at::kFloat) * weight);
            cut(weights).add_(weight);
        }
    }
    return sum / weights;
}

at::Tensor OneStepEnhancer::decoded(const at::Tensor& latents, const base::Control& control)
{
    const int stride = model_.codec().spatialStride;
    const models::EvaluationPlan plan =
        codecPlan(latents.size(3) * stride, latents.size(4) * stride, model_.decoder().localHalo());
    return model_.decoded(latents, plan, control);
}

models::EvaluationPlan OneStepEnhancer::codecPlan(std::int64_t height, std::int64_t width, int halo) const
{
    models::EvaluationPlan plan;
    const std::int64_t largest = std::int64_t{settings_.codecTile} * model_.codec().spatialStride;
    if (halo >= 0 && (height > largest || width > largest)) {
        plan.tile = models::TilePlan{settings_.codecTile, settings_.codecTile};
    }
    return plan;
}

} // namespace reelmend::enhance
