#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace reelmend::tensor {

// Several tensors to several tensors; pure, and without random numbers.
using TensorFunction = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)>;

// f(inputs), of which nothing but the inputs is kept for the backward: it is computed again there (activation
// checkpointing: Chen et al., 2016). Every tensor that f depends on and that needs a gradient must be among the
// inputs. Undefined inputs are handed on as such. Outputs that f leaves undefined are not allowed.
std::vector<at::Tensor> recomputed(const TensorFunction& f, const std::vector<at::Tensor>& inputs);

} // namespace reelmend::tensor
