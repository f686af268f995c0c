#include "core/models/cogvideox_blocks.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <utility>

namespace reelmend::models::cogvideox {

namespace {

constexpr double kHeadEpsilon = 1e-6;

Linear linear(std::int64_t in, std::int64_t out, bool hasBias = true)
{
    return {{}, {}, in, out, hasBias};
}

// x (1 + scale) + shift over a range of tokens; scale, shift: [batch, 1, channels].
at::Tensor modulated(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift)
{
    return x * (1 + scale) + shift;
}

// tokens + gate y, the text's and the video's gate each on its part.
at::Tensor gated(at::Tensor tokens, const at::Tensor& y, const ExpertNorm::Result& gates, std::int64_t textTokens)
{
    const std::int64_t videoTokens = tokens.size(1) - textTokens;
    if (!c10::GradMode::is_enabled()) {
        tokens.narrow(1, 0, textTokens).addcmul_(gates.textGate, y.narrow(1, 0, textTokens));
        tokens.narrow(1, textTokens, videoTokens).addcmul_(gates.videoGate, y.narrow(1, textTokens, videoTokens));
        return tokens;
    }
    return at::cat(
        {tokens.narrow(1, 0, textTokens) + gates.textGate * y.narrow(1, 0, textTokens),
            tokens.narrow(1, textTokens, videoTokens) + gates.videoGate * y.narrow(1, textTokens, videoTokens)},
        1);
}

// [batch, tokens, heads, channels]: the video's tokens turned, in float32 or better.
at::Tensor rotated(const at::Tensor& x, const at::Tensor& rotary, std::int64_t textTokens)
{
    if (!rotary.defined()) {
        return x;
    }
    const std::int64_t videoTokens = x.size(1) - textTokens;
    const auto type = at::toRealValueType(rotary.scalar_type());
    const at::Tensor pairs =
        x.narrow(1, textTokens, videoTokens).to(type).reshape({x.size(0), videoTokens, x.size(2), x.size(3) / 2, 2});
    const at::Tensor turned = at::view_as_real(at::view_as_complex(pairs) * rotary)
                                  .reshape({x.size(0), videoTokens, x.size(2), x.size(3)})
                                  .to(x.scalar_type());
    return at::cat({x.narrow(1, 0, textTokens), turned}, 1);
}

} // namespace

at::Tensor Linear::forward(const at::Tensor& x) const
{
    return at::linear(x, weight, bias);
}

void Linear::visit(const std::string& prefix, const ParameterVisitor& visitor)
{
    visitor(prefix + ".weight", weight, {out, in});
    if (hasBias) {
        visitor(prefix + ".bias", bias, {out});
    }
}

at::Tensor LayerNorm::forward(const at::Tensor& x) const
{
    return at::layer_norm(x, channels, weight, bias, epsilon);
}

void LayerNorm::visit(const std::string& prefix, const ParameterVisitor& visitor)
{
    if (affine) {
        visitor(prefix + ".weight", weight, {channels});
        visitor(prefix + ".bias", bias, {channels});
    }
}

ExpertNorm::Result ExpertNorm::forward(
    const at::Tensor& tokens, const at::Tensor& time, std::int64_t textTokens) const
{
    const auto rows = linear.forward(at::silu(time)).unsqueeze(1).chunk(6, 2);
    const at::Tensor normal = norm.forward(tokens);
    const std::int64_t videoTokens = tokens.size(1) - textTokens;
    const at::Tensor text = normal.narrow(1, 0, textTokens), video = normal.narrow(1, textTokens, videoTokens);
    if (!c10::GradMode::is_enabled()) {
        text.mul_(1 + rows[4]).add_(rows[3]);
        video.mul_(1 + rows[1]).add_(rows[0]);
        return {normal, rows[2], rows[5]};
    }
    return {at::cat({modulated(text, rows[4], rows[3]), modulated(video, rows[1], rows[0])}, 1), rows[2], rows[5]};
}

void ExpertNorm::visit(const std::string& prefix, const ParameterVisitor& visitor)
{
    linear.visit(prefix + ".linear", visitor);
    norm.visit(prefix + ".norm", visitor);
}

Block::Block(const CogVideoXConfig& config)
    : heads(config.heads)
    , tanhGelu(config.tanhGelu)
{
    const std::int64_t channels = config.channels();
    for (ExpertNorm* norm : {&norm1, &norm2}) {
        norm->linear = linear(config.timeChannels, 6 * channels);
        norm->norm = {{}, {}, channels, config.epsilon, config.affineNorms};
    }
    for (Linear* projection : {&query, &key, &value}) {
        *projection = linear(channels, channels, config.attentionBias);
    }
    attentionOut = linear(channels, channels);
    queryNorm = keyNorm = {{}, {}, config.headChannels, kHeadEpsilon, true};
    feedIn = linear(channels, config.ffnChannels);
    feedOut = linear(config.ffnChannels, channels);
}

at::Tensor Block::forward(
    at::Tensor tokens, const at::Tensor& time, const at::Tensor& rotary, std::int64_t textTokens) const
{
    const std::int64_t batch = tokens.size(0), count = tokens.size(1), channels = tokens.size(2);
    ExpertNorm::Result given = norm1.forward(tokens, time, textTokens);
    const auto perHead = [&](const at::Tensor& x) { return x.view({batch, count, heads, channels / heads}); };
    const at::Tensor q = rotated(queryNorm.forward(perHead(query.forward(given.tokens))), rotary, textTokens);
    const at::Tensor k = rotated(keyNorm.forward(perHead(key.forward(given.tokens))), rotary, textTokens);
    const at::Tensor v = perHead(value.forward(given.tokens));
    at::Tensor y = at::scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2));
    y = attentionOut.forward(y.transpose(1, 2).reshape({batch, count, channels}));
    tokens = gated(std::move(tokens), y, given, textTokens);
    given = norm2.forward(tokens, time, textTokens);
    y = feedOut.forward(at::gelu(feedIn.forward(given.tokens), tanhGelu ? "tanh" : "none"));
    return gated(std::move(tokens), y, given, textTokens);
}

void Block::visit(const std::string& prefix, const ParameterVisitor& visitor)
{
    norm1.visit(prefix + ".norm1", visitor);
    queryNorm.visit(prefix + ".attn1.norm_q", visitor);
    keyNorm.visit(prefix + ".attn1.norm_k", visitor);
    query.visit(prefix + ".attn1.to_q", visitor);
    key.visit(prefix + ".attn1.to_k", visitor);
    value.visit(prefix + ".attn1.to_v", visitor);
    attentionOut.visit(prefix + ".attn1.to_out.0", visitor);
    norm2.visit(prefix + ".norm2", visitor);
    feedIn.visit(prefix + ".ff.net.0.proj", visitor);
    feedOut.visit(prefix + ".ff.net.2", visitor);
}

} // namespace reelmend::models::cogvideox
