#pragma once
#include <cstdint>

// What reelmend_cuda.so hands over: plain functions, so that nothing else names a CUDA symbol. No torch header here:
// .cu files include this. Every function returns null or the text of what went wrong.
namespace reelmend::tensor {

enum class ElementType : int { kFloat32 = 0, kBFloat16 = 1, kFloat16 = 2, kFloat64 = 3 };

// y = silu(x / max(|x|_2, 1e-12) * gamma) over the last axis of rows of `channels` elements; gamma is float32
// (float64 for float64) and already holds gamma * sqrt(channels). `rowsPerBlock` rows follow each other, then the
// next block begins a stride later: so a result lands behind the history of a causal convolution without another
// copy.
struct NormSiluShape {
    std::int64_t rows = 0;
    int channels = 0;
    std::int64_t rowsPerBlock = 0;
    std::int64_t inputBlockStride = 0;  // elements
    std::int64_t outputBlockStride = 0; // elements
    bool silu = true;
};

inline constexpr int kCudaModuleVersion = 3;

struct CudaModule {
    int version = 0;
    int (*deviceCount)() = nullptr;
    const char* (*normSiluForward)(
        const void* x, const void* gamma, void* y, ElementType type, NormSiluShape shape, void* stream) = nullptr;
    // dx (strides of y) for dy (strides of x); dgamma (gamma's type, may be null) is added to.
    const char* (*normSiluBackward)(const void* x, const void* gamma, const void* dy, void* dx, void* dgamma,
        ElementType type, NormSiluShape shape, void* stream) = nullptr;
    void* (*currentStream)(int device) = nullptr;
    void (*memory)(
        int device, std::int64_t* current, std::int64_t* peak, std::int64_t* free, std::int64_t* total) = nullptr;
    void (*resetPeak)(int device) = nullptr;
    // A CUDA graph: what this thread starts on `device`'s current stream between begin and end is recorded, not run.
    const char* (*graphBegin)(int device, void** graph) = nullptr;
    const char* (*graphEnd)(void* graph) = nullptr;
    const char* (*graphLaunch)(void* graph) = nullptr; // on the current stream
    void (*graphFree)(void* graph) = nullptr;
    // Several processes, one device each (c10d's NCCL): null where the module was built without. `store` points to a
    // c10::intrusive_ptr<c10d::Store>, `tensor` to an at::Tensor of the device.
    const char* (*ncclJoin)(const void* store, int rank, int size, int device, void** group) = nullptr;
    const char* (*ncclSum)(void* group, void* tensor) = nullptr;
    const char* (*ncclBroadcast)(void* group, void* tensor) = nullptr; // rank 0's
    void (*ncclLeave)(void* group) = nullptr;
};

} // namespace reelmend::tensor

// The module's only exported symbol: fills the table; returns null, or why it cannot.
extern "C" const char* reelmendCudaModule(reelmend::tensor::CudaModule* table);
