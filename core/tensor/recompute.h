#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace reelmend::tensor {

// Several tensors to several tensors; pure, and without random numbers.
using TensorFunction = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>&)>;

// f(inputs), of which nothing but the inputs is kept for the backward: it is computed again there (activation
// checkpointing: Chen et al., 2016, "Training deep nets with sublinear memory cost"). Every tensor that f depends on
// and that needs a gradient is among the inputs, or, where f holds it itself, among `captured`; those may be results
// of other operations (adapters put into a weight). Undefined inputs are handed on as such. Outputs that f leaves
// undefined are not allowed, nor is writing to the inputs. Nests. Without gradient it is a plain call.
std::vector<at::Tensor> recomputed(
    const TensorFunction& f, const std::vector<at::Tensor>& inputs, const std::vector<at::Tensor>& captured = {});

} // namespace reelmend::tensor
