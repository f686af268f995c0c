#include "core/enhance/dove_enhancer.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/diffusion/one_step.h"
#include "core/models/evaluate.h"
#include "core/tensor/layout.h"

namespace reelmend::enhance {

namespace {

namespace fs = std::filesystem;

// DOVE pads to this many frames and one, and a token of CogVideoX 1.5 is two latents of four frames.
constexpr int kFrameMultiple = 8;

struct Tile {
    TileSpan tall, wide;
    at::Tensor weight; // [height, width] in pixels

    at::Tensor cut(const at::Tensor& video, std::int64_t stride) const
    {
        return video.narrow(3, tall.begin * stride, (tall.end - tall.begin) * stride)
            .narrow(4, wide.begin * stride, (wide.end - wide.begin) * stride);
    }
};

std::vector<Tile> tilesOf(const TileGrid& grid, std::int64_t stride)
{
    std::vector<Tile> tiles;
    for (std::size_t row = 0; row < grid.rows.size(); ++row) {
        for (std::size_t column = 0; column < grid.columns.size(); ++column) {
            tiles.push_back({grid.rows[row], grid.columns[column],
                at::outer(tileRamp(grid.rows, row, stride), tileRamp(grid.columns, column, stride))});
        }
    }
    return tiles;
}

} // namespace

DoveEnhancer::DoveEnhancer(OneStepModel model, at::Tensor text, const DoveSettings& settings, PreparedClip clip)
    : model_(std::move(model))
    , text_(std::move(text))
    , settings_(settings)
    , clip_(std::move(clip))
{
    if (settings.scale < 1 || settings.mostCells < 1 || settings.tileOverlap < 0) {
        throw base::Error(base::ErrorKind::kUsage, "The clip cannot be enlarged like this.",
            "The scale is at least 1, a tile has at least one cell, and no negative overlap.");
    }
}

video::ImageF DoveEnhancer::make(std::int64_t frame, const base::Control& control)
{
    return windows_.make(
        frame, clip_, settings_.windows, [&](base::FrameRange frames) { return run(frames, control); }, control);
}

// [1, 3, frames, scale height, scale width], as DOVE's script enlarges: bilinear, corners not aligned.
at::Tensor DoveEnhancer::enlarged(base::FrameRange frames, const base::Control& control) const
{
    std::vector<at::Tensor> pictures;
    for (std::int64_t i = frames.begin; i < frames.end; ++i) {
        control.checkpoint();
        const PreparedFrame frame = clip_.prepare(i);
        const at::Tensor picture = tensor::videoFromImages({&frame.rgb, 1});
        pictures.push_back(at::upsample_bilinear2d(
            picture.select(2, 0), {picture.size(3) * settings_.scale, picture.size(4) * settings_.scale}, false));
    }
    return at::stack(pictures, 2);
}

// Phase by phase over all tiles, so that each part of the model is loaded once for a window.
at::Tensor DoveEnhancer::run(base::FrameRange frames, const base::Control& control)
{
    const std::int64_t stride = model_.codec().spatialStride, multiple = model_.denoiserTraits().cellMultiple;
    at::Tensor video = enlarged(frames, control);
    const std::int64_t height = video.size(3), width = video.size(4);
    video = tensor::padFrames(tensor::padToMultiple(video, static_cast<int>(stride * multiple)), 1, kFrameMultiple);
    const std::vector<Tile> tiles = tilesOf(tileGrid(video.size(3) / stride, video.size(4) / stride,
                                                settings_.mostCells, settings_.tileOverlap, multiple),
        stride);
    std::vector<at::Tensor> latents;
    for (std::size_t i = 0; i < tiles.size(); ++i) {
        latents.push_back(encoded(tiles[i].cut(video, stride), settings_.seed + i, control));
    }
    at::Tensor sum = at::zeros_like(video), weights = at::zeros({video.size(3), video.size(4)});
    video = at::Tensor();
    for (at::Tensor& latent : latents) {
        latent = cleaned(latent, control);
    }
    for (std::size_t i = 0; i < tiles.size(); ++i) {
        tiles[i].cut(sum, stride).add_(model_.decoded(latents[i], {}, control) * tiles[i].weight);
        tiles[i].cut(weights.view({1, 1, 1, weights.size(0), weights.size(1)}), stride).add_(tiles[i].weight);
        latents[i] = at::Tensor();
    }
    return sum.div_(weights).narrow(2, 0, frames.size()).narrow(3, 0, height).narrow(4, 0, width);
}

// In the denoiser's space, on the CPU in float32: [1, channels, time, height, width].
at::Tensor DoveEnhancer::encoded(const at::Tensor& video, std::uint64_t seed, const base::Control& control)
{
    const at::Tensor parameters = model_.encoded(video, {}, control);
    at::Tensor z = models::posteriorMean(model_.codec(), parameters);
    if (settings_.posterior == Posterior::kSample && model_.codec().posterior) {
        auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
        const at::Tensor logVariance = parameters.narrow(1, z.size(1), z.size(1)).clamp(-30, 20);
        z = z + (logVariance * 0.5).exp() * at::randn(z.sizes(), generator);
    }
    return models::normalised(model_.codec(), z);
}

at::Tensor DoveEnhancer::cleaned(const at::Tensor& latents, const base::Control& control)
{
    const auto& precision = model_.precision();
    const diffusion::OneStep step = diffusion::doveStep(settings_.roundedGains);
    models::Conditioning given;
    given.timestep = at::full({1}, step.timestep, at::kDouble);
    given.text = text_.to(precision.device, precision.transformer);
    given.control = &control;
    const at::Tensor prediction =
        model_.denoiser().predict(latents.to(precision.device, precision.transformer), given).prediction;
    return step.clean(latents, prediction.to(at::kCPU, at::kFloat));
}

fs::path emptyPromptFile(const fs::path& folder)
{
    const std::string name = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.safetensors";
    const fs::path places[] = {folder, folder / "prompt_embeddings", folder.parent_path() / "prompt_embeddings",
        folder / "pretrained_models" / "prompt_embeddings",
        folder.parent_path() / "pretrained_models" / "prompt_embeddings"};
    std::error_code ignored;
    for (const fs::path& place : places) {
        if (fs::is_regular_file(place / name, ignored)) {
            return place / name;
        }
    }
    return {};
}

} // namespace reelmend::enhance
