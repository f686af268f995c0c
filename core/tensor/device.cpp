#include "core/tensor/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <malloc.h>
#include <sched.h>

#include <charconv>
#include <cstdlib>

#include "core/base/error.h"
#include "core/tensor/block_pool.h"
#include "core/tensor/cuda_module.h"
#include "core/tensor/device_profile.h"

namespace reelmend::tensor {

CpuFeatures cpuFeatures()
{
    CpuFeatures features;
#if defined(__x86_64__)
    __builtin_cpu_init();
    features.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    features.avx512 = features.avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    // AMX machines have AVX512_BF16 too, so one question answers both.
    features.bf16 = features.avx512 && __builtin_cpu_supports("avx512bf16");
#endif
    return features;
}

namespace {

// float32 is what was asked for: without this, convolutions on newer cards round their inputs to 10 bits (TF32). And
// cuBLAS sums in the same order every time only in a workspace of fixed size, which it reads about at its first use.
void setCudaUp()
{
    ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
    at::globalContext().setAllowTF32CuDNN(false);
    at::globalContext().setAllowTF32CuBLAS(false);
}

} // namespace

c10::Device deviceFromText(std::string_view text)
{
    if (text == "cpu") {
        return c10::Device(c10::kCPU);
    }
    if (text == "auto" && cudaDeviceCount() == 0) {
        return c10::Device(c10::kCPU);
    }
    int index = 0;
    bool known = text == "cuda" || text == "auto";
    if (text.starts_with("cuda:")) {
        const auto digits = text.substr(5);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
        known = error == std::errc() && end == digits.data() + digits.size() && index >= 0 && index < 64;
    }
    if (!known) {
        throw base::Error(base::ErrorKind::kUsage, "The device \"" + std::string(text) + "\" is not known.",
            "A device is cpu, cuda, cuda:1 and so on, or auto.", "Choose one of these.");
    }
    const int count = requireCuda();
    if (index >= count) {
        throw base::Error(base::ErrorKind::kUnavailable, "The device " + std::string(text) + " is not there.",
            "This machine has " + std::to_string(count) + " CUDA device(s).", "Choose a smaller number, or cpu.");
    }
    setCudaUp();
    return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
}

c10::ScalarType dtypeFromText(std::string_view text, c10::Device device)
{
    if (text == "auto") {
        return deviceProfile(device).dtype();
    }
    for (const auto dtype : {c10::kFloat, c10::kBFloat16, c10::kHalf, c10::kDouble}) {
        if (text == dtypeText(dtype)) {
            return dtype;
        }
    }
    throw base::Error(base::ErrorKind::kUsage, "The precision \"" + std::string(text) + "\" is not known.",
        "A precision is float32, bfloat16, float16, float64 or auto.", "Choose one of these.");
}

std::string dtypeText(c10::ScalarType dtype)
{
    switch (dtype) {
    case c10::kFloat:
        return "float32";
    case c10::kBFloat16:
        return "bfloat16";
    case c10::kHalf:
        return "float16";
    case c10::kDouble:
        return "float64";
    default:
        return c10::toString(dtype);
    }
}

void synchronize(c10::Device device)
{
    if (!device.is_cpu()) {
        c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
    }
}

int usableCores()
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return CPU_COUNT(&set);
    }
    return 1;
}

void setThreads(int threads)
{
    reuseLargeBlocks();
    // Left alone, glibc soon keeps blocks of up to 32 MB for itself: a third of a decoder's peak was such leftovers.
    ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
    at::set_num_threads(threads > 0 ? threads : usableCores());
    if (at::get_num_interop_threads() != 1) {
        try {
            at::set_num_interop_threads(1);
        } catch (const c10::Error&) { // can be set once in a process, and a test may have done so
        }
    }
}

} // namespace reelmend::tensor
