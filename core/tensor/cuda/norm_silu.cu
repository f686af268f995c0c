#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <type_traits>

#include "core/tensor/cuda/norm_silu.cuh"

// CPU reference: core/tensor/cpu/norm_silu_cpu.cpp. One warp works on one row of channels and keeps it in registers:
// each element is read once and written once.
namespace reelmend::tensor::cuda {

namespace {

constexpr int kWarp = 32;
constexpr int kWarpsPerBlock = 8;
constexpr int kMaximumPerLane = 128; // kWarp * this = channels that the CPU reference takes too

template <class T> struct Compute {
    using Type = float;
};
template <> struct Compute<double> {
    using Type = double;
};

__device__ float load(float v)
{
    return v;
}
__device__ double load(double v)
{
    return v;
}
__device__ float load(__nv_bfloat16 v)
{
    return __bfloat162float(v);
}
__device__ float load(__half v)
{
    return __half2float(v);
}
__device__ void store(float& to, float v)
{
    to = v;
}
__device__ void store(double& to, double v)
{
    to = v;
}
__device__ void store(__nv_bfloat16& to, float v)
{
    to = __float2bfloat16_rn(v);
}
__device__ void store(__half& to, float v)
{
    to = __float2half_rn(v);
}

__device__ float root(float v)
{
    return sqrtf(v);
}
__device__ double root(double v)
{
    return sqrt(v);
}
__device__ float exponential(float v)
{
    return expf(v);
}
__device__ double exponential(double v)
{
    return exp(v);
}

template <class C> __device__ C warpSum(C value)
{
    for (int offset = kWarp / 2; offset > 0; offset /= 2) {
        value += __shfl_xor_sync(0xffffffffu, value, offset);
    }
    return value;
}

__device__ long long place(long long row, const NormSiluShape& shape, long long blockStride)
{
    const long long block = row / shape.rowsPerBlock;
    return block * blockStride + (row - block * shape.rowsPerBlock) * shape.channels;
}

// kPerLane elements of the row live in each lane: a bound known while compiling keeps them in registers.
template <class T, int kPerLane>
__global__ void forwardKernel(const T* x, const typename Compute<T>::Type* gamma, T* y, NormSiluShape shape)
{
    using C = typename Compute<T>::Type;
    const int lane = threadIdx.x % kWarp;
    const long long warps = static_cast<long long>(gridDim.x) * kWarpsPerBlock;
    for (long long row = blockIdx.x * static_cast<long long>(kWarpsPerBlock) + threadIdx.x / kWarp; row < shape.rows;
         row += warps) {
        const T* in = x + place(row, shape, shape.inputBlockStride);
        T* out = y + place(row, shape, shape.outputBlockStride);
        C values[kPerLane];
        C sum = 0;
#pragma unroll
        for (int i = 0; i < kPerLane; ++i) {
            const int c = lane + i * kWarp;
            values[i] = c < shape.channels ? static_cast<C>(load(in[c])) : C(0);
            sum += values[i] * values[i];
        }
        const C norm = root(warpSum(sum));
        const C scale = C(1) / (norm > C(1e-12) ? norm : C(1e-12));
#pragma unroll
        for (int i = 0; i < kPerLane; ++i) {
            const int c = lane + i * kWarp;
            if (c < shape.channels) {
                const C value = values[i] * scale * gamma[c];
                store(out[c], shape.silu ? value / (C(1) + exponential(-value)) : value);
            }
        }
    }
}

template <class T, int kPerLane>
__global__ void backwardKernel(const T* x, const typename Compute<T>::Type* gamma, const T* dy, T* dx,
    typename Compute<T>::Type* dgamma, NormSiluShape shape)
{
    using C = typename Compute<T>::Type;
    const int lane = threadIdx.x % kWarp;
    const long long warps = static_cast<long long>(gridDim.x) * kWarpsPerBlock;
    C gains[kPerLane] = {};
    for (long long row = blockIdx.x * static_cast<long long>(kWarpsPerBlock) + threadIdx.x / kWarp; row < shape.rows;
         row += warps) {
        const long long from = place(row, shape, shape.inputBlockStride);
        C values[kPerLane], u[kPerLane];
        C sum = 0;
#pragma unroll
        for (int i = 0; i < kPerLane; ++i) {
            const int c = lane + i * kWarp;
            values[i] = c < shape.channels ? static_cast<C>(load(x[from + c])) : C(0);
            sum += values[i] * values[i];
        }
        const C norm = root(warpSum(sum));
        const bool clamped = !(norm > C(1e-12));
        const C scale = C(1) / (clamped ? C(1e-12) : norm);
        C along = 0;
#pragma unroll
        for (int i = 0; i < kPerLane; ++i) {
            const int c = lane + i * kWarp;
            u[i] = 0;
            if (c < shape.channels) {
                const C value = values[i] * scale * gamma[c];
                C dv = static_cast<C>(load(dy[from + c]));
                if (shape.silu) {
                    const C sigmoid = C(1) / (C(1) + exponential(-value));
                    dv *= sigmoid * (C(1) + value * (C(1) - sigmoid));
                }
                gains[i] += dv * values[i] * scale;
                u[i] = dv * gamma[c];
                along += u[i] * values[i];
            }
        }
        along = clamped ? C(0) : warpSum(along) * scale * scale;
        T* out = dx + place(row, shape, shape.outputBlockStride);
#pragma unroll
        for (int i = 0; i < kPerLane; ++i) {
            const int c = lane + i * kWarp;
            if (c < shape.channels) {
                store(out[c], scale * (u[i] - values[i] * along));
            }
        }
    }
    if (dgamma) {
#pragma unroll
        for (int i = 0; i < kPerLane; ++i) {
            const int c = lane + i * kWarp;
            if (c < shape.channels) {
                atomicAdd(dgamma + c, gains[i]);
            }
        }
    }
}

int blocksFor(long long rows)
{
    const long long wanted = (rows + kWarpsPerBlock - 1) / kWarpsPerBlock;
    return static_cast<int>(wanted < 65535 ? wanted : 65535);
}

// Calls `launch` with the smallest compiled bound that holds the row.
template <class Launch> const char* withBound(int channels, Launch&& launch)
{
    const int perLane = (channels + kWarp - 1) / kWarp;
    if (perLane <= 3) {
        launch(std::integral_constant<int, 3>());
    } else if (perLane <= 6) {
        launch(std::integral_constant<int, 6>());
    } else if (perLane <= 12) {
        launch(std::integral_constant<int, 12>());
    } else if (perLane <= 32) {
        launch(std::integral_constant<int, 32>());
    } else if (perLane <= kMaximumPerLane) {
        launch(std::integral_constant<int, kMaximumPerLane>());
    } else {
        return "too many channels";
    }
    const cudaError_t error = cudaGetLastError();
    return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

template <class T>
const char* forward(const void* x, const void* gamma, void* y, NormSiluShape shape, cudaStream_t stream)
{
    using C = typename Compute<T>::Type;
    return withBound(shape.channels, [&](auto bound) {
        forwardKernel<T, bound.value><<<blocksFor(shape.rows), kWarp * kWarpsPerBlock, 0, stream>>>(
            static_cast<const T*>(x), static_cast<const C*>(gamma), static_cast<T*>(y), shape);
    });
}

template <class T>
const char* backward(const void* x, const void* gamma, const void* dy, void* dx, void* dgamma, NormSiluShape shape,
    cudaStream_t stream)
{
    using C = typename Compute<T>::Type;
    return withBound(shape.channels, [&](auto bound) {
        backwardKernel<T, bound.value><<<blocksFor(shape.rows), kWarp * kWarpsPerBlock, 0, stream>>>(
            static_cast<const T*>(x), static_cast<const C*>(gamma), static_cast<const T*>(dy), static_cast<T*>(dx),
            static_cast<C*>(dgamma), shape);
    });
}

} // namespace

const char* normSiluForward(
    const void* x, const void* gamma, void* y, ElementType type, NormSiluShape shape, void* stream)
{
    const auto on = static_cast<cudaStream_t>(stream);
    switch (type) {
    case ElementType::kFloat32:
        return forward<float>(x, gamma, y, shape, on);
    case ElementType::kBFloat16:
        return forward<__nv_bfloat16>(x, gamma, y, shape, on);
    case ElementType::kFloat16:
        return forward<__half>(x, gamma, y, shape, on);
    case ElementType::kFloat64:
        return forward<double>(x, gamma, y, shape, on);
    }
    return "unknown element type";
}

const char* normSiluBackward(const void* x, const void* gamma, const void* dy, void* dx, void* dgamma,
    ElementType type, NormSiluShape shape, void* stream)
{
    const auto on = static_cast<cudaStream_t>(stream);
    switch (type) {
    case ElementType::kFloat32:
        return backward<float>(x, gamma, dy, dx, dgamma, shape, on);
    case ElementType::kBFloat16:
        return backward<__nv_bfloat16>(x, gamma, dy, dx, dgamma, shape, on);
    case ElementType::kFloat16:
        return backward<__half>(x, gamma, dy, dx, dgamma, shape, on);
    case ElementType::kFloat64:
        return backward<double>(x, gamma, dy, dx, dgamma, shape, on);
    }
    return "unknown element type";
}

} // namespace reelmend::tensor::cuda
