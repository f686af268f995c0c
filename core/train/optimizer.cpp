#include "core/train/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

namespace reelmend::train {

namespace {

// The fused step wants all four tensors of a parameter with the same strides, also along axes of size 1.
at::Tensor inLayoutOf(const at::Tensor& parameter, const at::Tensor& gradient)
{
    return gradient.strides() == parameter.strides()
               ? gradient
               : at::empty_strided(parameter.sizes(), parameter.strides(), gradient.options()).copy_(gradient);
}

} // namespace

AdamW::AdamW(const models::VisitFunction& visit, AdamWSettings settings)
    : settings_(settings)
    , groups_{Group{{}, settings.filmRate, 0}, Group{{}, 1, settings.weightDecay}, Group{{}, 1, 0}}
{
    visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        TORCH_CHECK(tensor.defined() && tensor.scalar_type() == at::kFloat, name, " is not a float32 master weight");
        Entry entry{name, tensor, at::zeros_like(tensor), at::zeros_like(tensor), {}};
        if (settings_.emaDecay > 0) {
            entry.average = tensor.detach().clone();
        }
        tensor.requires_grad_(true);
        const bool film = name.ends_with(".film");
        groups_[film ? 0 : tensor.dim() >= 2 ? 1 : 2].entries.push_back(entries_.size());
        entries_.push_back(std::move(entry));
    });
}

void AdamW::zeroGradients()
{
    for (Entry& entry : entries_) {
        entry.parameter.mutable_grad().reset();
    }
}

void AdamW::clearGradients()
{
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> gradients;
    for (Entry& entry : entries_) {
        if (!entry.parameter.grad().defined()) {
            entry.parameter.mutable_grad() = at::zeros_like(entry.parameter);
        }
        gradients.push_back(entry.parameter.grad());
    }
    at::_foreach_zero_(gradients);
}

double AdamW::gradientNorm() const
{
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> gradients;
    for (const Entry& entry : entries_) {
        if (entry.parameter.grad().defined()) {
            gradients.push_back(entry.parameter.grad());
        }
    }
    return gradients.empty() ? 0 : at::stack(at::_foreach_norm(gradients)).norm().item<double>();
}

void AdamW::step(double learningRate, double norm)
{
    const at::NoGradGuard noGrad;
    ++steps_;
    // The kernel divides gradients by this number first.
    const double clip = settings_.clip > 0 ? std::max(1.0, (norm + 1e-6) / settings_.clip) : 1.0;
    const auto where = at::TensorOptions(at::kFloat).device(entries_.front().parameter.device());
    const at::Tensor scale = at::full({}, clip, where), count = at::full({}, static_cast<double>(steps_), where);
    for (const Group& group : groups_) {
        std::vector<at::Tensor> parameters, gradients, first, second, counts;
        for (const std::size_t i : group.entries) {
            Entry& e = entries_[i];
            if (e.parameter.grad().defined()) {
                parameters.push_back(e.parameter);
                gradients.push_back(inLayoutOf(e.parameter, e.parameter.grad()));
                first.push_back(e.first);
                second.push_back(e.second);
                counts.push_back(count);
            }
        }
        if (!parameters.empty()) {
            at::_fused_adamw_(parameters, gradients, first, second, {}, counts, learningRate * group.rate,
                settings_.beta1, settings_.beta2, group.decay, settings_.epsilon, false, false, scale, std::nullopt);
        }
    }
    // The average starts as a plain mean, so that early evaluations are not those of the first weights.
    const double decay = std::min(settings_.emaDecay, static_cast<double>(steps_) / static_cast<double>(steps_ + 10));
    std::vector<at::Tensor> averages, parameters;
    for (Entry& e : entries_) {
        if (e.average.defined()) {
            averages.push_back(e.average);
            parameters.push_back(e.parameter);
        }
    }
    if (!averages.empty()) {
        at::_foreach_lerp_(averages, parameters, 1 - decay);
    }
}

} // namespace reelmend::train
