#pragma once
#include <ATen/core/Tensor.h>

// Note [Lean operators]
// LibTorch's convolution keeps its input for the weight's gradient even where the weight is frozen, and each of the
// small operators around it (norm, scale, SiLU, padding, concatenation) keeps a tensor more. The operators below keep
// what the gradient with respect to the *activations* needs and nothing else: a frozen convolution its shapes, norm +
// SiLU its input. Where a weight requires gradient they fall back to LibTorch's convolution for that weight.
// Their layout is channels_last (4-D) and channels_last_3d (5-D): measured faster than contiguous in nearly every
// case on AVX-512 CPUs and 2.7 to 3.7 times faster on Hopper GPUs, and it makes a frame one contiguous slab. Inputs
// in another layout are converted. float32, float64, bfloat16 and float16; CPU and CUDA.
namespace reelmend::tensor {

// y = silu(x / max(|x|_2, 1e-12) * sqrt(C) * gamma), norms over channels (axis 1) per position; without silu where
// not asked for. x: [batch, C, (time,) height, width]; gamma: C elements in any shape. Computed in float32 or better.
at::Tensor normSilu(const at::Tensor& x, const at::Tensor& gamma, bool silu = true);

struct CausalConvShape {
    int history = 2; // frames of the past that the kernel reaches into
    int timeStride = 1;
};

struct CausalConvStep {
    at::Tensor output;
    at::Tensor tail; // the last `history` input frames (after norm and SiLU), to be the next step's history
};

// Convolution over [history, silu(norm(x))] along time, spatial "same" zero padding: what one causal layer does.
// x: [batch, C, T, H, W]; gamma: undefined = no norm, no SiLU; history: [batch, C, shape.history, H, W], undefined =
// zeros; weight: [outputs, C, kT, kH, kW]; bias: [outputs] or undefined.
CausalConvStep causalConv(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& history,
    const at::Tensor& weight, const at::Tensor& bias, CausalConvShape shape = {});

// Two-dimensional convolution of every frame, "same" zero padding. x: [batch, C, T, H, W] or [batch, C, H, W];
// weight: [outputs, C, k, k].
at::Tensor frameConv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

// Nearest-neighbour x2, then a 3x3 convolution with zero padding, without ever making the enlarged picture: each of
// the four output phases sees a 2x2 neighbourhood through sums of the kernel's entries, 16/36 of the arithmetic. x:
// [batch, C, T, H, W] -> [batch, outputs, T, 2H, 2W].
at::Tensor upsampleConv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

// Zero padding of one row at the bottom and one column at the right, then a 3x3 convolution of stride 2.
at::Tensor downsampleConv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

// The same, of LibTorch's operators alone and as the public implementations write them: the yardstick, and what the
// tests compare the lean operators with.
namespace stock {
at::Tensor normSilu(const at::Tensor& x, const at::Tensor& gamma, bool silu = true);
CausalConvStep causalConv(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& history,
    const at::Tensor& weight, const at::Tensor& bias, CausalConvShape shape = {});
at::Tensor frameConv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);
at::Tensor upsampleConv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);
at::Tensor downsampleConv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);
} // namespace stock

} // namespace reelmend::tensor
