#include "core/models/lite_weights.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/base/error.h"

namespace reelmend::models {

namespace {

using Shape = std::vector<std::int64_t>;

// Walks the layers with names and shapes; what is done with each is the visitor's business.
class Walk {
public:
    Walk(LiteWeights& weights, const ParameterVisitor& visitor)
        : weights_(weights)
        , config_(weights.config)
        , visitor_(visitor)
    {}

    void encoder()
    {
        const auto& c = config_.channels;
        conv("encoder.stem", weights_.stem, kLiteInputChannels * config_.patch * config_.patch, c[0], 3, false);
        for (std::int64_t level = 0; level < config_.levels(); ++level) {
            blocks("encoder.level." + std::to_string(level), weights_.encoderBlocks[level], c[level]);
            if (level + 1 < config_.levels()) {
                conv("encoder.down." + std::to_string(level), weights_.down[level], c[level], c[level + 1], 2, false);
            }
        }
        conv("encoder.latent", weights_.toLatent, kLiteGroupFrames * c.back(), config_.latentChannels, 1, false);
    }

    void transformer()
    {
        const std::int64_t width = config_.latentChannels;
        for (std::int64_t i = 0; i < config_.transformerBlocks; ++i) {
            LiteTransformerBlock& b = weights_.transformer[i];
            const std::string name = "transformer.block." + std::to_string(i);
            conv(name + ".conv1", b.block.conv1, width, width, 3, true);
            conv(name + ".conv2", b.block.conv2, width, width, 3, true);
            norm(name + ".norm1", b.norm1, width);
            linear(name + ".qkv", b.qkv, width, 3 * width, true);
            const std::int64_t places = (2 * kLiteWindow - 1) * (2 * kLiteWindow - 1);
            visitor_(name + ".positions", b.positions, Shape{2, config_.heads, places});
            if (config_.overview) {
                visitor_(name + ".overview", b.overview, Shape{config_.heads});
            }
            linear(name + ".proj", b.proj, width, width, false);
            norm(name + ".norm2", b.norm2, width);
            linear(name + ".mlp1", b.mlp1, width, config_.mlpChannels, true);
            linear(name + ".mlp2", b.mlp2, config_.mlpChannels, width, false);
        }
        if (config_.transformerBlocks > 0) {
            norm("transformer.norm", weights_.velocityNorm, width);
            linear("transformer.velocity", weights_.velocity, width, width, true);
        }
    }

    void decoder()
    {
        const auto& c = config_.channels;
        conv("decoder.latent", weights_.fromLatent, config_.latentChannels, kLiteGroupFrames * c.back(), 1, false);
        for (std::int64_t level = config_.levels() - 1; level >= 0; --level) {
            if (level + 1 < config_.levels()) {
                const std::string name = "decoder.up." + std::to_string(level);
                visitor_(name + ".weight", weights_.up[level].weight, Shape{c[level + 1], c[level], 2, 2});
                visitor_(name + ".bias", weights_.up[level].bias, Shape{c[level]});
            }
            if (config_.skips && level > 0) {
                conv(
                    "decoder.merge." + std::to_string(level), weights_.merge[level], 2 * c[level], c[level], 1, true);
            }
            blocks("decoder.level." + std::to_string(level), weights_.decoderBlocks[level], c[level]);
        }
        conv("decoder.out", weights_.out, c[0], 3 * config_.patch * config_.patch, 3, true);
    }

private:
    void conv(const std::string& name, LiteLayer& l, std::int64_t in, std::int64_t out, std::int64_t side, bool film)
    {
        visitor_(name + ".weight", l.weight, Shape{out, in, side, side});
        rest(name, l, out, film);
    }

    void linear(const std::string& name, LiteLayer& l, std::int64_t in, std::int64_t out, bool film)
    {
        visitor_(name + ".weight", l.weight, Shape{out, in});
        rest(name, l, out, film);
    }

    void rest(const std::string& name, LiteLayer& l, std::int64_t out, bool film)
    {
        visitor_(name + ".bias", l.bias, Shape{out});
        if (film && !weights_.isFolded) {
            visitor_(name + ".film", l.film, Shape{config_.conditions, 2, 2, out});
        } else if (l.film.defined()) { // rows of perSample(): parameters like any other
            visitor_(name + ".film", l.film, Shape{l.film.size(0), 2, out});
        }
    }

    void norm(const std::string& name, LiteNorm& n, std::int64_t channels)
    {
        visitor_(name + ".weight", n.weight, Shape{channels});
        visitor_(name + ".bias", n.bias, Shape{channels});
    }

    void blocks(const std::string& name, std::vector<LiteBlock>& all, std::int64_t channels)
    {
        for (std::size_t i = 0; i < all.size(); ++i) {
            conv(name + ".block." + std::to_string(i) + ".conv1", all[i].conv1, channels, channels, 3, true);
            conv(name + ".block." + std::to_string(i) + ".conv2", all[i].conv2, channels, channels, 3, true);
        }
    }

    LiteWeights& weights_;
    const LiteConfig& config_;
    const ParameterVisitor& visitor_;
};

bool endsWith(const std::string& text, std::string_view end)
{
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

} // namespace

LiteWeights::LiteWeights(LiteConfig sizes)
    : config(std::move(sizes))
{
    config.check();
    const auto levels = static_cast<std::size_t>(config.levels());
    encoderBlocks.resize(levels);
    decoderBlocks.resize(levels);
    down.resize(levels - 1);
    up.resize(levels - 1);
    merge.resize(levels);
    transformer.resize(config.transformerBlocks);
    for (std::size_t level = 0; level < levels; ++level) {
        encoderBlocks[level].resize(config.encoderBlocks[level]);
        decoderBlocks[level].resize(config.decoderBlocks[level]);
    }
}

void LiteWeights::visitEncoder(const ParameterVisitor& visitor)
{
    Walk(*this, visitor).encoder();
}

void LiteWeights::visitTransformer(const ParameterVisitor& visitor)
{
    Walk(*this, visitor).transformer();
}

void LiteWeights::visitDecoder(const ParameterVisitor& visitor)
{
    Walk(*this, visitor).decoder();
}

void LiteWeights::visit(const ParameterVisitor& visitor)
{
    visitEncoder(visitor);
    visitTransformer(visitor);
    visitDecoder(visitor);
}

double LiteWeights::dial(std::int64_t condition, double detail) const
{
    const auto found = balance.find(condition);
    const double middle = found == balance.end() ? 0.5 : found->second;
    return detail < 0.5 ? 2 * detail * middle : middle + (2 * detail - 1) * (1 - middle);
}

void initialise(LiteWeights& weights, std::uint64_t seed)
{
    const at::NoGradGuard noGrad;
    at::Generator generator = at::detail::createCPUGenerator(seed);
    weights.visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef shape) {
        tensor = at::zeros(shape, at::kFloat);
        if (name == "decoder.out.weight" || name == "transformer.velocity.weight") {
            return; // the first step changes nothing
        }
        if (endsWith(name, ".overview")) {
            tensor.fill_(-4); // the overview's sixteen parts start with a twentieth of a window's weight
        } else if (endsWith(name, "norm1.weight") || endsWith(name, "norm2.weight") ||
                   endsWith(name, ".norm.weight")) {
            tensor.fill_(1);
        } else if (endsWith(name, ".weight")) {
            const bool transposed = name.rfind("decoder.up.", 0) == 0;
            const auto fanIn = static_cast<double>(transposed ? shape[0] : tensor.numel() / shape[0]);
            // He's gain before a ReLU; the second layer of every residual branch starts small, as depth needs.
            double gain = endsWith(name, "conv1.weight") || endsWith(name, "mlp1.weight") ? std::sqrt(2.0) : 1.0;
            if (endsWith(name, "conv2.weight") || endsWith(name, "proj.weight") || endsWith(name, "mlp2.weight")) {
                gain = 0.2;
            }
            tensor.normal_(0, gain / std::sqrt(fanIn), generator);
        }
        if (tensor.dim() == 4 && !endsWith(name, ".film")) { // the layout that convolutions want: no copies in a step
            tensor = tensor.contiguous(at::MemoryFormat::ChannelsLast);
        }
    });
}

namespace {

// Applies `layer` to every layer and `norm` to every norm, and casts the position tables.
template <class OnLayer> LiteWeights transformed(const LiteWeights& weights, at::ScalarType dtype, OnLayer&& film)
{
    TORCH_CHECK(!weights.isFolded, "the weights are folded already");
    LiteWeights result = weights;
    const auto fold = [&](LiteLayer& layer) {
        if (layer.film.defined()) {
            film(layer);
        }
        layer.weight = layer.weight.to(dtype);
        if (layer.weight.dim() == 4) {
            layer.weight = layer.weight.contiguous(at::MemoryFormat::ChannelsLast);
        }
        layer.bias = layer.bias.to(dtype);
    };
    const auto foldBlocks = [&](std::vector<std::vector<LiteBlock>>& levels) {
        for (auto& level : levels) {
            for (LiteBlock& block : level) {
                fold(block.conv1);
                fold(block.conv2);
            }
        }
    };
    const auto cast = [&](LiteNorm& norm) {
        norm.weight = norm.weight.to(dtype);
        norm.bias = norm.bias.to(dtype);
    };
    fold(result.stem);
    foldBlocks(result.encoderBlocks);
    for (LiteLayer& layer : result.down) {
        fold(layer);
    }
    fold(result.toLatent);
    for (LiteTransformerBlock& block : result.transformer) {
        fold(block.block.conv1);
        fold(block.block.conv2);
        cast(block.norm1);
        cast(block.norm2);
        fold(block.qkv);
        fold(block.proj);
        fold(block.mlp1);
        fold(block.mlp2);
        block.positions = block.positions.to(dtype);
        if (block.overview.defined()) {
            block.overview = block.overview.to(dtype);
        }
    }
    if (result.config.transformerBlocks > 0) {
        cast(result.velocityNorm);
        fold(result.velocity);
    }
    fold(result.fromLatent);
    for (LiteLayer& layer : result.up) {
        fold(layer);
    }
    for (LiteLayer& layer : result.merge) {
        if (layer.weight.defined()) {
            fold(layer);
        }
    }
    foldBlocks(result.decoderBlocks);
    fold(result.out);
    result.isFolded = true;
    return result;
}

} // namespace

at::Tensor conditionRows(
    const LiteConfig& config, const std::vector<std::int64_t>& conditions, const std::vector<double>& details)
{
    const auto count = static_cast<std::int64_t>(conditions.size());
    TORCH_CHECK(details.size() == conditions.size(), "every sample has one condition and one dial position");
    at::Tensor rows = at::zeros({count, config.conditions, 2}, at::kDouble);
    auto row = rows.accessor<double, 3>();
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t condition = conditions[static_cast<std::size_t>(i)];
        TORCH_CHECK(
            condition >= 0 && condition < config.conditions, "condition ", condition, " of ", config.conditions);
        row[i][condition][0] = 1;
        row[i][condition][1] = details[static_cast<std::size_t>(i)];
    }
    return rows.view({count, -1});
}

LiteWeights adapted(const LiteWeights& weights, std::int64_t condition)
{
    LiteWeights result = weights;
    if (const auto own = result.adapters.find(condition); own != result.adapters.end()) {
        applyLora([&](const ParameterVisitor& visitor) { result.visit(visitor); }, own->second);
    }
    result.adapters.clear();
    return result;
}

LiteWeights folded(const LiteWeights& weights, std::int64_t condition, double detail, at::ScalarType dtype)
{
    const at::Tensor blend = conditionRows(weights.config, {condition}, {detail})
                                 .view({-1})
                                 .to(weights.stem.weight.options().requires_grad(false));
    return transformed(adapted(weights, condition), dtype, [&](LiteLayer& layer) {
        const std::int64_t out = layer.bias.size(0);
        const auto table = layer.film.reshape({-1, 2 * out}); // [conditions * 2, scale and shift]
        const at::Tensor row = at::mv(table.t(), blend).view({2, out});
        const at::Tensor scale = row[0] + 1;
        std::vector<std::int64_t> broadcast(static_cast<std::size_t>(layer.weight.dim()), 1);
        broadcast[0] = -1;
        layer.weight = layer.weight * scale.view(broadcast);
        layer.bias = layer.bias * scale + row[1];
        layer.film.reset();
    });
}

LiteWeights perSample(const LiteWeights& weights, const std::vector<std::int64_t>& conditions,
    const std::vector<double>& details, at::ScalarType dtype)
{
    const bool isMixed = std::ranges::adjacent_find(conditions, std::not_equal_to<>()) != conditions.end();
    const auto hasAdapter = [&](std::int64_t condition) { return weights.adapters.contains(condition); };
    if (isMixed && std::ranges::any_of(conditions, hasAdapter)) {
        throw base::Error(base::ErrorKind::kUsage, "These tasks cannot share a pass of the network.",
            "One of them has an adapter of its own.", "Run or train each of them by itself.");
    }
    return perSample(adapted(weights, conditions.front()), conditionRows(weights.config, conditions, details), dtype);
}

LiteWeights perSample(const LiteWeights& weights, const at::Tensor& rows, at::ScalarType dtype)
{
    TORCH_CHECK(weights.adapters.empty(), "rows do not tell which adapter is meant");
    const at::Tensor blend = rows.to(weights.stem.weight.options().requires_grad(false));
    return transformed(weights, dtype, [&](LiteLayer& layer) {
        const std::int64_t out = layer.bias.size(0);
        layer.film = at::matmul(blend, layer.film.reshape({-1, 2 * out})).view({-1, 2, out}).to(dtype);
    });
}

} // namespace reelmend::models
