#include "core/chopgrad/training_step.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <mutex>

#include "core/base/time.h"

namespace reelmend::chopgrad {

namespace {

// States of the generators that a denoiser may draw from.
class RandomState {
public:
    explicit RandomState(c10::Device device)
        : generators_{at::detail::getDefaultCPUGenerator()}
    {
        if (device.is_cuda()) {
            generators_.push_back(at::globalContext().defaultGenerator(device));
        }
        for (auto& generator : generators_) {
            const std::lock_guard<std::mutex> lock(generator.mutex());
            states_.push_back(generator.get_state());
        }
    }

    void restore()
    {
        for (std::size_t i = 0; i < generators_.size(); ++i) {
            const std::lock_guard<std::mutex> lock(generators_[i].mutex());
            generators_[i].set_state(states_[i]);
        }
    }

private:
    std::vector<at::Generator> generators_;
    std::vector<at::Tensor> states_;
};

// Time and peak since the phase before ended.
class PhaseMeter {
public:
    explicit PhaseMeter(tensor::MemoryTracker* tracker)
        : tracker_(tracker)
    {
        restart();
    }

    void restart()
    {
        start_ = base::monotonicSeconds();
        if (tracker_) {
            tracker_->resetPeak();
        }
    }

    PhaseCost ended(Phase phase)
    {
        const PhaseCost cost{phase, base::monotonicSeconds() - start_, tracker_ ? tracker_->peakBytes() : 0};
        restart();
        return cost;
    }

private:
    tensor::MemoryTracker* tracker_;
    double start_ = 0;
};

bool isFinite(const at::Tensor& tensor)
{
    return at::isfinite(tensor).all().item<bool>();
}

} // namespace

TrainingStep runTrainingStep(const DenoiseFunction& denoise, const std::vector<at::Tensor>& parameters,
    models::CausalDecoder& decoder, const perceptual::FrameLoss& loss, const TrainingStepOptions& options)
{
    const base::Control* control = options.sweep.control;
    const auto checkpoint = [&] {
        if (control) {
            control->checkpoint();
        }
    };
    const auto enter = [&](Phase phase) {
        if (options.entering) {
            options.entering(phase);
        }
    };
    TrainingStep step;
    const c10::Device device = parameters.empty() ? c10::Device(c10::kCPU) : parameters.front().device();
    RandomState random(device);
    PhaseMeter meter(options.sweep.tracker);
    at::Tensor live; // z with its graph
    enter(Phase::kDenoise);
    {
        c10::AutoGradMode gradient(options.onePhase);
        live = denoise();
    }
    checkpoint();
    step.latents = live.detach();
    if (!options.onePhase) {
        live = at::Tensor();
    }
    if (!isFinite(step.latents)) {
        throw RejectedStep(-1, -1, {}, "The denoiser's latents are not finite");
    }
    step.costs.push_back(meter.ended(Phase::kDenoise));

    at::Tensor cotangent;
    enter(Phase::kSweep);
    {
        const ClipLatents clip{step.latents, options.skips, {}};
        ClipGradient found = sweep(decoder, clip, loss, options.schedule, options.sweep);
        cotangent = found.latents;
        step.decoder = std::move(found.parameters);
        step.loss = found.loss;
        step.terms = std::move(found.terms);
        step.schedule = found.schedule;
        step.stepsDown = std::move(found.stepsDown);
        step.note = std::move(found.note);
        step.counts = found.counts;
        step.costs.insert(step.costs.end(), found.costs.begin(), found.costs.end());
    }
    meter.restart();
    checkpoint();
    if (options.latentLoss) {
        c10::AutoGradMode gradient(true);
        const at::Tensor leaf = step.latents.clone().requires_grad_(true);
        const at::Tensor value = options.latentLoss(leaf);
        step.latentLoss = value.item<double>();
        const auto own = torch::autograd::grad({value}, {leaf}, {}, std::nullopt, false, /*allow_unused=*/true)[0];
        if (!std::isfinite(step.latentLoss) || (own.defined() && !isFinite(own))) {
            throw RejectedStep(-1, -1, "latent", "The loss on the latents, or its gradient, is not finite");
        }
        cotangent = own.defined() ? cotangent + own.to(cotangent.scalar_type()) : cotangent;
    }
    if (!options.onePhase) {
        enter(Phase::kDenoiseGradient);
        random.restore();
        c10::AutoGradMode gradient(true);
        live = denoise();
        step.repeatDifference = (live.detach() - step.latents).abs().max().item<double>();
    }
    if (parameters.empty() || !live.requires_grad()) {
        step.gradients.resize(parameters.size());
        return step;
    }
    step.gradients = torch::autograd::grad(
        {live}, parameters, {cotangent.to(live.options())}, std::nullopt, false, /*allow_unused=*/true);
    for (const auto& gradient : step.gradients) {
        if (gradient.defined() && !isFinite(gradient)) {
            throw RejectedStep(-1, -1, {}, "The gradient of the denoiser's weights is not finite");
        }
    }
    step.costs.push_back(meter.ended(Phase::kDenoiseGradient));
    return step;
}

} // namespace reelmend::chopgrad
