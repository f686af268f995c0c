#pragma once
#include <ATen/core/Tensor.h>

#include "core/tensor/ops.h"

// What CogVideoX's autoencoder is made of, under the rules of Note [Lean operators]. Its causal convolutions repeat
// the first frame where nothing is remembered.
namespace reelmend::tensor {

// A group norm and what CogVideoX's decoder scales and shifts it by: y = norm(x) * (W_s z + b_s) + (W_b z + b_b),
// with z the latent, resized by nearest neighbour to x (arXiv 2209.09002). Without a latent: the group norm alone.
struct GroupNorm {
    at::Tensor weight, bias; // [C]
    int groups = 32;
    double epsilon = 1e-6;
    at::Tensor latent;                                         // [batch, L, t, h, w] or undefined
    at::Tensor scaleWeight, scaleBias, shiftWeight, shiftBias; // [C, L, 1, 1, 1] and [C]
};

// Convolution over [history, silu(norm(x))], spatial "same" zero padding; undefined history = the first frame
// repeated. x: [batch, C, T, H, W]; norm: null = neither norm nor SiLU; history: [batch, C, 2, H, W]; weight:
// [outputs, C, 3, k, k]. The step's tail: the last two frames of the convolution's input. Keeps x alone (and the
// latent, once for all); without gradient, large pictures are computed a few frames at a time.
CausalConvStep groupCausalConv(const at::Tensor& x, const GroupNorm* norm, const at::Tensor& history,
    const at::Tensor& weight, const at::Tensor& bias);

namespace stock {
CausalConvStep groupCausalConv(const at::Tensor& x, const GroupNorm* norm, const at::Tensor& history,
    const at::Tensor& weight, const at::Tensor& bias);
} // namespace stock

} // namespace reelmend::tensor
