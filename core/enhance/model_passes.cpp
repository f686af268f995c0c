#include "core/enhance/model_passes.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/enhance/blended_windows.h"
#include "core/enhance/windows.h"
#include "core/models/wan_vace.h"
#include "core/tensor/layout.h"

namespace reelmend::enhance {

namespace {

// Of frames in pixels; `halo`: what makes the codec's tiles exact, -1 = nothing does.
models::EvaluationPlan codecPlan(
    const OneStepModel& model, const PassSettings& settings, std::int64_t height, std::int64_t width, int halo)
{
    models::EvaluationPlan plan;
    const std::int64_t largest = std::int64_t{settings.codecTile} * model.codec().spatialStride;
    if (halo >= 0 && (height > largest || width > largest)) {
        plan.tile = models::TilePlan{settings.codecTile, settings.codecTile};
    }
    return plan;
}

} // namespace

void PassSettings::check() const
{
    if (mostTokens < 1 || tileOverlap < 0 || codecTile < 1) {
        throw base::Error(base::ErrorKind::kUsage, "The clip cannot be cut into these tiles.",
            "A tile has at least one token and one cell, and no negative overlap.");
    }
}

at::Tensor ClipPiece::shown(MaskedPart part) const
{
    return part == MaskedPart::kGrey ? video * (1 - mask) : video;
}

at::Tensor ClipPiece::unpadded(const at::Tensor& frames, std::int64_t count) const
{
    return frames.narrow(2, 0, count).narrow(3, 0, height).narrow(4, 0, width);
}

ClipPiece clipPiece(
    const OneStepModel& model, const PreparedClip& clip, base::FrameRange frames, const base::Control& control)
{
    const auto padded = [&](const std::vector<at::Tensor>& parts) {
        const int multiple = model.codec().sizeMultiple * model.denoiserTraits().cellMultiple;
        return tensor::padFrames(tensor::padToMultiple(at::cat(parts, 2), multiple), 1, model.codec().framesPerGroup);
    };
    ClipPiece piece;
    std::vector<at::Tensor> pictures, masks;
    for (std::int64_t i = frames.begin; i < frames.end; ++i) {
        control.checkpoint();
        const PreparedFrame frame = clip.prepare(i);
        piece.height = frame.rgb.height;
        piece.width = frame.rgb.width;
        pictures.push_back(tensor::videoFromImages({&frame.rgb, 1}));
        masks.push_back(frame.mask.empty() ? at::ones({1, 1, 1, piece.height, piece.width})
                                           : tensor::matteFromMasks({&frame.mask, 1}).gt(0).to(at::kFloat));
    }
    piece.video = padded(pictures);
    piece.mask = padded(masks);
    return piece;
}

EncodedPiece encodedPieceWithSkips(
    OneStepModel& model, const at::Tensor& video, const PassSettings& settings, const base::Control& control)
{
    EncodedPiece piece;
    const models::EvaluationPlan plan =
        codecPlan(model, settings, video.size(3), video.size(4), model.encoder().localHalo());
    std::vector<models::Skips>* skips = model.codec().skipLevels > 0 ? &piece.skips : nullptr;
    piece.latents = models::normalised(
        model.codec(), models::posteriorMean(model.codec(), model.encoded(video, plan, control, skips)));
    return piece;
}

at::Tensor encodedPiece(
    OneStepModel& model, const at::Tensor& video, const PassSettings& settings, const base::Control& control)
{
    return encodedPieceWithSkips(model, video, settings, control).latents;
}

at::Tensor contextPiece(OneStepModel& model, const ClipPiece& piece, MaskedPart part, const at::Tensor& latents,
    const PassSettings& settings, const base::Control& control)
{
    const auto shown = part == MaskedPart::kGrey ? models::KnownLatents::kInactive : models::KnownLatents::kWhole;
    return models::vaceContextOf(piece.video, piece.mask, model.codec().spatialStride, latents,
        latents.defined() ? shown : models::KnownLatents::kNone,
        [&](const at::Tensor& video) { return encodedPiece(model, video, settings, control); });
}

at::Tensor predictedPiece(OneStepModel& model, const at::Tensor& latents, models::Conditioning given,
    const PassSettings& settings, const base::Control& control)
{
    const auto& precision = model.precision();
    const models::Denoiser& denoiser = model.denoiser();
    const int multiple = denoiser.traits().cellMultiple;
    const std::int64_t mostCells =
        std::max<std::int64_t>(1, settings.mostTokens * multiple * multiple / latents.size(2));
    const TileGrid grid = tileGrid(latents.size(3), latents.size(4), mostCells, settings.tileOverlap, multiple);
    const at::Tensor context = given.context;
    given.text = given.text.to(precision.device, precision.transformer);
    given.control = &control;
    at::Tensor sum = at::zeros_like(latents), weights = at::zeros({latents.size(3), latents.size(4)});
    for (std::size_t row = 0; row < grid.rows.size(); ++row) {
        for (std::size_t column = 0; column < grid.columns.size(); ++column) {
            const TileSpan tall = grid.rows[row], wide = grid.columns[column];
            const auto cut = [&](const at::Tensor& x) {
                return x.narrow(-2, tall.begin, tall.end - tall.begin).narrow(-1, wide.begin, wide.end - wide.begin);
            };
            given.context =
                context.defined() ? cut(context).to(precision.device, precision.transformer) : at::Tensor();
            const at::Tensor own =
                denoiser.predict(cut(latents).to(precision.device, precision.transformer), given).prediction;
            const at::Tensor weight = at::outer(tileRamp(grid.rows, row, 1), tileRamp(grid.columns, column, 1));
            cut(sum).add_(own.to(at::kCPU, at::kFloat) * weight);
            cut(weights).add_(weight);
        }
    }
    return sum / weights;
}

at::Tensor decodedPiece(OneStepModel& model, const at::Tensor& latents, const std::vector<models::Skips>& skips,
    const PassSettings& settings, const base::Control& control)
{
    const int stride = model.codec().spatialStride;
    const models::EvaluationPlan plan =
        codecPlan(model, settings, latents.size(3) * stride, latents.size(4) * stride, model.decoder().localHalo());
    return model.decoded(latents, plan, control, skips);
}

} // namespace reelmend::enhance
