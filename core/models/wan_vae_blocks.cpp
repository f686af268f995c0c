#include "core/models/wan_vae_blocks.h"

#include <ATen/ATen.h>

#include "core/tensor/ops.h"

namespace reelmend::models::wan {

namespace {

tensor::CausalConvStep causalStep(const at::Tensor& x, const at::Tensor& gamma, const at::Tensor& history,
    const Conv& conv, OperatorSet ops, tensor::CausalConvShape shape = {})
{
    return ops == OperatorSet::kLean ? tensor::causalConv(x, gamma, history, conv.weight, conv.bias, shape)
                                     : tensor::stock::causalConv(x, gamma, history, conv.weight, conv.bias, shape);
}

// a + b; into a's memory, which nobody needs any more. (In place on a view, autograd would rewrite the view's
// history.)
at::Tensor sum(at::Tensor a, const at::Tensor& b, OperatorSet ops)
{
    return ops == OperatorSet::kLean && !(a.requires_grad() && a.is_view()) ? a.add_(b) : a + b;
}

// [batch, 2 C, T, h, w] -> [batch, C, 2 T, h, w]: the first half of the channels is the earlier frame of each pair.
at::Tensor interleavedHalves(const at::Tensor& x)
{
    const std::int64_t channels = x.size(1) / 2;
    return at::stack({x.narrow(1, 0, channels), x.narrow(1, channels, channels)}, 3)
        .reshape({x.size(0), channels, 2 * x.size(2), x.size(3), x.size(4)});
}

} // namespace

void Norm::visit(const std::string& prefix, const ParameterVisitor& visitor)
{
    visitor(prefix + ".gamma", gamma, shape);
}

Norm norm3d(int channels)
{
    return {{}, {channels, 1, 1, 1}};
}

Norm norm2d(int channels)
{
    return {{}, {channels, 1, 1}};
}

at::Tensor causal(const at::Tensor& x, const Norm* norm, const Conv& conv, CacheCursor& cache, OperatorSet ops)
{
    auto step = causalStep(x, norm ? norm->gamma : at::Tensor(), cache.take(), conv, ops);
    cache.put(std::move(step.tail));
    return std::move(step.output);
}

at::Tensor pointwise(const at::Tensor& x, const Conv& conv, OperatorSet ops)
{
    const at::Tensor weight = conv.weight.dim() == 5 ? conv.weight.select(2, 0) : conv.weight;
    return ops == OperatorSet::kLean ? tensor::frameConv(x, weight, conv.bias)
                                     : tensor::stock::frameConv(x, weight, conv.bias);
}

ResidualBlock::ResidualBlock(int in, int out)
    : norm1(norm3d(in))
    , norm2(norm3d(out))
    , conv1(conv3d(in, out, 3, 3))
    , conv2(conv3d(out, out, 3, 3))
{
    if (in != out) {
        shortcut = conv3d(in, out, 1, 1);
    }
}

at::Tensor ResidualBlock::forward(at::Tensor x, CacheCursor& cache, OperatorSet ops) const
{
    const at::Tensor h = causal(x, &norm1, conv1, cache, ops);
    if (shortcut) {
        x = pointwise(x, *shortcut, ops);
    }
    return sum(causal(h, &norm2, conv2, cache, ops), x, ops);
}

void ResidualBlock::visit(const std::string& prefix, const ParameterVisitor& visitor)
{
    norm1.visit(prefix + ".norm1", visitor);
    conv1.visit(prefix + ".conv1", visitor);
    norm2.visit(prefix + ".norm2", visitor);
    conv2.visit(prefix + ".conv2", visitor);
    if (shortcut) {
        shortcut->visit(prefix + ".conv_shortcut", visitor);
    }
}

Attention::Attention(int channels)
    : norm(norm2d(channels))
    , qkv(conv2d(channels, 3 * channels, 1))
    , projection(conv2d(channels, channels, 1))
{}

at::Tensor Attention::forward(const at::Tensor& x, OperatorSet ops) const
{
    const std::int64_t batch = x.size(0), channels = x.size(1), time = x.size(2), height = x.size(3),
                       width = x.size(4);
    const at::Tensor normal = ops == OperatorSet::kLean ? tensor::normSilu(x, norm.gamma, false)
                                                        : tensor::stock::normSilu(x, norm.gamma, false);
    const at::Tensor joined =
        pointwise(normal, qkv, ops).permute({0, 2, 3, 4, 1}).reshape({batch * time, 1, height * width, 3 * channels});
    const auto parts = joined.chunk(3, 3);
    const at::Tensor seen = at::scaled_dot_product_attention(parts[0], parts[1], parts[2]); // [b t, 1, h w, C]
    const at::Tensor back = seen.reshape({batch, time, height, width, channels}).permute({0, 4, 1, 2, 3});
    return sum(pointwise(back, projection, ops), x, ops);
}

void Attention::visit(const std::string& prefix, const ParameterVisitor& visitor)
{
    norm.visit(prefix + ".norm", visitor);
    qkv.visit(prefix + ".to_qkv", visitor);
    projection.visit(prefix + ".proj", visitor);
}

MiddleBlock::MiddleBlock(int channels)
    : first(channels, channels)
    , second(channels, channels)
    , attention(channels)
{}

at::Tensor MiddleBlock::forward(at::Tensor x, CacheCursor& cache, OperatorSet ops) const
{
    x = first.forward(std::move(x), cache, ops);
    x = attention.forward(x, ops);
    return second.forward(std::move(x), cache, ops);
}

void MiddleBlock::visit(const std::string& prefix, const ParameterVisitor& visitor)
{
    first.visit(prefix + ".resnets.0", visitor);
    attention.visit(prefix + ".attentions.0", visitor);
    second.visit(prefix + ".resnets.1", visitor);
}

Upsample::Upsample(int channels, bool temporal)
    : resample(conv2d(channels, channels / 2, 3))
{
    if (temporal) {
        timeConv = conv3d(channels, 2 * channels, 3, 1);
    }
}

at::Tensor Upsample::inTime(const at::Tensor& x, CacheCursor& cache, OperatorSet ops) const
{
    if (!timeConv) {
        return x;
    }
    if (!cache.atStart()) {
        auto step = causalStep(x, {}, cache.take(), *timeConv, ops);
        cache.put(std::move(step.tail));
        return interleavedHalves(step.output);
    }
    if (x.size(2) == 1) {
        cache.put({});
        return x;
    }
    auto step = causalStep(x.narrow(2, 1, x.size(2) - 1), {}, {}, *timeConv, ops);
    cache.put(std::move(step.tail));
    return at::cat({x.narrow(2, 0, 1), interleavedHalves(step.output)}, 2);
}

at::Tensor Upsample::inSpace(const at::Tensor& x, OperatorSet ops) const
{
    return ops == OperatorSet::kLean ? tensor::upsampleConv(x, resample.weight, resample.bias)
                                     : tensor::stock::upsampleConv(x, resample.weight, resample.bias);
}

void Upsample::visit(const std::string& prefix, const ParameterVisitor& visitor)
{
    resample.visit(prefix + ".resample.1", visitor);
    if (timeConv) {
        timeConv->visit(prefix + ".time_conv", visitor);
    }
}

Downsample::Downsample(int channels, bool temporal)
    : resample(conv2d(channels, channels, 3))
{
    if (temporal) {
        timeConv = conv3d(channels, channels, 3, 1);
    }
}

at::Tensor Downsample::inSpace(const at::Tensor& x, OperatorSet ops) const
{
    return ops == OperatorSet::kLean ? tensor::downsampleConv(x, resample.weight, resample.bias)
                                     : tensor::stock::downsampleConv(x, resample.weight, resample.bias);
}

at::Tensor Downsample::inTime(const at::Tensor& x, CacheCursor& cache, OperatorSet ops) const
{
    if (!timeConv) {
        return x;
    }
    const tensor::CausalConvShape shape{1, 2};
    if (!cache.atStart()) {
        auto step = causalStep(x, {}, cache.take(), *timeConv, ops, shape);
        cache.put(std::move(step.tail));
        return std::move(step.output);
    }
    const at::Tensor head = x.narrow(2, 0, 1);
    if (x.size(2) == 1) {
        cache.put(head.clone(at::MemoryFormat::ChannelsLast3d));
        return x;
    }
    auto step = causalStep(x.narrow(2, 1, x.size(2) - 1), {}, head, *timeConv, ops, shape);
    cache.put(std::move(step.tail));
    return at::cat({head, step.output}, 2);
}

void Downsample::visit(const std::string& prefix, const ParameterVisitor& visitor)
{
    resample.visit(prefix + ".resample.1", visitor);
    if (timeConv) {
        timeConv->visit(prefix + ".time_conv", visitor);
    }
}

} // namespace reelmend::models::wan
