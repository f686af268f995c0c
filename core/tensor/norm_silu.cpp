#include "core/tensor/norm_silu.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/DeviceGuard.h>

#include <cmath>
#include <mutex>

#include "core/base/error.h"
#include "core/tensor/cpu/norm_silu_cpu.h"
#include "core/tensor/cuda_module.h"

namespace reelmend::tensor {

namespace {

constexpr int kMaximumChannels = 4096;

struct Blocks {
    std::int64_t count, rows;               // blocks of rows that follow each other
    std::int64_t inputStride, outputStride; // elements between blocks
};

// Rows of a channels_last(_3d) tensor are contiguous within one batch item, and across items unless the tensor is a
// narrow along time.
Blocks blocksOf(const at::Tensor& x, const at::Tensor& output)
{
    const std::int64_t batch = x.size(0), rows = x.numel() / (batch * x.size(1));
    const auto strideOf = [&](const at::Tensor& t) { return batch > 1 ? t.stride(0) : rows * x.size(1); };
    return {batch, rows, strideOf(x), strideOf(output)};
}

bool isRowMajor(const at::Tensor& t)
{
    return t.is_contiguous(channelsLastFormat(t.dim())) ||
           (t.size(0) > 1 && t.narrow(0, 0, 1).is_contiguous(channelsLastFormat(t.dim())));
}

at::Tensor scaledGamma(const at::Tensor& gamma, const at::Tensor& x)
{
    const auto type = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    return gamma.detach()
        .reshape({-1})
        .to(x.device(), type)
        .mul(std::sqrt(static_cast<double>(x.size(1))))
        .contiguous();
}

void requireShapes(const at::Tensor& x, const at::Tensor& gamma)
{
    TORCH_CHECK(
        x.dim() == 4 || x.dim() == 5, "norm + SiLU wants [batch, channels, (time,) height, width], got ", x.sizes());
    TORCH_CHECK(gamma.numel() == x.size(1), "norm + SiLU: ", gamma.numel(), " gains for ", x.size(1), " channels");
    TORCH_CHECK(x.size(1) <= kMaximumChannels, "norm + SiLU: more than ", kMaximumChannels, " channels");
}

ElementType elementType(at::ScalarType type)
{
    switch (type) {
    case at::kFloat:
        return ElementType::kFloat32;
    case at::kBFloat16:
        return ElementType::kBFloat16;
    case at::kHalf:
        return ElementType::kFloat16;
    case at::kDouble:
        return ElementType::kFloat64;
    default:
        TORCH_CHECK(false, "norm + SiLU: numbers of type ", type, " are not supported");
    }
}

void checkKernel(const char* problem)
{
    TORCH_CHECK(problem == nullptr, "norm + SiLU on CUDA: ", problem);
}

// Runs `rows(block, firstRow, count)` over all rows on the pool's threads.
template <class Rows> void overRows(const Blocks& blocks, int channels, Rows&& rows)
{
    const std::int64_t grain = std::max<std::int64_t>(1, 32768 / channels);
    for (std::int64_t block = 0; block < blocks.count; ++block) {
        at::parallel_for(
            0, blocks.rows, grain, [&](std::int64_t begin, std::int64_t end) { rows(block, begin, end - begin); });
    }
}

template <class T, class C>
void forwardCpu(const at::Tensor& output, const at::Tensor& x, const at::Tensor& gamma, bool silu)
{
    const Blocks blocks = blocksOf(x, output);
    const int channels = static_cast<int>(x.size(1));
    const auto* in = static_cast<const T*>(x.const_data_ptr());
    auto* out = static_cast<T*>(output.data_ptr());
    const auto* gains = static_cast<const C*>(gamma.const_data_ptr());
    overRows(blocks, channels, [&](std::int64_t block, std::int64_t first, std::int64_t count) {
        cpu::normSiluRows(in + block * blocks.inputStride + first * channels, gains,
            out + block * blocks.outputStride + first * channels, count, channels, silu);
    });
}

template <class T, class C>
void backwardCpu(const at::Tensor& dx, const at::Tensor& dy, const at::Tensor& x, const at::Tensor& gamma, bool silu,
    const at::Tensor& gammaGradient)
{
    const Blocks inputs = blocksOf(x, dx), gradients = blocksOf(dy, dx);
    const int channels = static_cast<int>(x.size(1));
    const auto* in = static_cast<const T*>(x.const_data_ptr());
    const auto* given = static_cast<const T*>(dy.const_data_ptr());
    auto* out = static_cast<T*>(dx.data_ptr());
    const auto* gains = static_cast<const C*>(gamma.const_data_ptr());
    C* total = gammaGradient.defined() ? static_cast<C*>(gammaGradient.data_ptr()) : nullptr;
    std::mutex adding;
    overRows(inputs, channels, [&](std::int64_t block, std::int64_t first, std::int64_t count) {
        std::vector<C> own(total ? static_cast<std::size_t>(channels) : 0);
        cpu::normSiluRowsBackward(in + block * inputs.inputStride + first * channels, gains,
            given + block * gradients.inputStride + first * channels,
            out + block * inputs.outputStride + first * channels, total ? own.data() : nullptr, count, channels,
            silu);
        if (total) {
            const std::lock_guard lock(adding);
            for (std::size_t c = 0; c < own.size(); ++c) {
                total[c] += own[c];
            }
        }
    });
}

NormSiluShape kernelShape(const at::Tensor& x, const at::Tensor& output, bool silu)
{
    const Blocks blocks = blocksOf(x, output);
    NormSiluShape shape;
    shape.rows = blocks.count * blocks.rows;
    shape.channels = static_cast<int>(x.size(1));
    shape.rowsPerBlock = blocks.rows;
    shape.inputBlockStride = blocks.inputStride;
    shape.outputBlockStride = blocks.outputStride;
    shape.silu = silu;
    return shape;
}

} // namespace

at::MemoryFormat channelsLastFormat(std::int64_t dimensions)
{
    return dimensions == 5 ? at::MemoryFormat::ChannelsLast3d : at::MemoryFormat::ChannelsLast;
}

at::Tensor channelsLast(const at::Tensor& x)
{
    return isRowMajor(x) ? x : x.contiguous(channelsLastFormat(x.dim()));
}

void normSiluInto(const at::Tensor& output, const at::Tensor& x, const at::Tensor& gamma, bool silu)
{
    requireShapes(x, gamma);
    TORCH_CHECK(output.sizes() == x.sizes() && output.scalar_type() == x.scalar_type(),
        "norm + SiLU: output of shape ", output.sizes(), " for an input of ", x.sizes());
    TORCH_CHECK(isRowMajor(x) && isRowMajor(output), "norm + SiLU wants channels_last tensors");
    if (x.numel() == 0) {
        return;
    }
    const at::Tensor gains = scaledGamma(gamma, x);
    if (x.is_cuda()) {
        const CudaModule* module = cudaModule();
        TORCH_CHECK(module, "norm + SiLU on CUDA: ", cudaProblem());
        const c10::DeviceGuard onItsCard(x.device());
        checkKernel(module->normSiluForward(x.const_data_ptr(), gains.const_data_ptr(), output.data_ptr(),
            elementType(x.scalar_type()), kernelShape(x, output, silu), module->currentStream(x.get_device())));
        return;
    }
    switch (elementType(x.scalar_type())) {
    case ElementType::kFloat32:
        return forwardCpu<float, float>(output, x, gains, silu);
    case ElementType::kFloat64:
        return forwardCpu<double, double>(output, x, gains, silu);
    case ElementType::kBFloat16:
        return forwardCpu<std::uint16_t, float>(output, x, gains, silu);
    case ElementType::kFloat16: { // no CPU computes with it; kept right, not fast
        const at::Tensor wide = channelsLast(x.to(at::kFloat)), result = at::empty_like(wide);
        forwardCpu<float, float>(result, wide, gains, silu);
        output.copy_(result);
    }
    }
}

at::Tensor normSiluBackward(const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& gamma, bool silu,
    const at::Tensor& gammaGradient)
{
    requireShapes(x, gamma);
    TORCH_CHECK(gradient.sizes() == x.sizes() && gradient.scalar_type() == x.scalar_type(),
        "norm + SiLU: gradient of shape ", gradient.sizes(), " for an input of ", x.sizes());
    TORCH_CHECK(isRowMajor(x) && isRowMajor(gradient), "norm + SiLU wants channels_last tensors");
    at::Tensor result = at::empty(x.sizes(), x.options(), channelsLastFormat(x.dim()));
    if (x.numel() == 0) {
        return result;
    }
    const at::Tensor gains = scaledGamma(gamma, x);
    // The kernels give the gradient of gamma * sqrt(C); the factor is applied once at the end.
    at::Tensor sum = gammaGradient.defined() ? at::zeros_like(gains) : at::Tensor();
    if (x.is_cuda()) {
        const CudaModule* module = cudaModule();
        TORCH_CHECK(module, "norm + SiLU on CUDA: ", cudaProblem());
        const c10::DeviceGuard onItsCard(x.device());
        // The kernel takes one pair of strides, so both inputs are made plain.
        const auto format = channelsLastFormat(x.dim());
        const at::Tensor given = gradient.contiguous(format), input = x.contiguous(format);
        checkKernel(module->normSiluBackward(input.const_data_ptr(), gains.const_data_ptr(), given.const_data_ptr(),
            result.data_ptr(), sum.defined() ? sum.data_ptr() : nullptr, elementType(x.scalar_type()),
            kernelShape(input, result, silu), module->currentStream(x.get_device())));
    } else {
        switch (elementType(x.scalar_type())) {
        case ElementType::kFloat32:
            backwardCpu<float, float>(result, gradient, x, gains, silu, sum);
            break;
        case ElementType::kFloat64:
            backwardCpu<double, double>(result, gradient, x, gains, silu, sum);
            break;
        case ElementType::kBFloat16:
            backwardCpu<std::uint16_t, float>(result, gradient, x, gains, silu, sum);
            break;
        case ElementType::kFloat16: {
            const at::Tensor wide = channelsLast(x.to(at::kFloat)), out = at::empty_like(wide);
            backwardCpu<float, float>(out, channelsLast(gradient.to(at::kFloat)), wide, gains, silu, sum);
            result.copy_(out);
        }
        }
    }
    if (sum.defined()) {
        gammaGradient.add_(
            sum.to(gammaGradient.scalar_type()).view_as(gammaGradient), std::sqrt(static_cast<double>(x.size(1))));
    }
    return result;
}

} // namespace reelmend::tensor
