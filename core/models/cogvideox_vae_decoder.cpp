#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/models/cogvideox_vae.h"
#include "core/models/cogvideox_vae_blocks.h"

namespace reelmend::models {

namespace {

using namespace cogvideox;

struct UpLevel {
    std::vector<ResidualBlock> blocks;
    std::optional<Conv> up;
    bool temporal = false;
    int inputChannels = 0, channels = 0;
};

class CogVideoXDecoder final : public CausalDecoder {
public:
    explicit CogVideoXDecoder(const CogVideoXVaeConfig& config)
        : traits_(config.traits())
        , temporalLevels_(std::min(config.temporalLevels, config.levels() - 1))
        , stem_(conv3d(config.latentChannels, config.channels.back(), 3, 3))
        , normOut_(makeNorm(config, config.channels.front(), config.latentChannels))
        , convOut_(conv3d(config.channels.front(), config.frameChannels, 3, 3))
    {
        int channels = config.channels.back();
        for (int i = 0; i < 2; ++i) {
            middle_.emplace_back(config, channels, channels, config.latentChannels);
        }
        for (int level = config.levels() - 1; level >= 0; --level) {
            UpLevel& up = levels_.emplace_back();
            up.inputChannels = channels;
            up.channels = config.channels[static_cast<std::size_t>(level)];
            for (int i = 0; i <= config.residualBlocks; ++i) {
                up.blocks.emplace_back(config, channels, up.channels, config.latentChannels);
                channels = up.channels;
            }
            if (level > 0) {
                up.up = conv2d(channels, channels, 3);
                up.temporal = config.levels() - 1 - level < temporalLevels_;
            }
        }
        if (config.postQuantConvolution) {
            postQuant_ = conv3d(config.latentChannels, config.latentChannels, 1, 1);
        }
        slots_ = makeSlots(config);
    }

    const CodecTraits& traits() const override { return traits_; }
    std::vector<CacheSlot> cacheSlots() const override { return slots_; }

    std::vector<GroupSpan> groups(std::int64_t latentFrames) const override
    {
        if (latentFrames < 1) {
            throw base::Error(base::ErrorKind::kUsage, "An empty latent cannot be decoded.");
        }
        std::vector<GroupSpan> groups;
        std::int64_t frame = 0;
        for (const auto latents : cogVideoXGroups(latentFrames, traits_.latentsPerGroup)) {
            const std::int64_t frames = cogVideoXDoubled(latents.size(), temporalLevels_);
            groups.push_back({latents, {frame, frame + frames}});
            frame += frames;
        }
        return groups;
    }

    DecodeStep decode(const at::Tensor& latents, const Skips& skips, DecoderCache cache) const override
    {
        return decodeLocal(latents, skips, std::move(cache));
    }

    // See Note [Group norms and plans]: the local part is the whole.
    GlobalStep decodeGlobal(const at::Tensor& latents, DecoderCache cache) const override
    {
        CausalCache none;
        none.atStart = false;
        none.slots.resize(slots_.size());
        requireLatents(latents, cache.atStart);
        return {latents, std::move(none)};
    }

    DecodeStep decodeLocal(const at::Tensor& latents, const Skips&, DecoderCache cache) const override
    {
        requireLatents(latents, cache.atStart);
        std::vector<at::Tensor> parts;
        for (const auto group : cogVideoXGroups(latents.size(2), traits_.latentsPerGroup)) {
            CacheCursor cursor(std::move(cache), slots_.size());
            parts.push_back(runGroup(latents.narrow(2, group.begin, group.size()), cursor));
            cache = cursor.finish();
        }
        at::Tensor frames = parts.size() == 1 ? std::move(parts[0]) : at::cat(parts, 2);
        return {std::move(frames), std::move(cache)};
    }

    int localHalo() const override { return -1; }

    void visit(const ParameterVisitor& visitor) override
    {
        if (postQuant_) {
            postQuant_->visit("post_quant_conv", visitor);
        }
        stem_.visit("decoder.conv_in.conv", visitor);
        for (std::size_t i = 0; i < middle_.size(); ++i) {
            middle_[i].visit("decoder.mid_block.resnets." + std::to_string(i), visitor);
        }
        for (std::size_t i = 0; i < levels_.size(); ++i) {
            const std::string prefix = "decoder.up_blocks." + std::to_string(i);
            for (std::size_t j = 0; j < levels_[i].blocks.size(); ++j) {
                levels_[i].blocks[j].visit(prefix + ".resnets." + std::to_string(j), visitor);
            }
            if (levels_[i].up) {
                levels_[i].up->visit(prefix + ".upsamplers.0.conv", visitor);
            }
        }
        normOut_.visit("decoder.norm_out", visitor);
        convOut_.visit("decoder.conv_out.conv", visitor);
    }

    OperatorSet operators() const override { return operators_; }
    void setOperators(OperatorSet set) override { operators_ = set; }

private:
    void requireLatents(const at::Tensor& latents, bool atStart) const
    {
        if (latents.dim() != 5 || latents.size(1) != traits_.latentChannels || latents.size(2) < 1) {
            throw base::Error(base::ErrorKind::kUsage, "These latents cannot be decoded.",
                "Their shape is not [batch, " + std::to_string(traits_.latentChannels) + ", time, height, width].");
        }
        if (!atStart && latents.size(2) % traits_.latentsPerGroup != 0) {
            throw base::Error(base::ErrorKind::kUsage,
                std::to_string(latents.size(2)) + " latents cannot be decoded in one later step.",
                "After the first step of a shot this model decodes latents in twos.");
        }
    }

    at::Tensor runGroup(const at::Tensor& given, CacheCursor& cursor) const
    {
        const at::Tensor latent = postQuant_ ? pointwise(given, *postQuant_, operators_)
                                  : operators_ == OperatorSet::kLean
                                      ? given.contiguous(at::MemoryFormat::ChannelsLast3d)
                                      : given;
        at::Tensor x = causal(latent, nullptr, {}, stem_, cursor, operators_);
        for (const auto& block : middle_) {
            x = block.forward(std::move(x), latent, cursor, operators_);
        }
        for (const auto& level : levels_) {
            for (const auto& block : level.blocks) {
                x = block.forward(std::move(x), latent, cursor, operators_);
            }
            if (level.up) {
                x = upsample(x, *level.up, level.temporal, operators_);
            }
        }
        return causal(x, &normOut_, latent, convOut_, cursor, operators_);
    }

    std::vector<CacheSlot> makeSlots(const CogVideoXVaeConfig& config) const
    {
        std::vector<CacheSlot> slots;
        const int stem = config.channels.back();
        slots.push_back({"decoder.conv_in", config.latentChannels, 2, 1, false});
        addResidualSlots(slots, "decoder.mid_block.resnets.0", stem, stem, 1, false);
        addResidualSlots(slots, "decoder.mid_block.resnets.1", stem, stem, 1, false);
        int scale = 1;
        for (std::size_t i = 0; i < levels_.size(); ++i) {
            const UpLevel& level = levels_[i];
            int channels = level.inputChannels;
            for (std::size_t j = 0; j < level.blocks.size(); ++j) {
                addResidualSlots(slots, "decoder.up_blocks." + std::to_string(i) + ".resnets." + std::to_string(j),
                    channels, level.channels, scale, false);
                channels = level.channels;
            }
            scale *= level.up ? 2 : 1;
        }
        slots.push_back({"decoder.conv_out", levels_.back().channels, 2, scale, false});
        return slots;
    }

    CodecTraits traits_;
    int temporalLevels_;
    std::optional<Conv> postQuant_;
    Conv stem_;
    std::vector<ResidualBlock> middle_;
    std::vector<UpLevel> levels_; // latent grid first
    Norm normOut_;
    Conv convOut_;
    std::vector<CacheSlot> slots_;
    OperatorSet operators_ = OperatorSet::kLean;
};

} // namespace

std::unique_ptr<CausalDecoder> makeCogVideoXDecoder(const CogVideoXVaeConfig& config)
{
    return std::make_unique<CogVideoXDecoder>(config);
}

} // namespace reelmend::models
