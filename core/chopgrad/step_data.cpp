#include "core/chopgrad/step_data.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/diffusion/one_step.h"

namespace reelmend::chopgrad {

namespace {

at::Tensor seeded(at::IntArrayRef sizes, std::uint64_t seed, bool uniform, const at::TensorOptions& options)
{
    auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    at::Tensor value = at::empty(sizes, at::kFloat);
    uniform ? value.uniform_(-1, 1, generator) : value.normal_(0, 1, generator);
    return value.to(options);
}

// What an encoder takes beside R, G and B (lite: mask and trust) says "everything may change, all of it is real".
at::Tensor encoderInput(const models::CausalEncoder& encoder, const at::Tensor& rgb)
{
    const std::int64_t more = encoder.traits().frameChannels - rgb.size(1);
    return more > 0
               ? at::cat(
                     {rgb, at::ones({rgb.size(0), more, rgb.size(2), rgb.size(3), rgb.size(4)}, rgb.options())}, 1)
               : rgb;
}

const models::CausalEncoder& encoderOf(const StepNetworks& networks)
{
    if (!networks.encoder) {
        throw base::Error(base::ErrorKind::kUnavailable, "This decoder cannot be measured alone.",
            "It takes features of its encoder beside the latents.", "Choose a file that holds both.");
    }
    return *networks.encoder;
}

// Latents and features of `frames`, which are whole groups from the start of a shot.
ClipLatents encodedClip(const StepNetworks& networks, const at::Tensor& frames)
{
    const models::CausalEncoder& encoder = encoderOf(networks);
    const models::EncodeStep step = encoder.encode(encoderInput(encoder, frames), {});
    ClipLatents clip{models::posteriorMean(encoder.traits(), step.latents), {}, {}};
    for (const auto& span : networks.decoder.groups(clip.latents.size(2))) {
        models::Skips own;
        for (const at::Tensor& level : step.skips) {
            own.push_back(level.narrow(2, span.frames.begin, span.frames.size()).clone());
        }
        clip.skips.push_back(std::move(own));
    }
    return clip;
}

// The same with every frame a still.
ClipLatents encodedStills(const StepNetworks& networks, const at::Tensor& frames, std::int64_t framesEach)
{
    ClipLatents clip;
    std::vector<at::Tensor> latents;
    for (std::int64_t first = 0; first < frames.size(2); first += framesEach) {
        ClipLatents still = encodedClip(networks, frames.narrow(2, first, framesEach));
        latents.push_back(still.latents);
        clip.skips.push_back(std::move(still.skips.front()));
    }
    clip.latents = at::cat(latents, 2);
    return clip;
}

diffusion::OneStep formulaOf(const models::DenoiserTraits& traits)
{
    switch (traits.prediction) {
    case models::Prediction::kVelocity:
        return diffusion::doveStep(false);
    case models::Prediction::kFlow:
        return diffusion::flowStep(traits.fixedTimestep >= 0 ? traits.fixedTimestep / 1000 : 0.2);
    default:
        return diffusion::residualStep();
    }
}

} // namespace

std::int64_t latentsForFrames(const models::CausalDecoder& decoder, std::int64_t frames, bool stills)
{
    const std::int64_t first = decoder.groups(1).front().frames.size();
    const auto framesOf = [&](std::int64_t latents) {
        return stills ? latents * first : decoder.groups(latents).back().frames.end;
    };
    std::int64_t below = 0;
    for (std::int64_t latents = 1; latents < 1 << 20; ++latents) {
        std::int64_t made = 0;
        try {
            made = framesOf(latents);
        } catch (const base::Error&) {
            continue; // this decoder does not take that many latents
        }
        if (made == frames) {
            return latents;
        }
        if (made > frames) {
            throw base::Error(base::ErrorKind::kUsage,
                std::to_string(frames) + " frames do not fall into this model's groups.",
                "A group of " + std::to_string(decoder.traits().framesPerGroup) + " frames comes from " +
                    std::to_string(decoder.traits().latentsPerGroup) + " latent frame(s).",
                "Choose " + (below > 0 ? std::to_string(below) + " or " : std::string()) + std::to_string(made) +
                    " frames.");
        }
        below = made;
    }
    throw base::Error(base::ErrorKind::kUsage, "That many frames are not measured at once.", {}, "Choose fewer.");
}

void checkSize(const models::CausalDecoder& decoder, const StepCase& step)
{
    const auto& traits = decoder.traits();
    const std::int64_t multiple = std::max(traits.sizeMultiple, traits.spatialStride);
    if (step.width < multiple || step.height < multiple || step.width % multiple != 0 ||
        step.height % multiple != 0) {
        const auto nearest = [&](std::int64_t side) {
            return std::max<std::int64_t>(1, (side + multiple / 2) / multiple) * multiple;
        };
        throw base::Error(base::ErrorKind::kUsage,
            std::to_string(step.width) + "x" + std::to_string(step.height) +
                " is not a size that this model decodes to.",
            "Width and height must be multiples of " + std::to_string(multiple) + ".",
            "Choose " + std::to_string(nearest(step.width)) + "x" + std::to_string(nearest(step.height)) + ".");
    }
    latentsForFrames(decoder, step.frames, step.schedule.mode == plan::GradientMode::kFramewise);
}

StepData stepData(const StepNetworks& networks, const StepCase& step, const at::TensorOptions& options)
{
    const models::CausalDecoder& decoder = networks.decoder;
    checkSize(decoder, step);
    const auto& traits = decoder.traits();
    const bool stills = step.schedule.mode == plan::GradientMode::kFramewise;
    StepData data;
    if (traits.skipLevels > 0) {
        const c10::AutoGradMode noGradient(false);
        const at::Tensor frames = seeded({1, 3, step.frames, step.height, step.width}, step.seed, true, options);
        data.clip = stills ? encodedStills(networks, frames, decoder.groups(1).front().frames.size())
                           : encodedClip(networks, frames);
    } else {
        const std::int64_t latents = latentsForFrames(decoder, step.frames, stills);
        data.clip.latents = seeded({1, traits.latentChannels, latents, step.height / traits.spatialStride,
                                       step.width / traits.spatialStride},
            step.seed, false, options);
    }
    data.target = seeded({1, 3, step.frames, step.height, step.width}, step.seed + 1, true, options);
    return data;
}

std::function<models::Skips(bool, std::int64_t, std::int64_t)> skipsMaker(
    const StepNetworks& networks, const at::TensorOptions& options)
{
    if (networks.decoder.traits().skipLevels == 0) {
        return {};
    }
    const models::CausalEncoder& encoder = encoderOf(networks);
    const std::int64_t stride = networks.decoder.traits().spatialStride;
    const auto spans = networks.decoder.groups(2);
    return [&encoder, options, stride, spans](bool isFirst, std::int64_t height, std::int64_t width) {
        const c10::AutoGradMode noGradient(false);
        const std::int64_t frames = (isFirst ? spans.front() : spans.back()).frames.size();
        const at::Tensor rgb = at::zeros({1, 3, frames, height * stride, width * stride}, options);
        return encoder.encode(encoderInput(encoder, rgb), isFirst ? models::EncoderCache() : models::midShotCache())
            .skips;
    };
}

std::function<at::Tensor()> denoising(const models::Denoiser& denoiser, const models::CodecTraits& codec,
    const at::Tensor& degraded, std::uint64_t seed)
{
    const models::DenoiserTraits& traits = denoiser.traits();
    if (traits.latentChannels != degraded.size(1)) {
        throw base::Error(base::ErrorKind::kUsage, "The denoiser and the autoencoder do not belong together.",
            "One works on latents of " + std::to_string(traits.latentChannels) + " channels, the other on " +
                std::to_string(degraded.size(1)) + ".",
            "Choose both from one model.");
    }
    const diffusion::OneStep formula = formulaOf(traits);
    const bool isNormalised = !codec.latentMean.empty();
    const at::Tensor start = isNormalised ? models::normalised(codec, degraded) : degraded;
    const at::TensorOptions options = degraded.options();
    const auto zeros = [&](std::int64_t channels) {
        return at::zeros({degraded.size(0), channels, degraded.size(2), degraded.size(3), degraded.size(4)}, options);
    };
    models::Conditioning given;
    const double timestep = traits.fixedTimestep >= 0 ? traits.fixedTimestep : 200;
    given.timestep = at::full({degraded.size(0)}, timestep, options.dtype(at::kFloat));
    if (traits.textTokens > 0) {
        given.text = seeded({degraded.size(0), traits.textTokens, traits.textChannels}, seed + 2, false, options);
    }
    if (traits.contextChannels > 0) {
        given.context = zeros(traits.contextChannels);
    }
    given.task = traits.taskCount > 0 ? 0 : -1;
    const std::int64_t more = traits.inputChannels - traits.latentChannels; // masked latents and masks: nothing known
    const at::Tensor input = more > 0 ? at::cat({start, zeros(more)}, 1) : start;
    return [&denoiser, codec, formula, given, input, start, isNormalised] {
        const at::Tensor clean = formula.clean(start, denoiser.predict(input, given).prediction);
        return isNormalised ? models::denormalised(codec, clean) : clean;
    };
}

std::vector<at::Tensor> trainedWeights(models::Denoiser& denoiser)
{
    std::vector<at::Tensor> weights;
    denoiser.visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) {
        tensor.requires_grad_(true);
        weights.push_back(tensor);
    });
    return weights;
}

} // namespace reelmend::chopgrad
