// reelmend_cuda.so: everything of the program that names a CUDA symbol of LibTorch. See Note [CUDA at run time].
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <memory>

#include "core/tensor/cuda/guarded.h"
#include "core/tensor/cuda/kernel_table.h"
#include "core/tensor/cuda/nccl_group.h"
#include "core/tensor/cuda/norm_silu.cuh"

namespace {

using reelmend::tensor::CudaModule;
using reelmend::tensor::cuda::guarded;

int deviceCount()
{
    int count = 0;
    return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
}

void* currentStream(int device)
{
    return c10::cuda::getCurrentCUDAStream(static_cast<c10::DeviceIndex>(device)).stream();
}

void memory(int device, std::int64_t* current, std::int64_t* peak, std::int64_t* free, std::int64_t* total)
{
    const auto index = static_cast<c10::DeviceIndex>(device);
    const c10::cuda::CUDAGuard guard(index);
    std::size_t freeBytes = 0, totalBytes = 0;
    if (cudaMemGetInfo(&freeBytes, &totalBytes) == cudaSuccess) {
        *free = static_cast<std::int64_t>(freeBytes);
        *total = static_cast<std::int64_t>(totalBytes);
    }
    if (c10::cuda::CUDACachingAllocator::get()->initialized()) {
        const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(index);
        *current = stats.allocated_bytes[0].current;
        *peak = stats.allocated_bytes[0].peak;
    }
}

void resetPeak(int device)
{
    if (c10::cuda::CUDACachingAllocator::get()->initialized()) {
        c10::cuda::CUDACachingAllocator::resetPeakStats(static_cast<c10::DeviceIndex>(device));
    }
}

const char* graphBegin(int device, void** graph)
{
    return guarded([&] {
        const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device));
        auto own = std::make_unique<at::cuda::CUDAGraph>();
        // Other threads may copy and allocate meanwhile: they make the next batches.
        own->capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
        *graph = own.release();
    });
}

const char* graphEnd(void* graph)
{
    return guarded([&] { static_cast<at::cuda::CUDAGraph*>(graph)->capture_end(); });
}

const char* graphLaunch(void* graph)
{
    return guarded([&] { static_cast<at::cuda::CUDAGraph*>(graph)->replay(); });
}

void graphFree(void* graph)
{
    delete static_cast<at::cuda::CUDAGraph*>(graph);
}

} // namespace

extern "C" __attribute__((visibility("default"))) const char* reelmendCudaModule(CudaModule* table)
{
    table->version = reelmend::tensor::kCudaModuleVersion;
    table->deviceCount = deviceCount;
    table->normSiluForward = reelmend::tensor::cuda::normSiluForward;
    table->normSiluBackward = reelmend::tensor::cuda::normSiluBackward;
    table->currentStream = currentStream;
    table->memory = memory;
    table->resetPeak = resetPeak;
    table->graphBegin = graphBegin;
    table->graphEnd = graphEnd;
    table->graphLaunch = graphLaunch;
    table->graphFree = graphFree;
#ifdef REELMEND_NCCL
    table->ncclJoin = reelmend::tensor::cuda::ncclJoin;
    table->ncclSum = reelmend::tensor::cuda::ncclSum;
    table->ncclBroadcast = reelmend::tensor::cuda::ncclBroadcast;
    table->ncclLeave = reelmend::tensor::cuda::ncclLeave;
#endif
    return nullptr;
}
