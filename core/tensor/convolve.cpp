#include "core/tensor/convolve.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "core/tensor/norm_silu.h"

namespace reelmend::tensor {

namespace {

// Note [Small convolutions in float32]
// LibTorch hands a float32 convolution on the CPU to oneDNN only where batch * channels * size(2) * size(3) > 20480.
// Of a video's size(4) it knows nothing, so that few channels or few rows fall back to an unfolded copy and a matrix
// product: 10 to 20 times slower and 27 times the input's memory. Asking for oneDNN by name avoids the guess.
bool isOverlooked(const at::Tensor& x)
{
    return x.device().is_cpu() && x.scalar_type() == at::kFloat && at::globalContext().hasMKLDNN() &&
           at::globalContext().userEnabledMkldnn() && x.size(0) == 1 &&
           x.size(0) * x.size(1) * x.size(2) * x.size(3) <= 20480;
}

// The same gradient as a transposed convolution. cuDNN works in the layout of what it is given, and a stand-in for
// the input has none: it would turn every gradient into the planar layout and back.
at::Tensor transposedConvolution(const at::Tensor& gradient, at::IntArrayRef inputShape, const at::Tensor& weight,
    at::IntArrayRef stride, at::IntArrayRef padding)
{
    const std::vector<std::int64_t> ones(stride.size(), 1);
    std::vector<std::int64_t> rest; // rows that a stride of more than 1 did not look at
    for (std::size_t axis = 0; axis < stride.size(); ++axis) {
        const auto at = static_cast<std::int64_t>(axis) + 2;
        rest.push_back(
            inputShape[axis + 2] - ((gradient.size(at) - 1) * stride[axis] - 2 * padding[axis] + weight.size(at)));
    }
    const auto format = channelsLastFormat(gradient.dim());
    return at::convolution(gradient.contiguous(format), weight.contiguous(format), std::nullopt, stride, padding,
        ones,
        /*transposed=*/true, rest, 1);
}

} // namespace

OptionalTensor optional(const at::Tensor& tensor)
{
    return tensor.defined() ? OptionalTensor(tensor) : std::nullopt;
}

at::Tensor orNone(const OptionalTensor& tensor)
{
    return tensor ? *tensor : at::Tensor();
}

at::Tensor asFrames(const at::Tensor& video)
{
    const at::Tensor x = video.contiguous(k3d);
    return x.permute({0, 2, 3, 4, 1})
        .reshape({x.size(0) * x.size(2), x.size(3), x.size(4), x.size(1)})
        .permute({0, 3, 1, 2});
}

at::Tensor asVideo(const at::Tensor& frames, std::int64_t batch)
{
    const at::Tensor x = frames.contiguous(at::MemoryFormat::ChannelsLast);
    return x.permute({0, 2, 3, 1})
        .reshape({batch, x.size(0) / batch, x.size(2), x.size(3), x.size(1)})
        .permute({0, 4, 1, 2, 3});
}

at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const OptionalTensor& bias, at::IntArrayRef stride,
    at::IntArrayRef padding)
{
    const std::vector<std::int64_t> ones(stride.size(), 1);
    if (isOverlooked(x)) {
        return at::mkldnn_convolution(x, weight, bias, padding, stride, ones, 1);
    }
    return x.dim() == 5 ? at::conv3d(x, weight, bias, stride, padding) : at::conv2d(x, weight, bias, stride, padding);
}

at::Tensor convInputGradient(const at::Tensor& gradient, at::IntArrayRef inputShape, const at::Tensor& weight,
    at::IntArrayRef stride, at::IntArrayRef padding)
{
    const std::vector<std::int64_t> none(stride.size(), 0), ones(stride.size(), 1);
    if (gradient.is_cuda()) {
        return transposedConvolution(gradient, inputShape, weight, stride, padding);
    }
    const at::Tensor stand = at::empty({1}, gradient.options()).expand(inputShape);
    const bool unitStride = std::all_of(stride.begin(), stride.end(), [](std::int64_t s) { return s == 1; });
    if (unitStride && isOverlooked(stand)) {
        // The same as a convolution with the kernel turned around and inputs and outputs exchanged.
        std::vector<std::int64_t> axes, rest;
        for (std::int64_t axis = 2; axis < weight.dim(); ++axis) {
            axes.push_back(axis);
            rest.push_back(weight.size(axis) - 1 - padding[static_cast<std::size_t>(axis) - 2]);
        }
        const auto format = channelsLastFormat(weight.dim());
        const at::Tensor turned = weight.flip(axes).transpose(0, 1).contiguous(format);
        return at::mkldnn_convolution(gradient.contiguous(format), turned, std::nullopt, rest, stride, ones, 1);
    }
    return std::get<0>(at::convolution_backward(gradient.contiguous(channelsLastFormat(gradient.dim())), stand,
        weight, std::nullopt, stride, padding, ones, false, none, 1, {true, false, false}));
}

std::vector<std::int64_t> samePadding(const at::Tensor& weight)
{
    return {weight.size(3) / 2, weight.size(4) / 2};
}

bool records(std::initializer_list<at::Tensor> tensors)
{
    return c10::GradMode::is_enabled() && std::any_of(tensors.begin(), tensors.end(),
                                              [](const at::Tensor& t) { return t.defined() && t.requires_grad(); });
}

} // namespace reelmend::tensor
