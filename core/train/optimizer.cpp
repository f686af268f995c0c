#include "core/train/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

namespace reelmend::train {

AdamW::AdamW(const models::VisitFunction& visit, AdamWSettings settings)
    : settings_(settings)
{
    visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        TORCH_CHECK(tensor.defined() && tensor.scalar_type() == at::kFloat, name, " is not a float32 master weight");
        Entry entry{name, tensor, at::zeros_like(tensor), at::zeros_like(tensor), {}};
        if (settings_.emaDecay > 0) {
            entry.average = tensor.detach().clone();
        }
        tensor.requires_grad_(true);
        entries_.push_back(std::move(entry));
    });
}

void AdamW::zeroGradients()
{
    for (Entry& entry : entries_) {
        entry.parameter.mutable_grad().reset();
    }
}

double AdamW::gradientNorm() const
{
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> norms;
    for (const Entry& entry : entries_) {
        if (entry.parameter.grad().defined()) {
            norms.push_back(entry.parameter.grad().norm());
        }
    }
    return norms.empty() ? 0 : at::stack(norms).norm().item<double>();
}

void AdamW::step(double learningRate, double norm)
{
    const at::NoGradGuard noGrad;
    ++steps_;
    const double clip = settings_.clip > 0 ? std::min(1.0, settings_.clip / (norm + 1e-6)) : 1.0;
    const double correction1 = 1 - std::pow(settings_.beta1, static_cast<double>(steps_));
    const double correction2 = 1 - std::pow(settings_.beta2, static_cast<double>(steps_));
    // The average starts as a plain mean, so that early evaluations are not those of the first weights.
    const double decay = std::min(settings_.emaDecay, static_cast<double>(steps_) / static_cast<double>(steps_ + 10));
    for (Entry& e : entries_) {
        const at::Tensor& gradient = e.parameter.grad();
        if (gradient.defined()) {
            const bool film = e.name.size() > 5 && e.name.compare(e.name.size() - 5, 5, ".film") == 0;
            const double rate = film ? learningRate * settings_.filmRate : learningRate;
            gradient.mul_(clip);
            e.first.lerp_(gradient, 1 - settings_.beta1);
            e.second.mul_(settings_.beta2).addcmul_(gradient, gradient, 1 - settings_.beta2);
            if (!film && e.parameter.dim() >= 2) {
                e.parameter.mul_(1 - rate * settings_.weightDecay);
            }
            const at::Tensor root = (e.second / correction2).sqrt_().add_(settings_.epsilon);
            e.parameter.addcdiv_(e.first, root, -rate / correction1);
        }
        if (e.average.defined()) {
            e.average.lerp_(e.parameter, 1 - decay);
        }
    }
}

} // namespace reelmend::train
