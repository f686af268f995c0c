#pragma once
#include "core/tensor/cuda/kernel_table.h"

// Launchers of the norm + SiLU kernels; contracts in kernel_table.h. They return null or CUDA's text for the error.
namespace reelmend::tensor::cuda {

const char* normSiluForward(
    const void* x, const void* gamma, void* y, ElementType type, NormSiluShape shape, void* stream);
const char* normSiluBackward(const void* x, const void* gamma, const void* dy, void* dx, void* dgamma,
    ElementType type, NormSiluShape shape, void* stream);

} // namespace reelmend::tensor::cuda
