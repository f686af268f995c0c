#pragma once
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <string>
#include <string_view>

// Where tensors live and in what precision. Everything here may be called from any thread.
namespace reelmend::tensor {

// What this processor's vector units can do; decides precision and which kernel of ours runs.
struct CpuFeatures {
    bool avx2 = false;   // with FMA
    bool avx512 = false; // F, BW, DQ, VL
    bool bf16 = false;   // AVX512_BF16 or AMX: without either, bf16 arithmetic is emulated and very slow
};
CpuFeatures cpuFeatures();

// "cpu", "cuda", "cuda:1", "auto" (a CUDA device if one answers, else the CPU). Asking for CUDA opens the CUDA
// module. Throws base::Error(kUsage) for other words and base::Error(kUnavailable) that says what is missing.
c10::Device deviceFromText(std::string_view text);

// "float32", "bfloat16", "float16", "float64", and "auto": what deviceProfile measured to be the faster of bf16
// and float32 on the device, with the present number of threads. Throws base::Error(kUsage).
c10::ScalarType dtypeFromText(std::string_view text, c10::Device device);
std::string dtypeText(c10::ScalarType dtype); // "float32", …

// Waits until everything that was begun on the device is done; nothing on a CPU, where nothing is left running. For
// clocks: a card is handed its work and computes later.
void synchronize(c10::Device device);

// First thing in a process that computes: threads of LibTorch's pool (0 = as many as there are cores that this
// process may use), one inter-op thread, huge pages for large tensors (read at LibTorch's first allocation), large
// blocks of memory handed back to the system when they are freed.
void setThreads(int threads);
int usableCores();

} // namespace reelmend::tensor
