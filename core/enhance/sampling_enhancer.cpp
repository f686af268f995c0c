#include "core/enhance/sampling_enhancer.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <utility>

#include "core/base/error.h"
#include "core/diffusion/samplers.h"
#include "core/models/wan_vace.h"
#include "core/tensor/layout.h"

namespace reelmend::enhance {

namespace {

constexpr std::int64_t kSmallPicture = std::int64_t{832} * 480; // pixels: what Wan calls 480p

at::Tensor noiseFor(std::uint64_t seed, std::int64_t firstFrame, at::IntArrayRef shape)
{
    // One multiplier of splitmix64 keeps the windows' streams apart.
    auto generator = at::make_generator<at::CPUGeneratorImpl>(
        seed + 0x9e3779b97f4a7c15ULL * static_cast<std::uint64_t>(firstFrame));
    return at::randn(shape, generator);
}

} // namespace

at::Tensor sampledPiece(OneStepModel& model, const at::Tensor& context, const at::Tensor& noise,
    const SamplingPrompts& prompts, const SamplingSettings& settings, const base::Control& control)
{
    const int stride = model.codec().spatialStride;
    diffusion::FlowSettings flow = settings.schedule;
    if (settings.shiftBySize) {
        flow.shift = noise.size(3) * noise.size(4) * stride * stride <= kSmallPicture ? 3 : 5;
    }
    models::Conditioning given;
    given.context = context;
    const bool isGuided = prompts.negative.defined() && settings.guidance != 1;
    const auto predict = [&](const at::Tensor& x, double timestep) {
        given.timestep = at::full({1}, timestep, at::kDouble);
        given.text = prompts.text;
        const at::Tensor wanted = predictedPiece(model, x, given, settings.passes, control);
        if (!isGuided) {
            return wanted;
        }
        given.text = prompts.negative;
        const at::Tensor unwanted = predictedPiece(model, x, given, settings.passes, control);
        return unwanted + (wanted - unwanted) * settings.guidance;
    };
    diffusion::SamplerHooks hooks;
    hooks.control = &control;
    return diffusion::sampleUniPc(predict, noise, diffusion::flowSchedule(flow), {}, hooks);
}

SamplingEnhancer::SamplingEnhancer(OneStepModel model, SamplingPrompts prompts, std::vector<video::ImageF> references,
    const SamplingSettings& settings, PreparedClip clip)
    : model_(std::move(model))
    , prompts_(std::move(prompts))
    , references_(std::move(references))
    , settings_(settings)
    , clip_(std::move(clip))
{
    settings.passes.check();
    diffusion::flowSchedule(settings.schedule); // refuses now what cannot be sampled
    if (!model_.takesContext()) {
        throw base::Error(base::ErrorKind::kInput, "This model cannot work in several steps.",
            "It starts from noise and is never shown the clip; VACE is.", "Choose a VACE transformer, or one step.");
    }
}

video::ImageF SamplingEnhancer::make(std::int64_t frame, const base::Control& control)
{
    return windows_.make(
        frame, clip_, settings_.windows, [&](base::FrameRange frames) { return run(frames, control); }, control);
}

at::Tensor SamplingEnhancer::run(base::FrameRange frames, const base::Control& control)
{
    const PassSettings& passes = settings_.passes;
    ClipPiece piece = clipPiece(model_, clip_, frames, control);
    const auto encode = [&](const at::Tensor& video) { return encodedPiece(model_, video, passes, control); };
    std::vector<at::Tensor> references;
    for (const video::ImageF& picture : references_) {
        references.push_back(models::fittedReference(
            tensor::videoFromImages({&picture, 1}), piece.video.size(3), piece.video.size(4)));
    }
    const bool takesSkips = model_.codec().skipLevels > 0;
    const EncodedPiece shown = takesSkips
                                   ? encodedPieceWithSkips(model_, piece.shown(settings_.maskedPart), passes, control)
                                   : EncodedPiece();
    const at::Tensor context = models::withReferences(
        contextPiece(model_, piece, settings_.maskedPart, shown.latents, passes, control), references, encode);
    piece.video = piece.mask = at::Tensor();
    const at::Tensor noise = noiseFor(settings_.seed, frames.begin,
        {1, model_.codec().latentChannels, context.size(2), context.size(3), context.size(4)});
    const auto front = static_cast<std::int64_t>(references.size());
    const at::Tensor clean = sampledPiece(model_, context, noise, prompts_, settings_, control);
    return piece.unpadded(
        decodedPiece(model_, clean.narrow(2, front, clean.size(2) - front), shown.skips, passes, control),
        frames.size());
}

} // namespace reelmend::enhance
