#include "core/models/cogvideox_vae_blocks.h"

#include <ATen/ATen.h>

#include <utility>

#include "core/tensor/group_ops.h"
#include "core/tensor/ops.h"

namespace reelmend::models::cogvideox {

namespace {

// a + b; into a's memory, which nobody needs any more.
at::Tensor sum(at::Tensor a, const at::Tensor& b, OperatorSet ops)
{
    return ops == OperatorSet::kLean && !(a.requires_grad() && a.is_view()) ? a.add_(b) : a + b;
}

tensor::GroupNorm normOf(const Norm& norm, const at::Tensor& latent)
{
    tensor::GroupNorm given;
    given.weight = norm.weight;
    given.bias = norm.bias;
    given.groups = norm.groups;
    given.epsilon = norm.epsilon;
    if (norm.scale) {
        given.latent = latent;
        given.scaleWeight = norm.scale->weight;
        given.scaleBias = norm.scale->bias;
        given.shiftWeight = norm.shift->weight;
        given.shiftBias = norm.shift->bias;
    }
    return given;
}

} // namespace

void Norm::visit(const std::string& prefix, const ParameterVisitor& visitor)
{
    const std::int64_t size = channels;
    const std::string own = scale ? prefix + ".norm_layer" : prefix;
    visitor(own + ".weight", weight, at::IntArrayRef(&size, 1));
    visitor(own + ".bias", bias, at::IntArrayRef(&size, 1));
    if (scale) {
        scale->visit(prefix + ".conv_y.conv", visitor);
        shift->visit(prefix + ".conv_b.conv", visitor);
    }
}

Norm makeNorm(const CogVideoXVaeConfig& config, int channels, int latentChannels)
{
    Norm norm;
    norm.channels = channels;
    norm.groups = config.normGroups;
    if (latentChannels > 0) {
        norm.scale = conv3d(latentChannels, channels, 1, 1);
        norm.shift = conv3d(latentChannels, channels, 1, 1);
    }
    return norm;
}

at::Tensor causal(const at::Tensor& x, const Norm* norm, const at::Tensor& latent, const Conv& conv,
    CacheCursor& cache, OperatorSet ops)
{
    const tensor::GroupNorm given = norm ? normOf(*norm, latent) : tensor::GroupNorm();
    const auto run = ops == OperatorSet::kLean ? tensor::groupCausalConv : tensor::stock::groupCausalConv;
    auto step = run(x, norm ? &given : nullptr, cache.take(), conv.weight, conv.bias);
    cache.put(std::move(step.tail));
    return std::move(step.output);
}

at::Tensor pointwise(const at::Tensor& x, const Conv& conv, OperatorSet ops)
{
    const at::Tensor weight = conv.weight.select(2, 0);
    return ops == OperatorSet::kLean ? tensor::frameConv(x, weight, conv.bias)
                                     : tensor::stock::frameConv(x, weight, conv.bias);
}

ResidualBlock::ResidualBlock(const CogVideoXVaeConfig& config, int in, int out, int latentChannels)
    : norm1(makeNorm(config, in, latentChannels))
    , norm2(makeNorm(config, out, latentChannels))
    , conv1(conv3d(in, out, 3, 3))
    , conv2(conv3d(out, out, 3, 3))
{
    if (latentChannels == 0) {
        norm1.epsilon = norm2.epsilon = config.normEpsilon;
    }
    if (in != out) {
        shortcut = conv3d(in, out, 1, 1);
    }
}

at::Tensor ResidualBlock::forward(at::Tensor x, const at::Tensor& latent, CacheCursor& cache, OperatorSet ops) const
{
    at::Tensor h = causal(x, &norm1, latent, conv1, cache, ops);
    if (shortcut) {
        x = pointwise(x, *shortcut, ops);
    }
    h = causal(h, &norm2, latent, conv2, cache, ops);
    return sum(std::move(h), x, ops);
}

void ResidualBlock::visit(const std::string& prefix, const ParameterVisitor& visitor)
{
    norm1.visit(prefix + ".norm1", visitor);
    conv1.visit(prefix + ".conv1.conv", visitor);
    norm2.visit(prefix + ".norm2", visitor);
    conv2.visit(prefix + ".conv2.conv", visitor);
    if (shortcut) {
        shortcut->visit(prefix + ".conv_shortcut", visitor);
    }
}

at::Tensor upsample(const at::Tensor& x, const Conv& conv, bool temporal, OperatorSet ops)
{
    const auto run = ops == OperatorSet::kLean ? tensor::upsampleConv : tensor::stock::upsampleConv;
    const std::int64_t frames = x.size(2);
    // Each frame becomes two alike, so the convolution in space comes first and the copies after it.
    const at::Tensor large = run(x, conv.weight, conv.bias);
    if (!temporal || frames == 1) {
        return large;
    }
    if (frames % 2 == 0) {
        return large.repeat_interleave(2, 2).contiguous(at::MemoryFormat::ChannelsLast3d);
    }
    return at::cat({large.narrow(2, 0, 1), large.narrow(2, 1, frames - 1).repeat_interleave(2, 2)}, 2)
        .contiguous(at::MemoryFormat::ChannelsLast3d);
}

at::Tensor downsample(const at::Tensor& x, const Conv& conv, bool temporal, OperatorSet ops)
{
    const auto run = ops == OperatorSet::kLean ? tensor::downsampleConv : tensor::stock::downsampleConv;
    const std::int64_t frames = x.size(2);
    at::Tensor halved = x;
    if (temporal && frames > 1) {
        const std::int64_t odd = frames % 2;
        const at::Tensor even = x.slice(2, odd, std::nullopt, 2), later = x.slice(2, odd + 1, std::nullopt, 2);
        halved = (even + later) * 0.5;
        if (odd == 1) {
            halved = at::cat({x.narrow(2, 0, 1), halved}, 2);
        }
    }
    return run(halved, conv.weight, conv.bias);
}

} // namespace reelmend::models::cogvideox
