#include "core/models/wan_transformer_blocks.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <array>
#include <utility>

namespace reelmend::models::wan {

namespace {

// Whether autograd follows what is computed with these.
template <class... Tensors> bool isTracked(const Tensors&... tensors)
{
    return c10::GradMode::is_enabled() && (tensors.requires_grad() || ...);
}

// RMS norm over all channels, then the rotation of each head's pairs, wide; back in x's type.
// [batch, tokens, channels] -> [batch, heads, tokens, channels / heads]
at::Tensor headsOf(
    const at::Tensor& x, const at::Tensor& weight, const at::Tensor& rotary, const BlockSettings& settings)
{
    const std::int64_t batch = x.size(0), tokens = x.size(1), channels = x.size(2);
    const at::Tensor wide = x.to(wideType(x.scalar_type()));
    const at::Tensor scale = (wide.square().mean(-1, true) + settings.epsilon).rsqrt(); // [batch, tokens, 1]
    const at::Tensor gains = weight.to(wide.scalar_type());
    at::Tensor y = wide * scale;
    y = isTracked(y, gains) ? y * gains : y.mul_(gains);
    const std::int64_t each = channels / settings.heads;
    if (rotary.defined()) {
        const at::Tensor pairs = at::view_as_complex(y.view({batch, tokens, settings.heads, each / 2, 2}));
        const at::Tensor turns = rotary.unsqueeze(1); // [tokens, 1, each / 2]
        y = at::view_as_real(isTracked(y) ? pairs * turns : pairs.mul_(turns));
    }
    return y.reshape({batch, tokens, settings.heads, each}).to(x.scalar_type()).transpose(1, 2);
}

at::Tensor activated(at::Tensor x)
{
    return isTracked(x) ? at::gelu(x, "tanh") : at::gelu_(x, "tanh");
}

} // namespace

Linear::Linear(std::int64_t in, std::int64_t out)
    : shape({out, in})
{}

at::Tensor Linear::forward(const at::Tensor& x) const
{
    return at::linear(x.to(weight.scalar_type()), weight, bias);
}

at::Tensor Linear::forwardWide(const at::Tensor& x) const
{
    return at::linear(x, weight.to(x.scalar_type()), bias.to(x.scalar_type()));
}

void Linear::visit(const std::string& prefix, const ParameterVisitor& visitor)
{
    visitor(prefix + ".weight", weight, shape);
    visitor(prefix + ".bias", bias, at::IntArrayRef(shape.data(), 1));
}

at::ScalarType wideType(at::ScalarType type)
{
    return type == at::kDouble ? at::kDouble : at::kFloat;
}

bool isWideParameter(const std::string& name)
{
    return name.find("time_embedder.") != std::string::npos || name.ends_with("scale_shift_table") ||
           name.find(".norm2.") != std::string::npos;
}

at::Tensor modulated(const at::Tensor& x, const at::Tensor& shift, const at::Tensor& scale, double epsilon)
{
    const std::int64_t channels = x.size(2);
    const at::Tensor wide = x.to(wideType(x.scalar_type()));
    if (x.size(0) == 1) { // then they are a LayerNorm's weight and bias
        return at::layer_norm(wide, {channels}, (scale + 1).view({channels}), shift.view({channels}), epsilon)
            .to(x.scalar_type());
    }
    return at::addcmul(shift, at::layer_norm(wide, {channels}, {}, {}, epsilon), scale + 1).to(x.scalar_type());
}

at::Tensor gated(at::Tensor x, const at::Tensor& y, const at::Tensor& gate)
{
    const auto wide = wideType(x.scalar_type());
    if (x.scalar_type() == wide && !isTracked(x, y, gate)) {
        return x.addcmul_(y, gate);
    }
    return at::addcmul(x.to(wide), y.to(wide), gate).to(x.scalar_type());
}

at::Tensor rotations(std::int64_t time, std::int64_t height, std::int64_t width, std::int64_t headChannels,
    const at::TensorOptions& options)
{
    const std::int64_t side = 2 * (headChannels / 6);
    const std::array<std::int64_t, 3> sizes = {time, height, width};
    const std::array<std::int64_t, 3> channels = {headChannels - 2 * side, side, side};
    std::vector<at::Tensor> parts;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const at::Tensor place = at::arange(sizes[axis], at::kDouble);
        const at::Tensor exponents = at::arange(0, channels[axis], 2, at::kDouble) /
                                     static_cast<double>(std::max<std::int64_t>(1, channels[axis]));
        const at::Tensor angles = at::outer(place, at::pow(10000.0, -exponents)); // [size, channels / 2]
        std::vector<std::int64_t> shape = {1, 1, 1, channels[axis] / 2};
        shape[axis] = sizes[axis];
        parts.push_back(
            at::polar(at::ones_like(angles), angles).view(shape).expand({time, height, width, channels[axis] / 2}));
    }
    const auto type =
        c10::typeMetaToScalarType(options.dtype()) == at::kDouble ? at::kComplexDouble : at::kComplexFloat;
    return at::cat(parts, 3).reshape({time * height * width, headChannels / 2}).to(options.device(), type);
}

TokenAttention::TokenAttention(std::int64_t channels)
    : query(channels, channels)
    , key(channels, channels)
    , value(channels, channels)
    , out(channels, channels)
    , queryNorm{{}, {channels}}
    , keyNorm{{}, {channels}}
{}

at::Tensor TokenAttention::forward(
    const at::Tensor& x, const at::Tensor& source, const at::Tensor& rotary, const BlockSettings& settings) const
{
    const at::Tensor q = headsOf(query.forward(x), queryNorm.value, rotary, settings);
    const at::Tensor k = headsOf(key.forward(source), keyNorm.value, rotary, settings);
    const at::Tensor v = value.forward(source)
                             .view({source.size(0), source.size(1), settings.heads, x.size(2) / settings.heads})
                             .transpose(1, 2);
    const at::Tensor seen = at::scaled_dot_product_attention(q, k, v); // [batch, heads, tokens, each]
    return out.forward(seen.transpose(1, 2).reshape(x.sizes()));
}

void TokenAttention::visit(const std::string& prefix, const ParameterVisitor& visitor)
{
    query.visit(prefix + ".to_q", visitor);
    key.visit(prefix + ".to_k", visitor);
    value.visit(prefix + ".to_v", visitor);
    out.visit(prefix + ".to_out.0", visitor);
    queryNorm.visit(prefix + ".norm_q.weight", visitor);
    keyNorm.visit(prefix + ".norm_k.weight", visitor);
}

TokenBlock::TokenBlock(std::int64_t channels, std::int64_t innerChannels, bool crossNorm)
    : modulation{{}, {1, 6, channels}}
    , self(channels)
    , cross(channels)
    , inner(channels, innerChannels)
    , outer(innerChannels, channels)
{
    if (crossNorm) {
        crossWeight = Table{{}, {channels}};
        crossBias = Table{{}, {channels}};
    }
}

at::Tensor TokenBlock::forward(at::Tensor x, const at::Tensor& text, const at::Tensor& time, const at::Tensor& rotary,
    const BlockSettings& settings) const
{
    const auto wide = time.scalar_type();
    const auto rows = (modulation.value.to(wide) + time).chunk(6, 1); // each [batch, 1, channels]
    {
        const at::Tensor normal = modulated(x, rows[0], rows[1], settings.epsilon);
        x = gated(std::move(x), self.forward(normal, normal, rotary, settings), rows[2]);
    }
    {
        at::Tensor normal = x;
        if (crossWeight) {
            normal = at::layer_norm(
                x.to(wide), {x.size(2)}, crossWeight->value.to(wide), crossBias->value.to(wide), settings.epsilon)
                         .to(x.scalar_type());
        }
        const at::Tensor seen = cross.forward(normal, text, {}, settings);
        x = isTracked(x, seen) ? x + seen : x.add_(seen);
    }
    const at::Tensor normal = modulated(x, rows[3], rows[4], settings.epsilon);
    return gated(std::move(x), outer.forward(activated(inner.forward(normal))), rows[5]);
}

void TokenBlock::visit(const std::string& prefix, const ParameterVisitor& visitor)
{
    modulation.visit(prefix + ".scale_shift_table", visitor);
    self.visit(prefix + ".attn1", visitor);
    cross.visit(prefix + ".attn2", visitor);
    if (crossWeight) {
        crossWeight->visit(prefix + ".norm2.weight", visitor);
        crossBias->visit(prefix + ".norm2.bias", visitor);
    }
    inner.visit(prefix + ".ffn.net.0.proj", visitor);
    outer.visit(prefix + ".ffn.net.2", visitor);
    if (projectIn) {
        projectIn->visit(prefix + ".proj_in", visitor);
    }
    if (projectOut) {
        projectOut->visit(prefix + ".proj_out", visitor);
    }
}

} // namespace reelmend::models::wan
