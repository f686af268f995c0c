#pragma once
#include <ATen/core/Tensor.h>

// The kernel behind normSilu, without autograd: CPU here, CUDA through the module.
namespace reelmend::tensor {

// Writes silu(norm(x)) into `output`, which has x's shape and may be a narrow along time of a longer channels_last_3d
// tensor. x is channels_last(_3d).
void normSiluInto(const at::Tensor& output, const at::Tensor& x, const at::Tensor& gamma, bool silu);

// Gradients at x for `gradient` at the output (both channels_last(_3d)); `gammaGradient` (float32 or float64 [C]) is
// added to where it is defined.
at::Tensor normSiluBackward(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& gamma, bool silu,
    const at::Tensor& gammaGradient);

// channels_last for 4-D, channels_last_3d for 5-D tensors; the tensor itself where it already is.
at::Tensor channelsLast(const at::Tensor& x);
at::MemoryFormat channelsLastFormat(std::int64_t dimensions);

} // namespace reelmend::tensor
