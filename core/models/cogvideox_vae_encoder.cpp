#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/models/cogvideox_vae.h"
#include "core/models/cogvideox_vae_blocks.h"

namespace reelmend::models {

namespace {

using namespace cogvideox;

constexpr std::int64_t kFramesAtOnce = 8; // whatever the network makes of them

struct DownLevel {
    std::vector<ResidualBlock> blocks;
    std::optional<Conv> down;
    bool temporal = false;
    int inputChannels = 0, channels = 0;
};

class CogVideoXEncoder final : public CausalEncoder {
public:
    explicit CogVideoXEncoder(const CogVideoXVaeConfig& config)
        : traits_(config.traits())
        , temporalLevels_(std::min(config.temporalLevels, config.levels() - 1))
        , stem_(conv3d(config.frameChannels, config.channels.front(), 3, 3))
        , normOut_(makeNorm(config, config.channels.back(), 0))
        , convOut_(conv3d(config.channels.back(), 2 * config.latentChannels, 3, 3))
    {
        traits_.framesPerGroup = static_cast<int>(kFramesAtOnce);
        traits_.latentsPerGroup = static_cast<int>(cogVideoXHalved(kFramesAtOnce, temporalLevels_));
        int channels = config.channels.front();
        for (int level = 0; level < config.levels(); ++level) {
            DownLevel& down = levels_.emplace_back();
            down.inputChannels = channels;
            down.channels = config.channels[static_cast<std::size_t>(level)];
            for (int i = 0; i < config.residualBlocks; ++i) {
                down.blocks.emplace_back(config, channels, down.channels, 0);
                channels = down.channels;
            }
            if (level + 1 < config.levels()) {
                down.down = conv2d(channels, channels, 3);
                down.temporal = level < temporalLevels_;
            }
        }
        for (int i = 0; i < 2; ++i) {
            middle_.emplace_back(config, channels, channels, 0);
        }
        if (config.quantConvolution) {
            quant_ = conv3d(2 * config.latentChannels, 2 * config.latentChannels, 1, 1);
        }
        slots_ = makeSlots(config);
    }

    const CodecTraits& traits() const override { return traits_; }
    std::vector<CacheSlot> cacheSlots() const override { return slots_; }

    std::vector<GroupSpan> groups(std::int64_t frames) const override
    {
        if (frames < 1) {
            throw base::Error(base::ErrorKind::kUsage, "An empty clip cannot be encoded.");
        }
        std::vector<GroupSpan> groups;
        std::int64_t latent = 0;
        for (const auto range : cogVideoXGroups(frames, kFramesAtOnce)) {
            const std::int64_t latents = cogVideoXHalved(range.size(), temporalLevels_);
            groups.push_back({{latent, latent + latents}, range});
            latent += latents;
        }
        return groups;
    }

    EncodeStep encode(const at::Tensor& frames, EncoderCache cache) const override
    {
        LocalStep local = encodeLocal(frames, std::move(cache));
        return {std::move(local.features), {}, std::move(local.cache)};
    }

    // See Note [Group norms and plans]: the local part is the whole.
    LocalStep encodeLocal(const at::Tensor& frames, EncoderCache cache) const override
    {
        requireFrames(frames, cache.atStart);
        std::vector<at::Tensor> parts;
        for (const auto group : cogVideoXGroups(frames.size(2), kFramesAtOnce)) {
            CacheCursor cursor(std::move(cache), slots_.size());
            parts.push_back(runGroup(frames.narrow(2, group.begin, group.size()), cursor));
            cache = cursor.finish();
        }
        at::Tensor latents = parts.size() == 1 ? std::move(parts[0]) : at::cat(parts, 2);
        return {std::move(latents), {}, std::move(cache)};
    }

    EncodeStep encodeGlobal(const LocalStep& local, EncoderCache) const override
    {
        CausalCache none;
        none.atStart = false;
        none.slots.resize(slots_.size());
        return {local.features, {}, std::move(none)};
    }

    int localHalo() const override { return -1; }

    void visit(const ParameterVisitor& visitor) override
    {
        stem_.visit("encoder.conv_in.conv", visitor);
        for (std::size_t i = 0; i < levels_.size(); ++i) {
            const std::string prefix = "encoder.down_blocks." + std::to_string(i);
            for (std::size_t j = 0; j < levels_[i].blocks.size(); ++j) {
                levels_[i].blocks[j].visit(prefix + ".resnets." + std::to_string(j), visitor);
            }
            if (levels_[i].down) {
                levels_[i].down->visit(prefix + ".downsamplers.0.conv", visitor);
            }
        }
        for (std::size_t i = 0; i < middle_.size(); ++i) {
            middle_[i].visit("encoder.mid_block.resnets." + std::to_string(i), visitor);
        }
        normOut_.visit("encoder.norm_out", visitor);
        convOut_.visit("encoder.conv_out.conv", visitor);
        if (quant_) {
            quant_->visit("quant_conv", visitor);
        }
    }

    OperatorSet operators() const override { return operators_; }
    void setOperators(OperatorSet set) override { operators_ = set; }

private:
    void requireFrames(const at::Tensor& frames, bool atStart) const
    {
        parts::requireFrameSizes(frames, traits_);
        if (!atStart && frames.size(2) % kFramesAtOnce != 0) {
            throw base::Error(base::ErrorKind::kUsage,
                std::to_string(frames.size(2)) + " frames cannot be encoded in one later step.",
                "After the first step of a shot this model encodes frames in eights.");
        }
    }

    at::Tensor runGroup(const at::Tensor& frames, CacheCursor& cursor) const
    {
        at::Tensor x = causal(frames, nullptr, {}, stem_, cursor, operators_);
        for (const auto& level : levels_) {
            for (const auto& block : level.blocks) {
                x = block.forward(std::move(x), {}, cursor, operators_);
            }
            if (level.down) {
                x = downsample(x, *level.down, level.temporal, operators_);
            }
        }
        for (const auto& block : middle_) {
            x = block.forward(std::move(x), {}, cursor, operators_);
        }
        x = causal(x, &normOut_, {}, convOut_, cursor, operators_);
        return quant_ ? pointwise(x, *quant_, operators_) : x;
    }

    std::vector<CacheSlot> makeSlots(const CogVideoXVaeConfig& config) const
    {
        std::vector<CacheSlot> slots;
        int scale = config.spatialStride();
        slots.push_back({"encoder.conv_in", config.frameChannels, 2, scale, false});
        for (std::size_t i = 0; i < levels_.size(); ++i) {
            int channels = levels_[i].inputChannels;
            for (std::size_t j = 0; j < levels_[i].blocks.size(); ++j) {
                addResidualSlots(slots, "encoder.down_blocks." + std::to_string(i) + ".resnets." + std::to_string(j),
                    channels, levels_[i].channels, scale, false);
                channels = levels_[i].channels;
            }
            scale /= levels_[i].down ? 2 : 1;
        }
        const int channels = config.channels.back();
        addResidualSlots(slots, "encoder.mid_block.resnets.0", channels, channels, 1, false);
        addResidualSlots(slots, "encoder.mid_block.resnets.1", channels, channels, 1, false);
        slots.push_back({"encoder.conv_out", channels, 2, 1, false});
        return slots;
    }

    CodecTraits traits_;
    int temporalLevels_;
    Conv stem_;
    std::vector<DownLevel> levels_; // full resolution first
    std::vector<ResidualBlock> middle_;
    Norm normOut_;
    Conv convOut_;
    std::optional<Conv> quant_;
    std::vector<CacheSlot> slots_;
    OperatorSet operators_ = OperatorSet::kLean;
};

} // namespace

std::unique_ptr<CausalEncoder> makeCogVideoXEncoder(const CogVideoXVaeConfig& config)
{
    return std::make_unique<CogVideoXEncoder>(config);
}

} // namespace reelmend::models
