#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "core/tensor/convolve.h"
#include "core/tensor/group_norm_silu.h"
#include "core/tensor/group_ops.h"
#include "core/tensor/time_convolution.h"

namespace reelmend::tensor {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

constexpr std::int64_t kHistory = 2;
constexpr std::size_t kFrozen = 6; // parameters of a norm at most
// Elements of a frame from which on a step without gradient computes a few frames at a time.
constexpr std::int64_t kLargeFrameElements = 1 << 20;

// The group norm as x * factor + term, both [batch, C].
struct Affine {
    at::Tensor factor, term;
};

Affine affineOf(const GroupNorm& norm, const GroupMoments& moments)
{
    const auto type = moments.mean.scalar_type();
    const std::int64_t perGroup = norm.weight.numel() / norm.groups;
    const at::Tensor mean = moments.mean.repeat_interleave(perGroup, 1);
    const at::Tensor factor = moments.reciprocal.repeat_interleave(perGroup, 1) * norm.weight.to(type);
    return {factor, norm.bias.to(type) - mean * factor};
}

// [batch, L, t, h, w] -> [batch, t, h, w, C] by a 1x1x1 convolution: nearest neighbours of it are it of nearest
// neighbours, so it is computed where there are few positions.
at::Tensor pointwise(const at::Tensor& latent, const at::Tensor& weight, const at::Tensor& bias, at::ScalarType type)
{
    const at::Tensor rows = latent.to(type).permute({0, 2, 3, 4, 1});
    return at::linear(rows, weight.to(type).flatten(1), bias.to(type)).contiguous();
}

at::Tensor spread(const at::Tensor& perChannel) // [batch, C] -> [batch, 1, 1, 1, C]
{
    return perChannel.view({perChannel.size(0), 1, 1, 1, perChannel.size(1)});
}

struct Conditioned {
    Affine affine;
    at::Tensor scale, shift; // of the latent; undefined without one
    Modulation modulation;
};

Conditioned conditioned(const GroupNorm& norm, const GroupMoments& moments)
{
    Conditioned result{affineOf(norm, moments), {}, {}, {}};
    const at::Tensor factor = spread(result.affine.factor), term = spread(result.affine.term);
    if (!norm.latent.defined()) {
        result.modulation = {factor.contiguous(), term.contiguous()};
        return result;
    }
    const auto type = factor.scalar_type();
    result.scale = pointwise(norm.latent, norm.scaleWeight, norm.scaleBias, type);
    result.shift = pointwise(norm.latent, norm.shiftWeight, norm.shiftBias, type);
    result.modulation = {
        (factor * result.scale).contiguous(), at::addcmul(result.shift, term, result.scale).contiguous()};
    return result;
}

at::Tensor cl3d(const at::Tensor& x)
{
    return x.contiguous(k3d);
}

// See Note [One frame without a past]: here all taps see the one frame.
at::Tensor summedTaps(const at::Tensor& weight)
{
    return weight.sum(2).contiguous(at::MemoryFormat::ChannelsLast);
}

CausalConvStep forwardStep(const at::Tensor& given, const GroupNorm* norm, const GroupMoments& moments,
    const at::Tensor& history, const at::Tensor& weight, const at::Tensor& bias, bool inParts)
{
    const at::Tensor x = cl3d(given);
    const std::int64_t batch = x.size(0), frames = x.size(2), height = x.size(3), width = x.size(4);
    const Modulation modulation = norm ? conditioned(*norm, moments).modulation : Modulation();
    const auto fill = [&](const at::Tensor& to, std::int64_t first) {
        const at::Tensor part = x.narrow(2, first, to.size(2));
        norm ? modulatedSiluInto(to, part, modulation, first, frames) : void(to.copy_(part));
    };
    CausalConvStep step;
    if (!history.defined() && frames == 1) {
        at::Tensor only = at::empty(x.sizes(), x.options(), k3d);
        fill(only, 0);
        step.output =
            asVideo(convolve(asFrames(only), summedTaps(weight), optional(bias), {1, 1}, samePadding(weight)), batch);
        step.tail = only.expand({-1, -1, kHistory, -1, -1}).contiguous(k3d);
        return step;
    }
    const std::int64_t elements = std::max(x.size(1), weight.size(0)) * height * width;
    const std::int64_t part = inParts && elements >= kLargeFrameElements ? std::min<std::int64_t>(2, frames) : frames;
    at::Tensor joined = at::empty({batch, x.size(1), kHistory + part, height, width}, x.options(), k3d);
    const TimeConvolution convolution(weight, bias, frames, height, width);
    step.output = at::empty({batch, weight.size(0), frames, height, width}, x.options(), k3d);
    for (std::int64_t first = 0; first < frames; first += part) {
        const std::int64_t count = std::min(part, frames - first);
        const at::Tensor past = joined.narrow(2, 0, kHistory);
        if (first > 0) {
            past.copy_(joined.narrow(2, part, kHistory).clone(k3d));
        }
        fill(joined.narrow(2, kHistory, count), first);
        if (first == 0) {
            past.copy_(history.defined() ? history : joined.narrow(2, kHistory, 1).expand_as(past));
        }
        convolution.into(step.output.narrow(2, first, count), joined.narrow(2, 0, kHistory + count));
        if (first + count == frames) {
            step.tail = joined.narrow(2, count, kHistory).clone(k3d); // a view would keep the buffer alive
        }
    }
    return step;
}

// The gradient at [history, silu(norm(x))], the repeated first frame taken in; undefined when none arrives.
at::Tensor joinedGradient(
    const variable_list& gradients, const at::Tensor& weight, at::IntArrayRef shape, bool hasHistory)
{
    const std::int64_t frames = shape[2];
    std::vector<std::int64_t> joinedShape = shape.vec();
    joinedShape[2] += kHistory;
    const auto padding = samePadding(weight);
    at::Tensor joined;
    if (gradients[0].defined() && !hasHistory && frames == 1) {
        const at::Tensor frame = convInputGradient(
            asFrames(gradients[0]), {shape[0], shape[1], shape[3], shape[4]}, summedTaps(weight), {1, 1}, padding);
        joined = at::zeros(joinedShape, gradients[0].options().memory_format(k3d));
        joined.narrow(2, kHistory, 1).copy_(asVideo(frame, shape[0]));
    } else if (gradients[0].defined()) {
        joined = convInputGradient(gradients[0], joinedShape, weight, {1, 1, 1}, {0, padding[0], padding[1]})
                     .contiguous(k3d);
    }
    if (gradients[1].defined()) {
        if (!joined.defined()) {
            joined = at::zeros(joinedShape, gradients[1].options().memory_format(k3d));
        }
        joined.narrow(2, frames, kHistory).add_(gradients[1]);
    }
    if (joined.defined() && !hasHistory) {
        joined.narrow(2, kHistory, 1).add_(joined.narrow(2, 0, kHistory).sum(2, true));
    }
    return joined;
}

// What goes through the moments and the latent once the gradient at x scale + shift is known.
struct NormGradient {
    at::Tensor x, latent;
};

NormGradient normBackward(
    const at::Tensor& gradient, const at::Tensor& x, const GroupNorm& norm, const GroupMoments& moments)
{
    const Conditioned parts = conditioned(norm, moments);
    const ModulationGradient found = modulatedSiluBackward(gradient, x, parts.modulation);
    const auto type = moments.mean.scalar_type();
    at::Tensor factor = found.scale, term = found.shift; // gradients at factor and term, per cell
    NormGradient result{found.x, {}};
    if (norm.latent.defined()) {
        const at::Tensor scale = spread(parts.affine.factor) * found.scale + spread(parts.affine.term) * found.shift;
        const at::Tensor rows = at::matmul(scale, norm.scaleWeight.to(type).flatten(1)) +
                                at::matmul(found.shift, norm.shiftWeight.to(type).flatten(1));
        result.latent = rows.permute({0, 4, 1, 2, 3}).to(norm.latent.scalar_type()).contiguous(k3d);
        factor = factor * parts.scale;
        term = term * parts.scale;
    }
    factor = factor.sum(at::IntArrayRef({1, 2, 3}));
    term = term.sum(at::IntArrayRef({1, 2, 3}));
    // factor = r w, term = b - m r w, with r = (v + epsilon)^(-1/2) and n numbers in a group: m and v depend on x.
    const std::int64_t batch = x.size(0), perGroup = x.size(1) / norm.groups;
    const double count = static_cast<double>(x.numel() / (batch * norm.groups));
    const at::Tensor weight = norm.weight.to(type);
    const auto inGroups = [&](const at::Tensor& t) { return (t * weight).view({batch, norm.groups, -1}).sum(2); };
    const at::Tensor sumTerm = inGroups(term), r = moments.reciprocal;
    const at::Tensor atReciprocal = inGroups(factor) - moments.mean * sumTerm;
    const at::Tensor slope = atReciprocal * r.pow(3) * (-1.0 / count); // 2 dv / n
    const at::Tensor offset = -r * sumTerm / count - slope * moments.mean;
    addAffineInto(result.x, x, slope.repeat_interleave(perGroup, 1).contiguous(),
        offset.repeat_interleave(perGroup, 1).contiguous());
    return result;
}

struct GroupConvFunction : Function<GroupConvFunction> {
    static variable_list forward(AutogradContext* context, const at::Tensor& x, const OptionalTensor& latent,
        const OptionalTensor& history, const std::vector<at::Tensor>& frozen, const at::Tensor& weight,
        const OptionalTensor& bias, std::int64_t groups, double epsilon)
    {
        const bool hasNorm = !frozen.empty();
        const GroupNorm norm = normOf(frozen, orNone(latent), groups, epsilon);
        const GroupMoments moments = hasNorm ? groupMoments(cl3d(x), norm.groups, epsilon) : GroupMoments();
        const CausalConvStep step =
            forwardStep(x, hasNorm ? &norm : nullptr, moments, orNone(history), weight, orNone(bias), false);
        context->set_materialize_grads(false);
        context->saved_data["shape"] = x.sizes().vec();
        context->saved_data["has_latent"] = latent.has_value();
        context->saved_data["has_history"] = history.has_value();
        context->saved_data["groups"] = groups;
        context->saved_data["epsilon"] = epsilon;
        variable_list saved = {weight};
        if (hasNorm) {
            saved.insert(saved.end(), {x, orNone(latent), moments.mean, moments.reciprocal});
            saved.insert(saved.end(), frozen.begin(), frozen.end());
        }
        context->save_for_backward(saved);
        return {step.output, step.tail};
    }

    static variable_list backward(AutogradContext* context, variable_list gradients)
    {
        const auto saved = context->get_saved_variables();
        const auto shape = context->saved_data["shape"].toIntVector();
        const bool hasLatent = context->saved_data["has_latent"].toBool();
        const bool hasHistory = context->saved_data["has_history"].toBool();
        const at::Tensor joined = joinedGradient(gradients, saved[0], shape, hasHistory);
        variable_list result(7 + kFrozen); // LibTorch drops undefined ones beyond its arguments
        if (!joined.defined()) {
            return result;
        }
        // LibTorch numbers the tensors that were given.
        if (hasHistory && context->needs_input_grad(hasLatent ? 2 : 1)) {
            result[2] = joined.narrow(2, 0, kHistory).clone(k3d);
        }
        const at::Tensor present = joined.narrow(2, kHistory, shape[2]);
        if (saved.size() == 1) {
            result[0] = present.clone(k3d);
            return result;
        }
        const GroupNorm norm = normOf({saved.begin() + 5, saved.end()}, saved[2],
            context->saved_data["groups"].toInt(), context->saved_data["epsilon"].toDouble());
        const NormGradient found = normBackward(present, cl3d(saved[1]), norm, {saved[3], saved[4]});
        result[0] = found.x;
        result[1] = found.latent;
        return result;
    }

private:
    static GroupNorm normOf(
        const std::vector<at::Tensor>& frozen, const at::Tensor& latent, std::int64_t groups, double epsilon)
    {
        GroupNorm norm;
        if (!frozen.empty()) {
            norm = {frozen[0], frozen[1], static_cast<int>(groups), epsilon, latent, {}, {}, {}, {}};
        }
        if (frozen.size() > 2) {
            norm.scaleWeight = frozen[2];
            norm.scaleBias = frozen[3];
            norm.shiftWeight = frozen[4];
            norm.shiftBias = frozen[5];
        }
        return norm;
    }
};

bool isTrained(const GroupNorm* norm, const at::Tensor& weight, const at::Tensor& bias)
{
    return records({weight, bias}) || (norm && records({norm->weight, norm->bias, norm->scaleWeight, norm->scaleBias,
                                                   norm->shiftWeight, norm->shiftBias}));
}

} // namespace

CausalConvStep groupCausalConv(const at::Tensor& x, const GroupNorm* norm, const at::Tensor& history,
    const at::Tensor& weight, const at::Tensor& bias)
{
    TORCH_CHECK(x.dim() == 5 && weight.dim() == 5 && x.size(1) == weight.size(1) && weight.size(2) == 3,
        "causal convolution: input ", x.sizes(), ", weight ", weight.sizes());
    TORCH_CHECK(!history.defined() || (history.size(2) == kHistory && history.size(1) == x.size(1) &&
                                          history.size(3) == x.size(3) && history.size(4) == x.size(4)),
        "causal convolution: history ", history.defined() ? history.sizes() : at::IntArrayRef(), " for ", x.sizes());
    if (isTrained(norm, weight, bias)) {
        return stock::groupCausalConv(x, norm, history, weight, bias); // their gradients need the inputs
    }
    if (!records({x, history, norm ? norm->latent : at::Tensor()})) {
        const GroupMoments moments = norm ? groupMoments(cl3d(x), norm->groups, norm->epsilon) : GroupMoments();
        return forwardStep(x, norm, moments, history, weight, bias, true);
    }
    std::vector<at::Tensor> frozen;
    OptionalTensor latent;
    if (norm) {
        frozen = {norm->weight, norm->bias};
        if (norm->latent.defined()) {
            frozen.insert(frozen.end(), {norm->scaleWeight, norm->scaleBias, norm->shiftWeight, norm->shiftBias});
            latent = norm->latent;
        }
    }
    const variable_list outputs = GroupConvFunction::apply(x, latent, optional(history), frozen, weight,
        optional(bias), static_cast<std::int64_t>(norm ? norm->groups : 1), norm ? norm->epsilon : 0.0);
    return {outputs[0], outputs[1]};
}

} // namespace reelmend::tensor
