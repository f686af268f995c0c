#include "core/tensor/device_check.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/version.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <exception>

#include "core/base/time.h"
#include "core/tensor/cuda_module.h"
#include "core/tensor/device.h"

namespace reelmend::tensor {

namespace {

constexpr std::int64_t kBatch = 4, kChannels = 64, kHeight = 180, kWidth = 320;
constexpr int kSamples = 3000;

// Small multiples of 1/8 that bf16 holds exactly, so that both precisions work on the same numbers; scattered by
// Knuth's multiplicative hash.
double element(std::int64_t index, std::uint32_t salt)
{
    const std::uint32_t hash = (static_cast<std::uint32_t>(index) + salt) * 2654435761u;
    return (static_cast<double>((hash >> 16) % 17) - 8) / 8;
}

double inputAt(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x)
{
    return element(((n * kChannels + c) * kHeight + y) * kWidth + x, 1);
}

double weightAt(std::int64_t out, std::int64_t in, std::int64_t y, std::int64_t x)
{
    return element(((out * kChannels + in) * 3 + y) * 3 + x, 77) / 16;
}

at::Tensor filled(at::IntArrayRef shape, std::uint32_t salt, double scale)
{
    at::Tensor tensor = at::empty(shape, at::kFloat);
    float* data = tensor.data_ptr<float>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i) {
        data[i] = static_cast<float>(element(i, salt) * scale);
    }
    return tensor;
}

double expectedAt(std::int64_t n, std::int64_t out, std::int64_t y, std::int64_t x)
{
    double sum = 0;
    for (std::int64_t in = 0; in < kChannels; ++in) {
        for (std::int64_t ky = 0; ky < 3; ++ky) {
            for (std::int64_t kx = 0; kx < 3; ++kx) {
                const std::int64_t sy = y + ky - 1;
                const std::int64_t sx = x + kx - 1;
                if (sy >= 0 && sy < kHeight && sx >= 0 && sx < kWidth) {
                    sum += inputAt(n, in, sy, sx) * weightAt(out, in, ky, kx);
                }
            }
        }
    }
    return sum;
}

double largestError(const at::Tensor& output)
{
    const at::Tensor values = output.to(at::kFloat).contiguous();
    const auto at = values.accessor<float, 4>();
    double error = 0;
    double largest = 0;
    for (std::int64_t i = 0; i < kSamples; ++i) {
        // Every fourth sample lies on the border, where padding is easy to get wrong.
        const std::int64_t n = i % kBatch;
        const std::int64_t c = i * 7 % kChannels;
        const std::int64_t y = i % 4 == 0 ? (i % 8 == 0 ? 0 : kHeight - 1) : i * 31 % kHeight;
        const std::int64_t x = i % 4 == 1 ? (i % 8 == 1 ? 0 : kWidth - 1) : i * 53 % kWidth;
        const double expected = expectedAt(n, c, y, x);
        error = std::max(error, std::abs(static_cast<double>(at[n][c][y][x]) - expected));
        largest = std::max(largest, std::abs(expected));
    }
    return std::isfinite(error) ? error / largest : error;
}

ConvolutionCheck checkConvolution(at::ScalarType type)
{
    ConvolutionCheck check;
    check.precision = dtypeText(type);
    if (type == at::kBFloat16 && !cpuFeatures().bf16) {
        return check;
    }
    check.wasRun = true;
    try {
        const auto layout = at::MemoryFormat::ChannelsLast;
        const at::Tensor input = filled({kBatch, kChannels, kHeight, kWidth}, 1, 1).to(type).contiguous(layout);
        const at::Tensor weight = filled({kChannels, kChannels, 3, 3}, 77, 1.0 / 16).to(type).contiguous(layout);
        at::Tensor output;
        double best = 1e9;
        for (int run = 0; run < 4; ++run) { // the first one also prepares
            const double begin = base::monotonicSeconds();
            output = at::conv2d(input, weight, {}, 1, 1);
            const double seconds = base::monotonicSeconds() - begin;
            best = run > 0 ? std::min(best, seconds) : best;
        }
        constexpr double kOperations = 2.0 * kBatch * kChannels * kChannels * 9 * kHeight * kWidth;
        check.gigaflops = kOperations / best / 1e9;
        check.largestError = largestError(output);
        // bf16 keeps 8 bits of the result; sums are kept in float32.
        check.isRight = check.largestError < (type == at::kBFloat16 ? 1.0 / 128 : 1e-5);
    } catch (const std::exception& error) {
        const std::string text = error.what();
        check.problem = text.substr(0, text.find('\n'));
    }
    return check;
}

} // namespace

LibTorchCheck checkLibTorch()
{
    const c10::InferenceMode inference;
    setThreads(0);
    LibTorchCheck check;
    check.version = TORCH_VERSION;
    check.threads = at::get_num_threads();
    check.hasOneDnn = at::hasMKLDNN();
    check.cudaProblem = cudaProblem(); // before the first tensor: see Note [CUDA at run time]
    check.cudaDevices = cudaDeviceCount();
    check.convolutions = {checkConvolution(at::kFloat), checkConvolution(at::kBFloat16)};
    return check;
}

} // namespace reelmend::tensor
