#include "core/tensor/cuda_module.h"

#include <dlfcn.h>

#include <filesystem>
#include <mutex>
#include <system_error>

#include "core/base/error.h"

namespace reelmend::tensor {

namespace {

struct Opened {
    CudaModule table;
    std::string problem;
};

// The module lies beside the program, or beside the build's libraries while developing.
std::string modulePath()
{
    std::error_code ignored;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
    for (auto folder = program.parent_path(); !folder.empty() && folder != folder.root_path();
         folder = folder.parent_path()) {
        for (const char* place : {"reelmend_cuda.so", "lib/reelmend_cuda.so", "core/tensor/reelmend_cuda.so"}) {
            if (std::filesystem::exists(folder / place, ignored)) {
                return (folder / place).string();
            }
        }
    }
    return "reelmend_cuda.so";
}

Opened open()
{
    Opened opened;
    // LibTorch's own message for a missing driver is long; what the loader says is short and true.
    if (!::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL)) {
        opened.problem = std::string("LibTorch's CUDA part cannot be opened: ") + ::dlerror() + ".";
        return opened;
    }
    const std::string path = modulePath();
    void* module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        opened.problem = std::string("The program's CUDA module cannot be opened: ") + ::dlerror() + ".";
        return opened;
    }
    using Fill = const char* (*)(CudaModule*);
    const auto fill = reinterpret_cast<Fill>(::dlsym(module, "reelmendCudaModule"));
    if (!fill) {
        opened.problem = "The program's CUDA module belongs to another version of the program.";
        return opened;
    }
    if (const char* why = fill(&opened.table)) {
        opened.problem = why;
    } else if (opened.table.version != kCudaModuleVersion) {
        opened.problem = "The program's CUDA module belongs to another version of the program.";
    } else if (opened.table.deviceCount() < 1) {
        opened.problem = "No CUDA device answers: there is none, or its driver is missing or too old.";
    }
    return opened;
}

// One module per process is a fact of dlopen, not a choice; the table never changes once it is there.
const Opened& opened()
{
    static const Opened once = open();
    return once;
}

} // namespace

const CudaModule* cudaModule()
{
    return opened().problem.empty() ? &opened().table : nullptr;
}

std::string cudaProblem()
{
    return opened().problem;
}

int cudaDeviceCount()
{
    const CudaModule* module = cudaModule();
    return module ? module->deviceCount() : 0;
}

int requireCuda()
{
    const int count = cudaDeviceCount();
    if (count == 0) {
        throw base::Error(base::ErrorKind::kUnavailable, "CUDA cannot be used on this machine.", cudaProblem(),
            "Use the CPU (--device cpu), or install a driver and a LibTorch with CUDA.");
    }
    return count;
}

CudaMemory cudaMemory(c10::Device device)
{
    CudaMemory memory;
    if (const CudaModule* module = cudaModule()) {
        module->memory(device.index() < 0 ? 0 : device.index(), &memory.currentBytes, &memory.peakBytes,
            &memory.freeBytes, &memory.totalBytes);
    }
    return memory;
}

void cudaResetPeak(c10::Device device)
{
    if (const CudaModule* module = cudaModule()) {
        module->resetPeak(device.index() < 0 ? 0 : device.index());
    }
}

} // namespace reelmend::tensor
