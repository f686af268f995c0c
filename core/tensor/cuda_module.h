#pragma once
#include <c10/core/Device.h>

#include <cstdint>
#include <string>

#include "core/tensor/cuda/kernel_table.h"

// Note [CUDA at run time]: the program links torch_cpu and c10 only. Everything that names a CUDA symbol is the
// module reelmend_cuda.so beside the program. When a CUDA device is first asked for, libtorch_cuda.so is opened and
// then that module, in this order and before any question about CUDA: LibTorch asks for its CUDA hooks once and keeps
// the answer.
namespace reelmend::tensor {

// Opens the module once; later calls return the same answer. Null when it cannot be opened or no driver answers;
// cudaProblem() then says why. Any thread.
const CudaModule* cudaModule();
std::string cudaProblem(); // "" where CUDA works

int cudaDeviceCount(); // 0 where CUDA does not work
int requireCuda();     // the count; throws base::Error(kUnavailable) that says what is missing

struct CudaMemory {
    std::int64_t currentBytes = 0; // held by tensors
    std::int64_t peakBytes = 0;
    std::int64_t freeBytes = 0;  // of the card, other processes counted
    std::int64_t totalBytes = 0; // of the card
};
CudaMemory cudaMemory(c10::Device device);
void cudaResetPeak(c10::Device device);

} // namespace reelmend::tensor
