#include "core/chopgrad/measure_step.h"

#include <ATen/ATen.h>

#include <malloc.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/time.h"
#include "core/chopgrad/training_step.h"
#include "core/perceptual/losses.h"
#include "core/tensor/block_pool.h"
#include "core/tensor/device.h"

namespace reelmend::chopgrad {

namespace {

double normOf(const std::vector<at::Tensor>& tensors)
{
    double sum = 0;
    for (const auto& tensor : tensors) {
        sum += tensor.defined() ? tensor.to(at::kDouble).square().sum().item<double>() : 0;
    }
    return std::sqrt(sum);
}

// What a step tells, whichever networks it runs through.
struct StepResult {
    SweepCounts counts;
    std::vector<PhaseCost> phases;
    double loss = 0;
    double gradientNorm = 0;
    std::string note;
};

StepResult runStep(const StepNetworks& networks, const StepCase& step, const StepData& data,
    const perceptual::FrameLoss& loss, const SweepOptions& options)
{
    if (step.variables == Variables::kDenoiser) {
        TrainingStepOptions how;
        how.schedule = step.schedule;
        how.sweep = options;
        how.skips = data.clip.skips;
        const TrainingStep found =
            runTrainingStep(denoising(*networks.denoiser, networks.decoder.traits(), data.clip.latents, step.seed),
                trainedWeights(*networks.denoiser), networks.decoder, loss, how);
        return {found.counts, found.costs, found.loss, normOf(found.gradients), found.note};
    }
    const ClipGradient found = sweep(networks.decoder, data.clip, loss, step.schedule, options);
    std::vector<at::Tensor> gradients{found.latents};
    for (const auto& parameter : found.parameters) {
        gradients.push_back(parameter.gradient);
    }
    return {found.counts, found.costs, found.loss, normOf(gradients), found.note};
}

void warmUp(const StepNetworks& networks, StepCase step, const at::TensorOptions& options)
{
    const auto& traits = networks.decoder.traits();
    const std::int64_t latents = step.schedule.mode == plan::GradientMode::kFramewise ? 1 : traits.latentsPerGroup;
    step.frames = networks.decoder.groups(latents).back().frames.end;
    step.width = step.height = 4 * std::max(traits.spatialStride, traits.sizeMultiple);
    step.schedule.tiles = {};
    step.loss = "mse";
    const StepData data = stepData(networks, step, options);
    const auto loss = perceptual::makeLoss(perceptual::parseLosses(step.loss), {data.target});
    runStep(networks, step, data, *loss, {});
}

void setTrained(const StepNetworks& networks, bool decoder, bool denoiser)
{
    models::setRequiresGrad([&](const models::ParameterVisitor& v) { networks.decoder.visit(v); }, decoder);
    if (networks.denoiser) {
        models::setRequiresGrad([&](const models::ParameterVisitor& v) { networks.denoiser->visit(v); }, denoiser);
    }
}

} // namespace

StepCost measureStep(const StepNetworks& networks, const StepCase& step, const at::TensorOptions& options,
    const base::Control* control)
{
    if (step.variables == Variables::kDenoiser && !networks.denoiser) {
        throw base::Error(base::ErrorKind::kUnavailable, "Gradients of a denoiser's weights cannot be measured here.",
            "The model is an autoencoder: it has no denoiser.", "Choose the gradient at the latents or the decoder.");
    }
    models::CausalDecoder& decoder = networks.decoder;
    const auto operators = decoder.operators();
    decoder.setOperators(step.operators);
    setTrained(networks, step.variables == Variables::kDecoder, step.variables == Variables::kDenoiser);
    warmUp(networks, step, options);

    const StepData data = stepData(networks, step, options);
    const auto loss = perceptual::makeLoss(perceptual::parseLosses(step.loss), {data.target}, step.lossOptions);
    StepCost cost;
    cost.latentFrames = data.clip.latents.size(2);
    cost.weightBytes = models::parameterBytes([&](const models::ParameterVisitor& v) { decoder.visit(v); });
    cost.latentBytes = static_cast<std::int64_t>(data.clip.latents.nbytes());
    for (const auto& skips : data.clip.skips) {
        for (const auto& skip : skips) {
            cost.latentBytes += static_cast<std::int64_t>(skip.nbytes());
        }
    }
    cost.frameBytes = static_cast<std::int64_t>(data.target.nbytes());
    cost.groups = step.schedule.mode == plan::GradientMode::kFramewise
                      ? cost.latentFrames
                      : static_cast<std::int64_t>(decoder.groups(cost.latentFrames).size());
    releaseUnusedMemory(data.clip.latents.device());
    tensor::releaseFreeBlocks();
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
        StepResult found = runStep(networks, step, data, *loss, sweepOptions); // its norm waits for the device
        cost.seconds = base::monotonicSeconds() - start;
        cost.counts = found.counts;
        cost.phases = std::move(found.phases);
        for (const auto& phase : cost.phases) {
            cost.tensorPeakBytes = std::max(cost.tensorPeakBytes, phase.peakBytes);
        }
        cost.held = found.counts.held;
        cost.loss = found.loss;
        cost.gradientNorm = found.gradientNorm;
        cost.note = std::move(found.note);
    }
    cost.processPeakBytes = knowsProcess ? std::max<std::int64_t>(0, tensor::processPeakBytes() - before) : 0;
    setTrained(networks, false, false);
    decoder.setOperators(operators);
    return cost;
}

} // namespace reelmend::chopgrad
