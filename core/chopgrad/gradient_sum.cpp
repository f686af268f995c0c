#include "core/chopgrad/gradient_sum.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "core/chopgrad/clip_cotangents.h"

namespace reelmend::chopgrad {

namespace {

at::ScalarType sumType(at::ScalarType type)
{
    return type == at::kDouble ? at::kDouble : at::kFloat;
}

void accumulate(at::Tensor& sum, const at::Tensor& part, const at::Tensor& like)
{
    if (!part.defined()) {
        return;
    }
    if (sum.defined()) {
        sum.add_(part);
    } else {
        sum = part.to(sumType(like.scalar_type())).clone();
    }
}

bool isFinite(const at::Tensor& tensor)
{
    return !tensor.defined() || at::isfinite(tensor).all().item<bool>();
}

} // namespace

TrainedParameters trainedParameters(models::CausalDecoder& decoder)
{
    TrainedParameters trained;
    decoder.visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        if (tensor.defined() && tensor.requires_grad()) {
            trained.names.push_back(name);
            trained.tensors.push_back(tensor);
        }
    });
    return trained;
}

GradientSum::GradientSum(
    const ClipLatents& clip, std::vector<base::FrameRange> latentSpans, const TrainedParameters& trained)
    : clip_(clip)
    , spans_(std::move(latentSpans))
    , names_(trained.names)
    , latents_(at::zeros(clip.latents.sizes(),
          clip.latents.options().dtype(sumType(clip.latents.scalar_type())).requires_grad(false)))
    , parameters_(trained.tensors.size())
    , trained_(trained.tensors)
{
    for (const auto& skips : clip.skips) {
        skips_.emplace_back(skips.size());
    }
}

at::Tensor& GradientSum::skip(std::int64_t group, std::size_t level)
{
    return skips_.at(static_cast<std::size_t>(group)).at(level);
}

void GradientSum::add(std::int64_t, std::int64_t group, const std::vector<at::Tensor>& inputs,
    const std::vector<at::Tensor>& parameters)
{
    c10::AutoGradMode noGradient(false);
    if (inputs[0].defined()) {
        const auto& span = spans_.at(static_cast<std::size_t>(group));
        latents_.narrow(2, span.begin, span.size()).add_(inputs[0]);
    }
    for (std::size_t level = 0; level + 1 < inputs.size(); ++level) {
        accumulate(skip(group, level), inputs[level + 1], clip_.skips[static_cast<std::size_t>(group)][level]);
    }
    addParameters(parameters);
}

void GradientSum::addSkip(
    std::int64_t group, std::size_t level, const at::Tensor& gradient, const CellRect& rect, std::int64_t gridHeight)
{
    if (!gradient.defined()) {
        return;
    }
    c10::AutoGradMode noGradient(false);
    const at::Tensor& like = clip_.skips[static_cast<std::size_t>(group)][level];
    at::Tensor& sum = skip(group, level);
    if (!sum.defined()) {
        sum = at::zeros(like.sizes(), like.options().dtype(sumType(like.scalar_type())).requires_grad(false));
    }
    cropped(sum, rect, gridHeight).add_(gradient);
}

void GradientSum::addParameters(const std::vector<at::Tensor>& parameters)
{
    c10::AutoGradMode noGradient(false);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        accumulate(parameters_[i], parameters[i], trained_[i]);
    }
}

void GradientSum::finish(double scale)
{
    c10::AutoGradMode noGradient(false);
    latents_.div_(scale);
    for (std::size_t group = 0; group < spans_.size(); ++group) {
        bool finite = isFinite(latents_.narrow(2, spans_[group].begin, spans_[group].size()));
        if (group < skips_.size()) {
            for (auto& skip : skips_[group]) {
                if (skip.defined()) {
                    skip.div_(scale);
                    finite = finite && isFinite(skip);
                }
            }
        }
        if (!finite) {
            throw RejectedStep(static_cast<std::int64_t>(group), -1, "", "The gradient at the latent is not finite");
        }
    }
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        if (!parameters_[i].defined()) {
            parameters_[i] = at::zeros(trained_[i].sizes(),
                trained_[i].options().dtype(sumType(trained_[i].scalar_type())).requires_grad(false));
        }
        parameters_[i].div_(scale);
        if (!isFinite(parameters_[i])) {
            throw RejectedStep(0, -1, "", "The gradient of the decoder's parameter " + names_[i] + " is not finite");
        }
    }
}

std::vector<NamedGradient> GradientSum::takeParameters()
{
    std::vector<NamedGradient> named;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        named.push_back({names_[i], std::move(parameters_[i])});
    }
    return named;
}

} // namespace reelmend::chopgrad
