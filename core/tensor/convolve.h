#pragma once
#include <ATen/core/Tensor.h>

#include <initializer_list>
#include <optional>
#include <vector>

// What the lean operators share: convolutions of channels_last tensors without autograd, and their gradients.
namespace reelmend::tensor {

using OptionalTensor = std::optional<at::Tensor>;

inline constexpr auto k3d = at::MemoryFormat::ChannelsLast3d;

OptionalTensor optional(const at::Tensor& tensor); // an undefined tensor is none
at::Tensor orNone(const OptionalTensor& tensor);   // and back

// [batch, C, T, H, W] in channels_last_3d <-> [batch * T, C, H, W] in channels_last, the same memory.
at::Tensor asFrames(const at::Tensor& video);
at::Tensor asVideo(const at::Tensor& frames, std::int64_t batch);

// conv2d or conv3d by the rank of x.
at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const OptionalTensor& bias, at::IntArrayRef stride,
    at::IntArrayRef padding);

// The gradient of a convolution at its input without that input: a tensor of its shape that owns one element.
at::Tensor convInputGradient(const at::Tensor& gradient, at::IntArrayRef inputShape, const at::Tensor& weight,
    at::IntArrayRef stride, at::IntArrayRef padding);

std::vector<std::int64_t> samePadding(const at::Tensor& weight); // of a 3-D kernel, in space

// Whether autograd would keep a graph for an operator on these; undefined ones do not count.
bool records(std::initializer_list<at::Tensor> tensors);

} // namespace reelmend::tensor
