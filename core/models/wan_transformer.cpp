#include "core/models/wan_transformer.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <array>
#include <utility>

#include "core/base/error.h"
#include "core/models/wan_transformer_blocks.h"
#include "core/tensor/recompute.h"

namespace reelmend::models {

namespace {

using namespace wan;

// Tokens of a clip: [time, height, width] of whole patches.
using Grid = std::array<std::int64_t, 3>;

base::Error usage(std::string what, std::string why, std::string hint = {})
{
    return base::Error(base::ErrorKind::kUsage, std::move(what), std::move(why), std::move(hint));
}

// [batch, channels, time, height, width], each axis repeated at its end up to a multiple of the patch.
at::Tensor wholePatches(at::Tensor x, const std::array<int, 3>& patch)
{
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const auto dim = static_cast<std::int64_t>(axis + 2);
        const std::int64_t missing = (patch[axis] - x.size(dim) % patch[axis]) % patch[axis];
        if (missing > 0) {
            std::vector<std::int64_t> shape = x.sizes().vec();
            shape[axis + 2] = missing;
            x = at::cat({x, x.narrow(dim, x.size(dim) - 1, 1).expand(shape)}, dim);
        }
    }
    return x;
}

// The convolution whose stride is its kernel, as a matrix product: one row for each patch.
struct PatchEmbedding {
    at::Tensor weight, bias;
    std::vector<std::int64_t> shape; // [channels, in, time, height, width]

    PatchEmbedding(std::int64_t in, std::int64_t channels, const std::array<int, 3>& patch)
        : shape({channels, in, patch[0], patch[1], patch[2]})
    {}

    // [batch, in, time, height, width] -> [batch, tokens, channels]
    at::Tensor forward(const at::Tensor& x) const
    {
        const std::int64_t batch = x.size(0), in = x.size(1);
        const Grid grid = {x.size(2) / shape[2], x.size(3) / shape[3], x.size(4) / shape[4]};
        const at::Tensor rows =
            x.to(weight.scalar_type())
                .reshape({batch, in, grid[0], shape[2], grid[1], shape[3], grid[2], shape[4]})
                .permute({0, 2, 4, 6, 1, 3, 5, 7})
                .reshape({batch, grid[0] * grid[1] * grid[2], in * shape[2] * shape[3] * shape[4]});
        return at::linear(rows, weight.reshape({shape[0], -1}), bias);
    }

    void visit(const std::string& prefix, const ParameterVisitor& visitor)
    {
        visitor(prefix + ".weight", weight, shape);
        visitor(prefix + ".bias", bias, at::IntArrayRef(shape.data(), 1));
    }
};

class WanTransformer final : public Denoiser {
public:
    explicit WanTransformer(const WanTransformerConfig& config)
        : config_(config)
        , traits_(config.traits())
        , settings_{config.heads, config.epsilon}
        , patches_(config.inputChannels, config.channels(), config.patch)
        , time1_(config.frequencies, config.channels())
        , time2_(config.channels(), config.channels())
        , timeProjection_(config.channels(), 6 * static_cast<std::int64_t>(config.channels()))
        , text1_(config.textChannels, config.channels())
        , text2_(config.channels(), config.channels())
        , modulation_{{}, {1, 2, config.channels()}}
        , out_(config.channels(),
              static_cast<std::int64_t>(config.outputChannels) * config.patch[0] * config.patch[1] * config.patch[2])
    {
        const std::int64_t channels = config.channels();
        for (int i = 0; i < config.layers; ++i) {
            blocks_.emplace_back(channels, config.ffnChannels, config.crossNorm);
        }
        if (config.isVace()) {
            contextPatches_.emplace(config.contextChannels, channels, config.patch);
        }
        for (std::size_t i = 0; i < config.vaceLayers.size(); ++i) {
            TokenBlock& block = sideBlocks_.emplace_back(channels, config.ffnChannels, config.crossNorm);
            block.projectOut.emplace(channels, channels);
            if (i == 0) {
                block.projectIn.emplace(channels, channels);
            }
        }
    }

    const DenoiserTraits& traits() const override { return traits_; }
    plan::DenoiserFootprint footprint() const override { return wanTransformerFootprint(config_); }
    void setActivations(Activations activations) override { activations_ = activations; }

    DenoiseStep predict(const at::Tensor& latents, const Conditioning& given, CausalCache) const override
    {
        requireInputs(latents, given);
        const at::Tensor whole = wholePatches(latents, config_.patch);
        const Grid grid = {
            whole.size(2) / config_.patch[0], whole.size(3) / config_.patch[1], whole.size(4) / config_.patch[2]};
        at::Tensor x = patches_.forward(whole);
        const auto wide = wideType(x.scalar_type());
        const at::Tensor time = timeOf(given.timestep, latents.size(0), wide, x.device());
        Shared shared;
        shared.time = timeProjection_.forwardWide(at::silu(time)).view({time.size(0), 6, config_.channels()});
        shared.text = text2_.forward(at::gelu(text1_.forward(given.text), "tanh"));
        shared.rotary =
            rotations(grid[0], grid[1], grid[2], config_.headChannels, at::TensorOptions(x.device()).dtype(wide));

        at::Tensor side; // VACE's own stream of tokens
        if (config_.isVace()) {
            side = contextPatches_->forward(wholePatches(given.context, config_.patch));
            side = sideBlocks_.front().projectIn->forward(side) + x;
        }
        std::size_t next = 0;
        for (std::size_t i = 0; i < blocks_.size(); ++i) {
            if (given.control) {
                given.control->checkpoint();
            }
            at::Tensor hint;
            if (next < sideBlocks_.size() && config_.vaceLayers[next] == static_cast<int>(i)) {
                side = run(sideBlocks_[next], std::move(side), shared);
                hint = scaledHint(sideBlocks_[next].projectOut->forward(side), given.contextScale, next);
                ++next;
            }
            x = run(blocks_[i], std::move(x), shared);
            if (hint.defined()) {
                x = x + hint;
            }
        }
        const auto rows = (modulation_.value.to(wide) + time.unsqueeze(1)).chunk(2, 1);
        x = out_.forward(modulated(x, rows[0], rows[1], config_.epsilon));
        x = unpatched(x, grid);
        return {x.narrow(2, 0, latents.size(2)).narrow(3, 0, latents.size(3)).narrow(4, 0, latents.size(4)), {}};
    }

    void visit(const ParameterVisitor& visitor) override
    {
        patches_.visit("patch_embedding", visitor);
        if (contextPatches_) {
            contextPatches_->visit("vace_patch_embedding", visitor);
        }
        time1_.visit("condition_embedder.time_embedder.linear_1", visitor);
        time2_.visit("condition_embedder.time_embedder.linear_2", visitor);
        timeProjection_.visit("condition_embedder.time_proj", visitor);
        text1_.visit("condition_embedder.text_embedder.linear_1", visitor);
        text2_.visit("condition_embedder.text_embedder.linear_2", visitor);
        for (std::size_t i = 0; i < blocks_.size(); ++i) {
            blocks_[i].visit("blocks." + std::to_string(i), visitor);
        }
        for (std::size_t i = 0; i < sideBlocks_.size(); ++i) {
            sideBlocks_[i].visit("vace_blocks." + std::to_string(i), visitor);
        }
        modulation_.visit("scale_shift_table", visitor);
        out_.visit("proj_out", visitor);
    }

private:
    struct Shared { // what all blocks are given
        at::Tensor text, time, rotary;
    };

    void requireInputs(const at::Tensor& latents, const Conditioning& given) const
    {
        const char* const what = "The transformer cannot take these inputs.";
        if (latents.dim() != 5 || latents.size(1) != config_.inputChannels || latents.numel() == 0) {
            throw usage(what,
                "Its latents are not [batch, " + std::to_string(config_.inputChannels) + ", time, height, width].");
        }
        const std::int64_t batch = latents.size(0);
        if (!given.timestep.defined() || (given.timestep.numel() != 1 && given.timestep.numel() != batch)) {
            throw usage(what, "It needs one timestep, or one for each clip of the batch.");
        }
        if (!given.text.defined() || given.text.dim() != 3 || given.text.size(0) != batch || given.text.size(1) < 1 ||
            given.text.size(2) != config_.textChannels) {
            throw usage(what, "Its text is not [batch, tokens, " + std::to_string(config_.textChannels) + "].",
                "Give a prompt embedding that was made for this model.");
        }
        if (!config_.isVace()) {
            return;
        }
        const at::Tensor& context = given.context;
        if (!context.defined() || context.dim() != 5 || context.size(0) != batch ||
            context.size(1) != config_.contextChannels || context.sizes().slice(2) != latents.sizes().slice(2)) {
            throw usage(what, "VACE needs a context [batch, " + std::to_string(config_.contextChannels) +
                                  ", time, height, width] of the latents' size.");
        }
        const std::int64_t scales = given.contextScale.defined() ? given.contextScale.numel() : 1;
        if (scales != 1 && scales != traits_.contextScales) {
            throw usage(what, "There are " + std::to_string(scales) + " scales of the context for " +
                                  std::to_string(traits_.contextScales) + " side blocks.");
        }
    }

    // The embedded timestep, wide: [batch, channels].
    at::Tensor timeOf(const at::Tensor& timestep, std::int64_t batch, at::ScalarType wide, at::Device device) const
    {
        const std::int64_t half = config_.frequencies / 2;
        const at::Tensor rates =
            at::pow(10000.0, at::arange(half, at::kDouble) / -static_cast<double>(std::max<std::int64_t>(1, half)));
        const at::Tensor angles = at::outer(timestep.to(at::kCPU, at::kDouble).reshape({-1}), rates);
        at::Tensor waves = at::cat({angles.cos(), angles.sin()}, 1);
        if (config_.frequencies % 2 != 0) {
            waves = at::constant_pad_nd(waves, {0, 1});
        }
        waves = waves.to(device, wide).expand({batch, config_.frequencies});
        return time2_.forwardWide(at::silu(time1_.forwardWide(waves)));
    }

    at::Tensor run(const TokenBlock& block, at::Tensor x, const Shared& shared) const
    {
        if (activations_ == Activations::kKept || !c10::GradMode::is_enabled()) {
            return block.forward(std::move(x), shared.text, shared.time, shared.rotary, settings_);
        }
        // A copy of the block: adapters may be taken out of the weights before the backward runs.
        TokenBlock held = block;
        std::vector<at::Tensor> parameters;
        held.visit(
            {}, [&](const std::string&, at::Tensor& tensor, at::IntArrayRef) { parameters.push_back(tensor); });
        const auto again = [held, rotary = shared.rotary, settings = settings_](const std::vector<at::Tensor>& in) {
            // A copy of the tokens where the block may write into them.
            const bool isTracked = c10::GradMode::is_enabled() && in[0].requires_grad();
            const at::Tensor tokens = isTracked ? in[0] : in[0].clone();
            return std::vector<at::Tensor>{held.forward(tokens, in[1], in[2], rotary, settings)};
        };
        return tensor::recomputed(again, {std::move(x), shared.text, shared.time}, parameters).front();
    }

    static at::Tensor scaledHint(const at::Tensor& hint, const at::Tensor& scales, std::size_t index)
    {
        if (!scales.defined()) {
            return hint;
        }
        const at::Tensor flat = scales.reshape({-1});
        return hint * flat[flat.size(0) == 1 ? 0 : static_cast<std::int64_t>(index)].to(hint.options());
    }

    // [batch, tokens, patch * outputChannels], channels last -> [batch, outputChannels, time, height, width]
    at::Tensor unpatched(const at::Tensor& x, const Grid& grid) const
    {
        const auto& patch = config_.patch;
        return x.view({x.size(0), grid[0], grid[1], grid[2], patch[0], patch[1], patch[2], config_.outputChannels})
            .permute({0, 7, 1, 4, 2, 5, 3, 6})
            .reshape({x.size(0), config_.outputChannels, grid[0] * patch[0], grid[1] * patch[1], grid[2] * patch[2]});
    }

    WanTransformerConfig config_;
    DenoiserTraits traits_;
    BlockSettings settings_;
    PatchEmbedding patches_;
    std::optional<PatchEmbedding> contextPatches_;
    Linear time1_, time2_, timeProjection_, text1_, text2_;
    std::vector<TokenBlock> blocks_, sideBlocks_;
    Table modulation_; // [1, 2, channels]: shift, scale before the last layer
    Linear out_;
    Activations activations_ = Activations::kKept;
};

} // namespace

std::unique_ptr<Denoiser> makeWanTransformer(const WanTransformerConfig& config)
{
    return std::make_unique<WanTransformer>(config);
}

} // namespace reelmend::models
