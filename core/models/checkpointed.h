#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace reelmend::models {

// A pure function of its inputs and of the parameters it captured by value.
using Block = std::function<std::vector<at::Tensor>(const std::vector<at::Tensor>& inputs)>;

// block(inputs), of which autograd keeps the inputs alone: the backward computes the block once more (Chen et al.
// 2016, "Training deep nets with sublinear memory cost"). `parameters` are the tensors that `block` captured and
// whose gradient may be asked for; they may be results of other operations (adapters put into a weight). The block
// must not draw random numbers, must return defined tensors, and must not write to its inputs. Nests; may run on any
// device. Without gradient it is a plain call.
std::vector<at::Tensor> runCheckpointed(
    const Block& block, const std::vector<at::Tensor>& inputs, const std::vector<at::Tensor>& parameters);

} // namespace reelmend::models
