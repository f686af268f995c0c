#include "core/chopgrad/measure_step.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <malloc.h>

#include <algorithm>

#include "core/perceptual/losses.h"
#include "core/tensor/device.h"

namespace reelmend::chopgrad {

namespace {

at::Tensor seeded(at::IntArrayRef sizes, std::uint64_t seed, bool uniform, const at::TensorOptions& options)
{
    auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    at::Tensor value = at::empty(sizes, at::kFloat);
    uniform ? value.uniform_(-1, 1, generator) : value.normal_(0, 1, generator);
    return value.to(options);
}

at::Tensor parameterGradientNorm(const ClipGradient& gradient)
{
    at::Tensor sum = gradient.latents.to(at::kDouble).square().sum();
    for (const auto& parameter : gradient.parameters) {
        sum = sum + parameter.gradient.to(at::kDouble).square().sum().to(sum.device());
    }
    return sum.sqrt();
}

void warmUp(models::CausalDecoder& decoder, StepCase step, const at::TensorOptions& options)
{
    const auto& traits = decoder.traits();
    step.frames = decoder.groups(traits.latentsPerGroup).back().frames.end;
    if (step.schedule.mode == plan::GradientMode::kFramewise) {
        step.frames = decoder.groups(1).front().frames.end;
    }
    step.width = step.height = 4 * std::max(traits.spatialStride, traits.sizeMultiple);
    step.schedule.tiles = {};
    step.loss = "mse";
    const StepData data = stepData(decoder, step, options);
    const auto loss = perceptual::makeLoss(perceptual::parseLosses(step.loss), {data.target});
    sweep(decoder, data.clip, *loss, step.schedule);
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

StepData stepData(const models::CausalDecoder& decoder, const StepCase& step, const at::TensorOptions& options)
{
    checkSize(decoder, step);
    const auto& traits = decoder.traits();
    const std::int64_t latents =
        latentsForFrames(decoder, step.frames, step.schedule.mode == plan::GradientMode::kFramewise);
    StepData data;
    data.clip.latents = seeded(
        {1, traits.latentChannels, latents, step.height / traits.spatialStride, step.width / traits.spatialStride},
        step.seed, false, options);
    data.target = seeded({1, 3, step.frames, step.height, step.width}, step.seed + 1, true, options);
    return data;
}

StepCost measureStep(models::CausalDecoder& decoder, const StepCase& step, const at::TensorOptions& options,
    const base::Control* control)
{
    const auto visit = [&](const models::ParameterVisitor& visitor) { decoder.visit(visitor); };
    const auto operators = decoder.operators();
    decoder.setOperators(step.operators);
    models::setRequiresGrad(visit, step.trainDecoder);
    warmUp(decoder, step, options);

    const StepData data = stepData(decoder, step, options);
    const auto loss = perceptual::makeLoss(perceptual::parseLosses(step.loss), {data.target});
    StepCost cost;
    cost.latentFrames = data.clip.latents.size(2);
    cost.weightBytes = models::parameterBytes(visit);
    cost.latentBytes = static_cast<std::int64_t>(data.clip.latents.nbytes());
    cost.frameBytes = static_cast<std::int64_t>(data.target.nbytes());
    cost.groups = step.schedule.mode == plan::GradientMode::kFramewise
                      ? cost.latentFrames
                      : static_cast<std::int64_t>(decoder.groups(cost.latentFrames).size());
    releaseUnusedMemory(data.clip.latents.device());
    ::malloc_trim(0);
    const bool knowsProcess = tensor::resetProcessPeak();
    const std::int64_t before = tensor::processCurrentBytes();
    {
        tensor::MemoryTracker tracker(data.clip.latents.device());
        SweepOptions sweepOptions;
        sweepOptions.control = control;
        sweepOptions.diskFolder = step.diskFolder;
        sweepOptions.tracker = &tracker;
        tensor::synchronize(options.device());
        const double start = base::monotonicSeconds();
        const ClipGradient gradient = sweep(decoder, data.clip, *loss, step.schedule, sweepOptions);
        cost.gradientNorm = parameterGradientNorm(gradient).item<double>(); // waits for the device
        cost.seconds = base::monotonicSeconds() - start;
        cost.counts = gradient.counts;
        cost.phases = gradient.costs;
        for (const auto& phase : cost.phases) {
            cost.tensorPeakBytes = std::max(cost.tensorPeakBytes, phase.peakBytes);
        }
        cost.held = gradient.counts.held;
        cost.loss = gradient.loss;
        cost.note = gradient.note;
    }
    cost.processPeakBytes = knowsProcess ? std::max<std::int64_t>(0, tensor::processPeakBytes() - before) : 0;
    models::setRequiresGrad(visit, false);
    decoder.setOperators(operators);
    return cost;
}

} // namespace reelmend::chopgrad
