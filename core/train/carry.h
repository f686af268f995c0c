#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

#include "core/chopgrad/gradient_sum.h"
#include "core/models/causal_codec.h"

// Gradients that a sweep found at tensors with a graph behind them, carried on by one backward.
namespace reelmend::train {

// Adds sum t g to `sum`, which may be undefined: its derivative with respect to t is g. Nothing for a tensor that
// needs no gradient, or a gradient that is undefined.
void carry(at::Tensor& sum, const at::Tensor& tensor, const at::Tensor& gradient);
// The same of every parameter of the decoder that is named.
void carryParameters(
    at::Tensor& sum, models::CausalDecoder& decoder, const std::vector<chopgrad::NamedGradient>& gradients);

} // namespace reelmend::train
