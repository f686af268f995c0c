#include "core/models/cogvideox_transformer.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/models/cogvideox_blocks.h"
#include "core/models/cogvideox_positions.h"
#include "core/tensor/recompute.h"

namespace reelmend::models {

namespace {

using namespace cogvideox;

base::Error usage(std::string why, std::string hint = {})
{
    return base::Error(base::ErrorKind::kUsage, "The CogVideoX transformer cannot take these inputs.", std::move(why),
        std::move(hint));
}

// The last row and column repeated up to whole tokens.
at::Tensor wholeTokens(at::Tensor x, int patch)
{
    for (const std::int64_t axis : {3, 4}) {
        const std::int64_t missing = (patch - x.size(axis) % patch) % patch;
        if (missing > 0) {
            std::vector<std::int64_t> shape = x.sizes().vec();
            shape[static_cast<std::size_t>(axis)] = missing;
            x = at::cat({x, x.narrow(axis, x.size(axis) - 1, 1).expand(shape)}, axis);
        }
    }
    return x;
}

// A number's sinusoids through two layers.
struct Embedding {
    Linear first, second;

    Embedding(std::int64_t in, std::int64_t out)
        : first{{}, {}, in, out, true}
        , second{{}, {}, out, out, true}
    {}

    at::Tensor forward(const CogVideoXConfig& config, const at::Tensor& numbers, const at::Tensor& like) const
    {
        return second.forward(at::silu(first.forward(waves(config, numbers, first.in).to(like.options()))));
    }
    void visit(const std::string& prefix, const ParameterVisitor& visitor)
    {
        first.visit(prefix + ".linear_1", visitor);
        second.visit(prefix + ".linear_2", visitor);
    }
};

class CogVideoXTransformer final : public Denoiser {
public:
    explicit CogVideoXTransformer(const CogVideoXConfig& config)
        : config_(config)
        , traits_(config.traits())
        , time_(config.channels(), config.timeChannels)
        , text_{{}, {}, config.textChannels, config.channels(), true}
        , normFinal_{{}, {}, config.channels(), config.epsilon, config.affineNorms}
        , modulation_{{}, {}, config.timeChannels, 2 * static_cast<std::int64_t>(config.channels()), true}
        , normOut_{{}, {}, config.channels(), config.epsilon, config.affineNorms}
        , out_{{}, {}, config.channels(), patchCells() * config.outputChannels, true}
    {
        if (config.offsetChannels > 0) {
            offset_.emplace(config.offsetChannels, config.offsetChannels);
        }
        for (int i = 0; i < config.layers; ++i) {
            blocks_.emplace_back(config);
        }
    }

    const DenoiserTraits& traits() const override { return traits_; }
    plan::DenoiserFootprint footprint() const override { return cogVideoXFootprint(config_); }
    void setActivations(Activations activations) override { activations_ = activations; }

    DenoiseStep predict(const at::Tensor& given, const Conditioning& conditions, CausalCache) const override
    {
        requireInputs(given, conditions);
        const std::int64_t frames = given.size(2), tokenFrames = config_.tokenFrames();
        const std::int64_t missing = (tokenFrames - frames % tokenFrames) % tokenFrames;
        at::Tensor x = wholeTokens(given, config_.patch);
        if (missing > 0) {
            x = at::cat({x.narrow(2, 0, 1).expand({-1, -1, missing, -1, -1}), x}, 2);
        }
        const TokenGrid grid = {x.size(2) / tokenFrames, x.size(3) / config_.patch, x.size(4) / config_.patch};
        const std::int64_t textTokens = conditions.text.size(1);
        const at::Tensor time = embeddedTime(conditions, x);
        at::Tensor tokens = at::cat({text_.forward(conditions.text.to(x.options())), embedded(x)}, 1);
        addPositions(tokens, grid, textTokens, x.size(3), x.size(4), x.size(2));
        at::Tensor rotary;
        if (config_.positions != CogVideoXPositions::kSinusoids) {
            const auto type = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
            rotary = rotations(config_, grid, type).to(x.device());
        }
        for (const auto& block : blocks_) {
            if (conditions.control) {
                conditions.control->checkpoint();
            }
            tokens = run(block, std::move(tokens), time, rotary, textTokens);
        }
        at::Tensor video = normFinal_.forward(tokens.narrow(1, textTokens, tokens.size(1) - textTokens));
        const auto rows = modulation_.forward(at::silu(time)).unsqueeze(1).chunk(2, 2); // shift, scale
        video = out_.forward(normOut_.forward(video) * (1 + rows[1]) + rows[0]);
        video = unpatched(video, grid);
        return {video.narrow(2, missing, frames).narrow(3, 0, given.size(3)).narrow(4, 0, given.size(4)), {}};
    }

    void visit(const ParameterVisitor& visitor) override
    {
        const std::int64_t channels = config_.channels(), in = config_.inputChannels, patch = config_.patch;
        if (config_.patchTime == 0) {
            visitor("patch_embed.proj.weight", patchWeight_, {channels, in, patch, patch});
        } else {
            visitor("patch_embed.proj.weight", patchWeight_, {channels, in * patchCells()});
        }
        if (config_.patchBias) {
            visitor("patch_embed.proj.bias", patchBias_, {channels});
        }
        if (config_.positions == CogVideoXPositions::kRotaryLearned) {
            visitor("patch_embed.pos_embedding", learned_, {1, config_.textTokens + sampleTokens(), channels});
        }
        text_.visit("patch_embed.text_proj", visitor);
        time_.visit("time_embedding", visitor);
        if (offset_) {
            offset_->visit("ofs_embedding", visitor);
        }
        for (std::size_t i = 0; i < blocks_.size(); ++i) {
            blocks_[i].visit("transformer_blocks." + std::to_string(i), visitor);
        }
        normFinal_.visit("norm_final", visitor);
        modulation_.visit("norm_out.linear", visitor);
        normOut_.visit("norm_out.norm", visitor);
        out_.visit("proj_out", visitor);
    }

private:
    std::int64_t patchCells() const
    {
        return static_cast<std::int64_t>(config_.patch) * config_.patch * config_.tokenFrames();
    }
    std::int64_t sampleTokens() const
    {
        const std::int64_t frames = (config_.sampleFrames - 1) / config_.temporalRatio + 1;
        return frames * (config_.sampleHeight / config_.patch) * (config_.sampleWidth / config_.patch);
    }

    void requireInputs(const at::Tensor& latents, const Conditioning& given) const
    {
        if (latents.dim() != 5 || latents.size(1) != config_.inputChannels || latents.numel() == 0) {
            throw usage(
                "Its latents are not [batch, " + std::to_string(config_.inputChannels) + ", time, height, width].");
        }
        const std::int64_t batch = latents.size(0);
        if (!given.timestep.defined() || (given.timestep.numel() != 1 && given.timestep.numel() != batch)) {
            throw usage("It needs one timestep, or one for each clip of the batch.");
        }
        if (!given.text.defined() || given.text.dim() != 3 || given.text.size(0) != batch || given.text.size(1) < 1 ||
            given.text.size(2) != config_.textChannels) {
            throw usage("Its text is not [batch, tokens, " + std::to_string(config_.textChannels) + "].",
                "Give a prompt embedding that was made for this model.");
        }
        const std::int64_t offsets = given.offset.defined() ? given.offset.numel() : 0;
        if (offset_ && offsets != 1 && offsets != batch) {
            throw usage(
                "It needs an offset (ofs), one or one for each clip of the batch.", "The released model takes 2.");
        }
        const bool learned = config_.positions == CogVideoXPositions::kRotaryLearned;
        if (learned && (latents.size(3) != config_.sampleHeight || latents.size(4) != config_.sampleWidth)) {
            throw usage("Its table of positions is for latents of " + std::to_string(config_.sampleWidth) + "x" +
                            std::to_string(config_.sampleHeight) + " cells alone.",
                "Scale the clip to that size.");
        }
    }

    // [batch or 1, timeChannels]
    at::Tensor embeddedTime(const Conditioning& given, const at::Tensor& like) const
    {
        at::Tensor time = time_.forward(config_, given.timestep, like);
        if (offset_) {
            time = time + offset_->forward(config_, given.offset, like);
        }
        return time;
    }

    at::Tensor run(const cogvideox::Block& block, at::Tensor tokens, const at::Tensor& time, const at::Tensor& rotary,
        std::int64_t textTokens) const
    {
        if (activations_ == Activations::kKept || !c10::GradMode::is_enabled()) {
            return block.forward(std::move(tokens), time, rotary, textTokens);
        }
        // A copy of the block: adapters may be taken out of the weights before the backward runs.
        cogvideox::Block held = block;
        std::vector<at::Tensor> parameters;
        held.visit(
            {}, [&](const std::string&, at::Tensor& tensor, at::IntArrayRef) { parameters.push_back(tensor); });
        const auto again = [held, rotary, textTokens](const std::vector<at::Tensor>& in) {
            // Without gradient the block writes into its tokens.
            const at::Tensor given = c10::GradMode::is_enabled() ? in[0] : in[0].clone();
            return std::vector<at::Tensor>{held.forward(given, in[1], rotary, textTokens)};
        };
        return tensor::recomputed(again, {std::move(tokens), time}, parameters).front();
    }

    // [batch, in, time, height, width] -> [batch, tokens, channels], as a matrix product over patches
    at::Tensor embedded(const at::Tensor& x) const
    {
        const std::int64_t p = config_.patch, t = config_.tokenFrames(), batch = x.size(0);
        const at::Tensor rows = x.reshape({batch, x.size(1), x.size(2) / t, t, x.size(3) / p, p, x.size(4) / p, p})
                                    .permute({0, 2, 4, 6, 1, 3, 5, 7})
                                    .reshape({batch, -1, x.size(1) * t * p * p});
        return at::linear(rows, patchWeight_.reshape({patchWeight_.size(0), -1}), patchBias_);
    }

    void addPositions(at::Tensor& tokens, const TokenGrid& grid, std::int64_t textTokens, std::int64_t height,
        std::int64_t width, std::int64_t frames) const
    {
        if (config_.positions == CogVideoXPositions::kRotary) {
            return;
        }
        const std::int64_t videoTokens = tokens.size(1) - textTokens;
        at::Tensor table;
        // diffusers takes the learned table for the length it was learned with, and sinusoids for any other.
        const bool isSample = height == config_.sampleHeight && width == config_.sampleWidth &&
                              (frames - 1) * config_.temporalRatio + 1 == config_.sampleFrames;
        if (config_.positions == CogVideoXPositions::kRotaryLearned && isSample && textTokens == config_.textTokens &&
            videoTokens == sampleTokens()) {
            tokens = tokens + learned_.to(tokens.options());
            return;
        }
        table = sinusoids(config_, grid).to(tokens.options());
        tokens = at::cat({tokens.narrow(1, 0, textTokens), tokens.narrow(1, textTokens, videoTokens) + table}, 1);
    }

    // [batch, tokens, out cells of a patch] -> [batch, out, time, height, width]
    at::Tensor unpatched(const at::Tensor& x, const TokenGrid& grid) const
    {
        const std::int64_t p = config_.patch, t = config_.tokenFrames(), out = config_.outputChannels;
        return x.reshape({x.size(0), grid[0], grid[1], grid[2], out, t, p, p})
            .permute({0, 4, 1, 5, 2, 6, 3, 7})
            .reshape({x.size(0), out, grid[0] * t, grid[1] * p, grid[2] * p});
    }

    CogVideoXConfig config_;
    DenoiserTraits traits_;
    at::Tensor patchWeight_, patchBias_, learned_;
    Embedding time_;
    Linear text_;
    std::optional<Embedding> offset_;
    std::vector<cogvideox::Block> blocks_;
    Activations activations_ = Activations::kKept;
    LayerNorm normFinal_;
    Linear modulation_;
    LayerNorm normOut_;
    Linear out_;
};

} // namespace

std::unique_ptr<Denoiser> makeCogVideoXTransformer(const CogVideoXConfig& config)
{
    return std::make_unique<CogVideoXTransformer>(config);
}

} // namespace reelmend::models
