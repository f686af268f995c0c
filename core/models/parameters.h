#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>

// A network is a plain struct of tensors; one function visits them all. Loading, saving, LoRA, optimisers and
// counting share it, so no list of names is kept twice.
namespace reelmend::models {

// `name` is the diffusers name, e.g. "decoder.conv_in.weight"; `shape` is what the config asks for, also while the
// tensor is still undefined.
using ParameterVisitor = std::function<void(const std::string& name, at::Tensor& tensor, at::IntArrayRef shape)>;
// Anything that lets itself be visited, e.g. [&](const ParameterVisitor& v) { decoder.visit(v); }
using VisitFunction = std::function<void(const ParameterVisitor&)>;

std::int64_t countParameters(const VisitFunction& visit); // from the shapes: works before loading
std::int64_t parameterBytes(const VisitFunction& visit);  // of defined tensors

// Fills every tensor with seeded values scaled like a fresh network's (fan-in uniform; gains near 1, biases small),
// so that deep networks keep activations of order 1. For tests and benchmarks.
void initialiseRandomly(const VisitFunction& visit, std::uint64_t seed, const at::TensorOptions& options);

void setRequiresGrad(const VisitFunction& visit, bool trained);
void moveParameters(const VisitFunction& visit, const at::TensorOptions& options); // device and dtype

} // namespace reelmend::models
