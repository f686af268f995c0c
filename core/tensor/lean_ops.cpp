#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "core/tensor/convolve.h"
#include "core/tensor/norm_silu.h"
#include "core/tensor/ops.h"

namespace reelmend::tensor {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// Note [One frame without a past]: where nothing is remembered, the taps of the past multiply zeros. For a single
// frame (a still, the first frame of a clip) the last tap alone is a 2-D convolution with a third of the arithmetic.
bool lastTapSuffices(const at::Tensor& x, const at::Tensor& history, CausalConvShape shape)
{
    return !history.defined() && x.size(2) == 1 && shape.timeStride == 1;
}

at::Tensor lastTap(const at::Tensor& weight)
{
    return weight.select(2, weight.size(2) - 1).contiguous(at::MemoryFormat::ChannelsLast);
}

// [history, silu(norm(x))] in one buffer: the norm writes behind the history.
at::Tensor joinedInput(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& history, int frames)
{
    at::Tensor joined = at::empty({x.size(0), x.size(1), frames + x.size(2), x.size(3), x.size(4)}, x.options(), k3d);
    if (frames > 0) {
        const at::Tensor past = joined.narrow(2, 0, frames);
        history.defined() ? past.copy_(history) : past.zero_();
    }
    const at::Tensor present = joined.narrow(2, frames, x.size(2));
    if (gamma.defined()) {
        normSiluInto(present, channelsLast(x), gamma, true);
    } else {
        present.copy_(x);
    }
    return joined;
}

CausalConvStep causalConvForward(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& history,
    const at::Tensor& weight, const at::Tensor& bias, CausalConvShape shape)
{
    const at::Tensor joined = joinedInput(x, gamma, history, shape.history);
    CausalConvStep step;
    const auto padding = samePadding(weight);
    if (lastTapSuffices(x, history, shape)) {
        const at::Tensor frame = asFrames(joined.narrow(2, shape.history, 1));
        step.output = asVideo(convolve(frame, lastTap(weight), optional(bias), {1, 1}, padding), x.size(0));
    } else {
        step.output = convolve(joined, weight, optional(bias), {shape.timeStride, 1, 1}, {0, padding[0], padding[1]});
    }
    if (shape.history > 0) {
        // A view would keep the whole buffer alive.
        step.tail = joined.narrow(2, joined.size(2) - shape.history, shape.history).clone(k3d);
    }
    return step;
}

struct CausalConvFunction : Function<CausalConvFunction> {
    static variable_list forward(AutogradContext* context, const at::Tensor& x, const OptionalTensor& gamma,
        const OptionalTensor& history, const at::Tensor& weight, const OptionalTensor& bias, std::int64_t frames,
        std::int64_t timeStride)
    {
        const CausalConvShape shape{static_cast<int>(frames), static_cast<int>(timeStride)};
        const CausalConvStep step = causalConvForward(x, orNone(gamma), orNone(history), weight, orNone(bias), shape);
        context->set_materialize_grads(false);
        context->saved_data["shape"] = x.sizes().vec();
        context->saved_data["frames"] = frames;
        context->saved_data["stride"] = timeStride;
        context->saved_data["has_history"] = history.has_value();
        context->saved_data["last_tap"] = lastTapSuffices(x, orNone(history), shape);
        context->save_for_backward({gamma ? x : at::Tensor(), orNone(gamma), weight});
        return {step.output, step.tail};
    }

    static variable_list backward(AutogradContext* context, variable_list gradients)
    {
        const auto saved = context->get_saved_variables();
        const auto shape = context->saved_data["shape"].toIntVector();
        const std::int64_t frames = context->saved_data["frames"].toInt();
        const at::Tensor joined = joinedGradient(context, gradients, saved[2], shape, frames);
        // LibTorch numbers the tensors that were given: where there is no gamma, the history is the second.
        const std::size_t gammaIndex = 1, historyIndex = saved[1].defined() ? 2 : 1;
        const bool hasHistory = context->saved_data["has_history"].toBool();
        at::Tensor history, present;
        if (joined.defined()) {
            present = joined.narrow(2, frames, shape[2]);
            if (hasHistory && context->needs_input_grad(historyIndex)) {
                history = joined.narrow(2, 0, frames).clone(k3d);
            }
        }
        at::Tensor gamma;
        if (present.defined() && saved[1].defined()) {
            if (context->needs_input_grad(gammaIndex)) {
                gamma = at::zeros(saved[1].sizes(),
                    saved[1].options().dtype(saved[1].scalar_type() == at::kDouble ? at::kDouble : at::kFloat));
            }
            present = normSiluBackward(channelsLast(present), channelsLast(saved[0]), saved[1], true, gamma);
            gamma = gamma.defined() ? gamma.to(saved[1].scalar_type()) : gamma;
        } else if (present.defined()) {
            present = present.clone(k3d);
        }
        return {present, gamma, history, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
    }

private:
    // At [history, y]; undefined when no gradient arrives.
    static at::Tensor joinedGradient(AutogradContext* context, const variable_list& gradients,
        const at::Tensor& weight, const std::vector<std::int64_t>& shape, std::int64_t frames)
    {
        std::vector<std::int64_t> joinedShape = shape;
        joinedShape[2] += frames;
        at::Tensor joined;
        const auto padding = samePadding(weight);
        if (gradients[0].defined() && context->saved_data["last_tap"].toBool()) {
            const at::Tensor frame = convInputGradient(
                asFrames(gradients[0]), {shape[0], shape[1], shape[3], shape[4]}, lastTap(weight), {1, 1}, padding);
            joined = at::zeros(joinedShape, gradients[0].options().memory_format(k3d));
            joined.narrow(2, frames, 1).copy_(asVideo(frame, shape[0]));
        } else if (gradients[0].defined()) {
            joined = convInputGradient(gradients[0], joinedShape, weight,
                {context->saved_data["stride"].toInt(), 1, 1}, {0, padding[0], padding[1]});
        }
        if (frames > 0 && gradients[1].defined()) {
            if (!joined.defined()) {
                joined = at::zeros(joinedShape, gradients[1].options().memory_format(k3d));
            }
            joined.narrow(2, joinedShape[2] - frames, frames).add_(gradients[1]);
        }
        return joined;
    }
};

struct NormSiluFunction : Function<NormSiluFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& gamma, bool silu)
    {
        const at::Tensor input = channelsLast(x);
        at::Tensor output = at::empty(x.sizes(), x.options(), channelsLastFormat(x.dim()));
        normSiluInto(output, input, gamma, silu);
        context->save_for_backward({x, gamma});
        context->saved_data["silu"] = silu;
        return output;
    }

    static variable_list backward(AutogradContext* context, variable_list gradients)
    {
        const auto saved = context->get_saved_variables();
        at::Tensor gamma;
        if (context->needs_input_grad(1)) {
            gamma = at::zeros(saved[1].sizes(),
                saved[1].options().dtype(saved[1].scalar_type() == at::kDouble ? at::kDouble : at::kFloat));
        }
        const at::Tensor x = normSiluBackward(channelsLast(gradients[0]), channelsLast(saved[0]), saved[1],
            context->saved_data["silu"].toBool(), gamma);
        return {x, gamma.defined() ? gamma.to(saved[1].scalar_type()) : gamma, at::Tensor()};
    }
};

// A frozen 2-D convolution: its gradient needs the weight and the input's shape.
struct FrozenConvFunction : Function<FrozenConvFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& frames, const at::Tensor& weight,
        const OptionalTensor& bias, std::int64_t stride, std::int64_t padding)
    {
        context->save_for_backward({weight});
        context->saved_data["shape"] = frames.sizes().vec();
        context->saved_data["stride"] = stride;
        context->saved_data["padding"] = padding;
        return convolve(frames, weight, bias, {stride, stride}, {padding, padding});
    }

    static variable_list backward(AutogradContext* context, variable_list gradients)
    {
        const std::int64_t stride = context->saved_data["stride"].toInt();
        const std::int64_t padding = context->saved_data["padding"].toInt();
        const at::Tensor x = convInputGradient(gradients[0], context->saved_data["shape"].toIntVector(),
            context->get_saved_variables()[0], {stride, stride}, {padding, padding});
        return {x, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

at::Tensor conv2d(const at::Tensor& frames, const at::Tensor& weight, const at::Tensor& bias, std::int64_t stride,
    std::int64_t padding)
{
    if (records({frames}) && !records({weight, bias})) {
        return FrozenConvFunction::apply(frames, weight, optional(bias), stride, padding);
    }
    if (!records({frames, weight, bias})) {
        return convolve(frames, weight, optional(bias), {stride, stride}, {padding, padding});
    }
    return at::conv2d(frames, weight, optional(bias), stride, padding);
}

// [outputs, C, 3, 3] -> [4 outputs, C, 2, 2]: for each output phase (rows first) the kernel over the four neighbours.
at::Tensor phaseWeights(const at::Tensor& weight)
{
    // Phase 0 of an axis sees (previous, own): previous = tap 0, own = taps 1 + 2. Phase 1 sees (own, next): 0 +
    // 1, 2.
    const auto alongRows = [](const at::Tensor& w, int phase) {
        const at::Tensor a = w.select(2, 0), b = w.select(2, 1), c = w.select(2, 2);
        return phase == 0 ? at::stack({a, b + c}, 2) : at::stack({a + b, c}, 2);
    };
    const auto alongColumns = [](const at::Tensor& w, int phase) {
        const at::Tensor a = w.select(3, 0), b = w.select(3, 1), c = w.select(3, 2);
        return phase == 0 ? at::stack({a, b + c}, 3) : at::stack({a + b, c}, 3);
    };
    std::vector<at::Tensor> phases;
    for (int row = 0; row < 2; ++row) {
        for (int column = 0; column < 2; ++column) {
            phases.push_back(alongColumns(alongRows(weight, row), column));
        }
    }
    return at::cat(phases, 0).contiguous(at::MemoryFormat::ChannelsLast);
}

// [frames, 4 C, H + 1, W + 1] of the four phases -> [frames, C, 2 H, 2 W]: phase (r, c) begins at row r, column c.
at::Tensor interleavedPhases(const at::Tensor& phases)
{
    const std::int64_t channels = phases.size(1) / 4, height = phases.size(2) - 1, width = phases.size(3) - 1;
    at::Tensor large = at::empty(
        {phases.size(0), channels, 2 * height, 2 * width}, phases.options(), at::MemoryFormat::ChannelsLast);
    for (int row = 0; row < 2; ++row) {
        for (int column = 0; column < 2; ++column) {
            large.slice(2, row, std::nullopt, 2)
                .slice(3, column, std::nullopt, 2)
                .copy_(phases.narrow(1, (2 * row + column) * channels, channels)
                           .narrow(2, row, height)
                           .narrow(3, column, width));
        }
    }
    return large;
}

// The four phases side by side, as interleavedPhases takes them apart.
at::Tensor separatedPhases(const at::Tensor& large)
{
    const std::int64_t channels = large.size(1), height = large.size(2) / 2, width = large.size(3) / 2;
    at::Tensor phases = at::zeros({large.size(0), 4 * channels, height + 1, width + 1},
        large.options().memory_format(at::MemoryFormat::ChannelsLast));
    for (int row = 0; row < 2; ++row) {
        for (int column = 0; column < 2; ++column) {
            phases.narrow(1, (2 * row + column) * channels, channels)
                .narrow(2, row, height)
                .narrow(3, column, width)
                .copy_(large.slice(2, row, std::nullopt, 2).slice(3, column, std::nullopt, 2));
        }
    }
    return phases;
}

struct InterleaveFunction : Function<InterleaveFunction> {
    static at::Tensor forward(AutogradContext*, const at::Tensor& phases) { return interleavedPhases(phases); }

    static variable_list backward(AutogradContext*, variable_list gradients)
    {
        return {separatedPhases(gradients[0])};
    }
};

// A frozen upsampling convolution: the sums of its kernel's entries are made again in the backward, since kept they
// would outweigh a small picture.
struct FrozenUpsampleFunction : Function<FrozenUpsampleFunction> {
    static at::Tensor forward(
        AutogradContext* context, const at::Tensor& frames, const at::Tensor& weight, const OptionalTensor& bias4)
    {
        context->save_for_backward({weight});
        context->saved_data["shape"] = frames.sizes().vec();
        return interleavedPhases(convolve(frames, phaseWeights(weight), bias4, {1, 1}, {1, 1}));
    }

    static variable_list backward(AutogradContext* context, variable_list gradients)
    {
        const at::Tensor weights = phaseWeights(context->get_saved_variables()[0]);
        return {convInputGradient(separatedPhases(gradients[0]), context->saved_data["shape"].toIntVector(), weights,
                    {1, 1}, {1, 1}),
            at::Tensor(), at::Tensor()};
    }
};

} // namespace

at::Tensor normSilu(const at::Tensor& x, const at::Tensor& gamma, bool silu)
{
    return NormSiluFunction::apply(x, gamma, silu);
}

CausalConvStep causalConv(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& history,
    const at::Tensor& weight, const at::Tensor& bias, CausalConvShape shape)
{
    TORCH_CHECK(x.dim() == 5 && weight.dim() == 5 && x.size(1) == weight.size(1), "causal convolution: input ",
        x.sizes(), ", weight ", weight.sizes());
    TORCH_CHECK(!history.defined() || (history.size(2) == shape.history && history.size(1) == x.size(1) &&
                                          history.size(3) == x.size(3) && history.size(4) == x.size(4)),
        "causal convolution: history ", history.defined() ? history.sizes() : at::IntArrayRef(), " for ", x.sizes());
    if (!records({x, gamma, history, weight, bias})) {
        return causalConvForward(x, gamma, history, weight, bias, shape);
    }
    if (records({weight, bias})) {
        // The weight's gradient needs the convolution's input: LibTorch's own operator keeps it.
        const at::Tensor y = gamma.defined() ? normSilu(x, gamma, true) : x;
        const at::Tensor past =
            history.defined() ? history
                              : at::zeros({y.size(0), y.size(1), shape.history, y.size(3), y.size(4)}, y.options());
        const at::Tensor joined = shape.history > 0 ? at::cat({past, y}, 2).contiguous(k3d) : y;
        const auto padding = samePadding(weight);
        return {at::conv3d(joined, weight, optional(bias), {shape.timeStride, 1, 1}, {0, padding[0], padding[1]}),
            shape.history > 0 ? joined.narrow(2, joined.size(2) - shape.history, shape.history).clone(k3d)
                              : at::Tensor()};
    }
    const variable_list outputs = CausalConvFunction::apply(x, optional(gamma), optional(history), weight,
        optional(bias), static_cast<std::int64_t>(shape.history), static_cast<std::int64_t>(shape.timeStride));
    return {outputs[0], outputs[1]};
}

at::Tensor frameConv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias)
{
    const at::Tensor frames = x.dim() == 5 ? asFrames(x) : channelsLast(x);
    const at::Tensor result = conv2d(frames, weight, bias, 1, weight.size(2) / 2);
    return x.dim() == 5 ? asVideo(result, x.size(0)) : result;
}

at::Tensor upsampleConv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias)
{
    TORCH_CHECK(weight.dim() == 4 && weight.size(2) == 3 && weight.size(3) == 3,
        "upsample + convolution wants 3x3, got ", weight.sizes());
    const at::Tensor bias4 = bias.defined() ? bias.repeat({4}) : bias;
    const at::Tensor frames = asFrames(x);
    if (records({frames}) && !records({weight, bias})) {
        return asVideo(FrozenUpsampleFunction::apply(frames, weight, optional(bias4)), x.size(0));
    }
    const at::Tensor phases = conv2d(frames, phaseWeights(weight), bias4, 1, 1);
    return asVideo(records({phases}) ? InterleaveFunction::apply(phases) : interleavedPhases(phases), x.size(0));
}

at::Tensor downsampleConv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias)
{
    const at::Tensor padded =
        at::constant_pad_nd(asFrames(x), {0, 1, 0, 1}).contiguous(at::MemoryFormat::ChannelsLast);
    return asVideo(conv2d(padded, weight, bias, 2, 0), x.size(0));
}

} // namespace reelmend::tensor
