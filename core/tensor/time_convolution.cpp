#include "core/tensor/time_convolution.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <utility>

#include "core/tensor/convolve.h"
#include "core/tensor/cpu/group_norm_cpu.h"

namespace reelmend::tensor {

namespace {

// Note [Two frames for four convolutions]
// Two output frames of a kernel of three taps need six 2-D convolutions, or four of differences of their inputs
// (Winograd's F(2, 3), arXiv 1509.09308 eq. 6, along time alone): with inputs a, b, c, d and taps g0, g1, g2
//   m0 = (a - c) * g0, m1 = (b + c) * (g0 + g1 + g2) / 2, m2 = (c - b) * (g0 - g1 + g2) / 2, m3 = (b - d) * g2,
//   y0 = m0 + m1 + m2, y1 = m1 - m2 - m3.
// A third of the arithmetic is saved and float32 loses about one bit; 16-bit types would lose what they cannot spare.
constexpr std::int64_t kFewestPositions = 1024; // below, making the four kernels costs more than they save
constexpr std::int64_t kFewestChannels = 64;

at::Tensor halfSum(const at::Tensor& a, const at::Tensor& b, const at::Tensor& c, double sign)
{
    return at::add(a, b, sign).add_(c).mul_(0.5).contiguous(at::MemoryFormat::ChannelsLast);
}

float* dataOf(const at::Tensor& x, std::int64_t batch, std::int64_t frame)
{
    return x.data_ptr<float>() + batch * x.stride(0) + frame * x.stride(2);
}

// The four inputs, each [batch * pairs, C, H, W].
void differences(const at::Tensor& joined, std::int64_t pairs, const at::Tensor (&inputs)[4])
{
    const std::int64_t count = joined.size(1) * joined.size(3) * joined.size(4);
    const std::int64_t pieces = 16, piece = (count + pieces - 1) / pieces;
    at::parallel_for(0, joined.size(0) * pairs * pieces, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t image = i / pieces, batch = image / pairs, pair = image % pairs;
            const std::int64_t from = i % pieces * piece, size = std::min(piece, count - from);
            if (size <= 0) {
                continue;
            }
            const auto in = [&](int frame) { return dataOf(joined, batch, 2 * pair + frame) + from; };
            const auto out = [&](int index) { return inputs[index].data_ptr<float>() + image * count + from; };
            cpu::timeDifferences(in(0), in(1), in(2), in(3), out(0), out(1), out(2), out(3), size);
        }
    });
}

void outputsOf(const at::Tensor (&products)[4], std::int64_t pairs, const at::Tensor& output)
{
    const std::int64_t count = output.size(1) * output.size(3) * output.size(4);
    const std::int64_t pieces = 16, piece = (count + pieces - 1) / pieces;
    at::parallel_for(0, output.size(0) * pairs * pieces, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t image = i / pieces, batch = image / pairs, pair = image % pairs;
            const std::int64_t from = i % pieces * piece, size = std::min(piece, count - from);
            if (size <= 0) {
                continue;
            }
            const auto in = [&](int index) { return products[index].data_ptr<float>() + image * count + from; };
            const auto out = [&](int frame) { return dataOf(output, batch, 2 * pair + frame) + from; };
            cpu::timeOutputs(in(0), in(1), in(2), in(3), out(0), out(1), size);
        }
    });
}

} // namespace

TimeConvolution::TimeConvolution(
    at::Tensor weight, at::Tensor bias, std::int64_t frames, std::int64_t height, std::int64_t width)
    : weight_(std::move(weight))
    , bias_(std::move(bias))
{
    const bool worthIt = weight_.is_cpu() && weight_.scalar_type() == at::kFloat && weight_.size(2) == 3 &&
                         frames >= 2 && frames * height * width >= kFewestPositions &&
                         std::min(weight_.size(0), weight_.size(1)) >= kFewestChannels;
    if (worthIt) {
        const at::Tensor a = weight_.select(2, 0), b = weight_.select(2, 1), c = weight_.select(2, 2);
        products_[0] = a.contiguous(at::MemoryFormat::ChannelsLast);
        products_[1] = halfSum(a, b, c, 1);
        products_[2] = halfSum(a, b, c, -1);
        products_[3] = c.contiguous(at::MemoryFormat::ChannelsLast);
    }
}

void TimeConvolution::into(const at::Tensor& output, const at::Tensor& joined) const
{
    const auto padding = samePadding(weight_);
    std::int64_t done = 0;
    if (products_[0].defined() && output.size(2) >= 2) {
        const std::int64_t pairs = output.size(2) / 2;
        const auto image = [&](std::int64_t channels) {
            return at::empty({output.size(0) * pairs, channels, output.size(3), output.size(4)}, joined.options(),
                at::MemoryFormat::ChannelsLast);
        };
        at::Tensor inputs[4], products[4];
        for (at::Tensor& input : inputs) {
            input = image(joined.size(1));
        }
        differences(joined, pairs, inputs);
        for (int i = 0; i < 4; ++i) {
            products[i] = convolve(inputs[i], products_[i], i == 1 ? optional(bias_) : std::nullopt, {1, 1}, padding)
                              .contiguous(at::MemoryFormat::ChannelsLast);
            inputs[i] = at::Tensor();
        }
        outputsOf(products, pairs, output);
        done = 2 * pairs;
    }
    if (done < output.size(2)) {
        const std::int64_t rest = output.size(2) - done;
        output.narrow(2, done, rest)
            .copy_(convolve(joined.narrow(2, done, rest + 2).contiguous(k3d), weight_, optional(bias_), {1, 1, 1},
                {0, padding[0], padding[1]}));
    }
}

} // namespace reelmend::tensor
