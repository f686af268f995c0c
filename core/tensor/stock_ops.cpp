#include <ATen/ATen.h>

#include <cmath>

#include "core/tensor/ops.h"

namespace reelmend::tensor::stock {

namespace {

at::Tensor perFrame(const at::Tensor& x)
{
    return x.dim() == 5 ? x.permute({0, 2, 1, 3, 4}).reshape({-1, x.size(1), x.size(3), x.size(4)}) : x;
}

at::Tensor backToVideo(const at::Tensor& frames, const at::Tensor& like)
{
    if (like.dim() == 4) {
        return frames;
    }
    return frames.view({like.size(0), like.size(2), frames.size(1), frames.size(2), frames.size(3)})
        .permute({0, 2, 1, 3, 4});
}

} // namespace

at::Tensor normSilu(const at::Tensor& x, const at::Tensor& gamma, bool silu)
{
    // 16-bit inputs are normalised in float32 and cast back before the gains, as diffusers does.
    const bool narrow = x.scalar_type() == at::kBFloat16 || x.scalar_type() == at::kHalf;
    const at::Tensor wide = narrow ? x.to(at::kFloat) : x;
    const at::Tensor norm = wide.norm(2, {1}, true).clamp_min(1e-12).expand_as(wide);
    std::vector<std::int64_t> perChannel(static_cast<std::size_t>(x.dim()) - 1, 1);
    perChannel[0] = x.size(1);
    const at::Tensor y =
        wide.div(norm).to(x.scalar_type()) * std::sqrt(static_cast<double>(x.size(1))) * gamma.reshape(perChannel);
    return silu ? at::silu(y) : y;
}

CausalConvStep causalConv(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& history,
    const at::Tensor& weight, const at::Tensor& bias, CausalConvShape shape)
{
    const at::Tensor y = gamma.defined() ? normSilu(x, gamma, true) : x;
    const at::Tensor past = history.defined()
                                ? history
                                : at::zeros({y.size(0), y.size(1), shape.history, y.size(3), y.size(4)}, y.options());
    const at::Tensor joined = at::cat({past, y}, 2);
    const at::Tensor padded = at::constant_pad_nd(
        joined, {weight.size(4) / 2, weight.size(4) / 2, weight.size(3) / 2, weight.size(3) / 2, 0, 0});
    CausalConvStep step;
    step.output = at::conv3d(padded, weight, bias, {shape.timeStride, 1, 1});
    step.tail = joined.narrow(2, joined.size(2) - shape.history, shape.history).clone();
    return step;
}

at::Tensor frameConv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias)
{
    return backToVideo(at::conv2d(perFrame(x), weight, bias, 1, {weight.size(2) / 2, weight.size(3) / 2}), x);
}

at::Tensor upsampleConv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias)
{
    const at::Tensor frames = perFrame(x);
    const at::Tensor large = at::_upsample_nearest_exact2d(frames, {2 * frames.size(2), 2 * frames.size(3)});
    return backToVideo(at::conv2d(large, weight, bias, 1, 1), x);
}

at::Tensor downsampleConv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias)
{
    return backToVideo(at::conv2d(at::constant_pad_nd(perFrame(x), {0, 1, 0, 1}), weight, bias, 2), x);
}

} // namespace reelmend::tensor::stock
