#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>

#include "core/base/error.h"
#include "core/models/wan_vae.h"
#include "core/models/wan_vae_blocks.h"

namespace reelmend::models {

namespace {

using namespace wan;

struct DownLevel {
    std::vector<ResidualBlock> blocks;
    std::vector<Attention> attention; // after each block, or none
    std::optional<Downsample> down;
    int inputChannels = 0, channels = 0;
};

constexpr std::int64_t kLargeFrameElements = 1 << 21; // as in the decoder

class WanEncoder final : public CausalEncoder {
public:
    explicit WanEncoder(const WanVaeConfig& config)
        : traits_(config.traits())
        , fusionLevel_(config.fusesFrames ? config.fusionLevel() : -1)
        , stem_(conv3d(config.frameChannels, config.encoderStem, 3, 3))
        , middle_(config.encoderChannels.back())
        , normOut_(norm3d(config.encoderChannels.back()))
        , convOut_(conv3d(config.encoderChannels.back(), 2 * config.latentChannels, 3, 3))
        , quant_(conv3d(2 * config.latentChannels, 2 * config.latentChannels, 1, 1))
    {
        int channels = config.encoderStem;
        for (std::size_t level = 0; level < config.encoderChannels.size(); ++level) {
            DownLevel& down = levels_.emplace_back();
            down.inputChannels = channels;
            down.channels = config.encoderChannels[level];
            for (int i = 0; i < config.residualBlocks; ++i) {
                down.blocks.emplace_back(channels, down.channels);
                channels = down.channels;
                if (config.encoderAttention[level]) {
                    down.attention.emplace_back(channels);
                }
            }
            if (level < config.temporal.size()) {
                down.down.emplace(channels, config.temporal[level]);
            }
        }
        slots_ = makeSlots(config);
    }

    const CodecTraits& traits() const override { return traits_; }
    std::vector<CacheSlot> cacheSlots() const override { return slots_; }

    std::vector<GroupSpan> groups(std::int64_t frames) const override
    {
        const int group = traits_.framesPerGroup;
        if (frames < 1 || (frames - 1) % group != 0) {
            throw base::Error(base::ErrorKind::kUsage, std::to_string(frames) + " frames cannot be encoded.",
                "This autoencoder takes 1, " + std::to_string(1 + group) + ", " + std::to_string(1 + 2 * group) +
                    " and so on frames.",
                "Repeat the last frame until the count fits.");
        }
        std::vector<GroupSpan> groups = {{{0, 1}, {0, 1}}};
        for (std::int64_t i = 1; i < frames; i += group) {
            const std::int64_t latent = groups.back().latents.end;
            groups.push_back({{latent, latent + 1}, {i, i + group}});
        }
        return groups;
    }

    EncodeStep encode(const at::Tensor& frames, EncoderCache cache) const override
    {
        EncoderCache whole;
        whole.atStart = cache.atStart;
        whole.slots.resize(slots_.size());
        for (std::size_t i = localSlots_; i < cache.slots.size(); ++i) {
            whole.slots[i] = std::move(cache.slots[i]);
        }
        LocalStep local = encodeLocal(frames, std::move(cache));
        EncodeStep step = encodeGlobal(local, std::move(whole));
        for (std::size_t i = 0; i < localSlots_; ++i) {
            step.cache.slots[i] = std::move(local.cache.slots[i]);
        }
        return step;
    }

    LocalStep encodeLocal(const at::Tensor& frames, EncoderCache cache) const override
    {
        requireFrames(frames, cache.atStart);
        for (std::size_t i = localSlots_; i < cache.slots.size(); ++i) {
            cache.slots[i] = at::Tensor();
        }
        CacheCursor cursor(std::move(cache), slots_.size());
        const bool atOnce = c10::GradMode::is_enabled() || operators_ == OperatorSet::kStock;
        std::vector<at::Tensor> parts;
        for (std::int64_t t = 0; t < frames.size(2);) {
            const std::int64_t group = atOnce ? frames.size(2) : cursor.atStart() ? 1 : traits_.framesPerGroup;
            cursor.rewind(0);
            parts.push_back(runGroup(frames.narrow(2, t, group), cursor));
            cursor.started();
            t += group;
        }
        at::Tensor features = parts.size() == 1 ? std::move(parts[0]) : at::cat(parts, 2);
        return {std::move(features), fusionLevel_ < 0 ? Skips() : Skips{framesAlone(frames)}, cursor.finish()};
    }

    EncodeStep encodeGlobal(const LocalStep& local, EncoderCache cache) const override
    {
        for (std::size_t i = 0; i < localSlots_ && i < cache.slots.size(); ++i) {
            cache.slots[i] = at::Tensor();
        }
        CacheCursor cursor(std::move(cache), slots_.size(), localSlots_);
        at::Tensor x = middle_.forward(local.features, cursor, operators_);
        x = causal(x, &normOut_, convOut_, cursor, operators_);
        return {pointwise(x, quant_, operators_), local.skips, cursor.finish()};
    }

    int localHalo() const override { return halo_; }

    void visit(const ParameterVisitor& visitor) override
    {
        stem_.visit("encoder.conv_in", visitor);
        int flat = 0;
        const auto next = [&] { return "encoder.down_blocks." + std::to_string(flat++); };
        for (auto& level : levels_) {
            for (std::size_t i = 0; i < level.blocks.size(); ++i) {
                level.blocks[i].visit(next(), visitor);
                if (!level.attention.empty()) {
                    level.attention[i].visit(next(), visitor);
                }
            }
            if (level.down) {
                level.down->visit(next(), visitor);
            }
        }
        middle_.visit("encoder.mid_block", visitor);
        normOut_.visit("encoder.norm_out", visitor);
        convOut_.visit("encoder.conv_out", visitor);
        quant_.visit("quant_conv", visitor);
    }

    OperatorSet operators() const override { return operators_; }
    void setOperators(OperatorSet set) override { operators_ = set; }

private:
    void requireFrames(const at::Tensor& frames, bool atStart) const
    {
        parts::requireFrameSizes(frames, traits_);
        const int group = traits_.framesPerGroup;
        if ((frames.size(2) - (atStart ? 1 : 0)) % group != 0) {
            throw base::Error(base::ErrorKind::kUsage,
                std::to_string(frames.size(2)) + " frames cannot be encoded in one step.",
                atStart
                    ? "The first step of a shot takes 1 frame, or 1 and a multiple of " + std::to_string(group) + "."
                    : "A later step takes a multiple of " + std::to_string(group) + " frames.");
        }
    }

    at::Tensor runGroup(const at::Tensor& frames, CacheCursor& cursor) const
    {
        std::size_t first = 0;
        at::Tensor x = frames;
        // The largest levels frame by frame, up to the first step that joins frames.
        const bool split = !c10::GradMode::is_enabled() && operators_ == OperatorSet::kLean && frames.size(2) > 1 &&
                           stem_.shape[0] * x.size(3) * x.size(4) >= kLargeFrameElements;
        if (split) {
            while (first < levels_.size() && levels_[first].down && !levels_[first].down->timeConv) {
                ++first;
            }
            const std::size_t start = cursor.position();
            std::vector<at::Tensor> parts;
            for (std::int64_t t = 0; t < frames.size(2); ++t) {
                cursor.rewind(start);
                parts.push_back(
                    runLevels(causal(frames.narrow(2, t, 1), nullptr, stem_, cursor, operators_), 0, first, cursor));
            }
            x = at::cat(parts, 2);
        } else {
            x = causal(x, nullptr, stem_, cursor, operators_);
        }
        return runLevels(std::move(x), first, levels_.size(), cursor);
    }

    // Note [Fused frames]: [batch, 3, time, height, width] -> [batch, channels, time, height / scale, width / scale]
    at::Tensor framesAlone(const at::Tensor& frames) const
    {
        std::vector<at::Tensor> parts;
        for (std::int64_t t = 0; t < frames.size(2); ++t) {
            CacheCursor empty({}, slots_.size());
            at::Tensor x = causal(frames.narrow(2, t, 1), nullptr, stem_, empty, operators_);
            const auto level = static_cast<std::size_t>(fusionLevel_);
            x = runLevels(std::move(x), 0, level, empty);
            parts.push_back(runBlocks(levels_[level], std::move(x), empty));
        }
        return at::cat(parts, 2);
    }

    at::Tensor runBlocks(const DownLevel& level, at::Tensor x, CacheCursor& cursor) const
    {
        for (std::size_t j = 0; j < level.blocks.size(); ++j) {
            x = level.blocks[j].forward(std::move(x), cursor, operators_);
            if (!level.attention.empty()) {
                x = level.attention[j].forward(x, operators_);
            }
        }
        return x;
    }

    at::Tensor runLevels(at::Tensor x, std::size_t begin, std::size_t end, CacheCursor& cursor) const
    {
        for (std::size_t i = begin; i < end; ++i) {
            const DownLevel& level = levels_[i];
            x = runBlocks(level, std::move(x), cursor);
            if (level.down) {
                x = level.down->inTime(level.down->inSpace(x, operators_), cursor, operators_);
            }
        }
        return x;
    }

    std::vector<CacheSlot> makeSlots(const WanVaeConfig& config)
    {
        std::vector<CacheSlot> slots;
        int scale = config.spatialStride();
        bool attention = false;
        double reach = 1.0 / scale; // of the local part, in latent cells
        slots.push_back({"encoder.conv_in", config.frameChannels, 2, scale, false});
        int flat = 0;
        for (const auto& level : levels_) {
            int channels = level.inputChannels;
            for (std::size_t j = 0; j < level.blocks.size(); ++j) {
                addResidualSlots(
                    slots, "encoder.down_blocks." + std::to_string(flat++), channels, level.channels, scale, false);
                flat += level.attention.empty() ? 0 : 1;
                attention = attention || !level.attention.empty();
                channels = level.channels;
                reach += 2.0 / scale;
            }
            if (level.down) {
                reach += 2.0 / scale; // the stride-2 kernel sees two pixels further on one side
                scale /= 2;
                if (level.down->timeConv) {
                    slots.push_back({"encoder.down_blocks." + std::to_string(flat) + ".time_conv", level.channels, 1,
                        scale, false});
                }
                ++flat;
            }
        }
        localSlots_ = slots.size();
        const int channels = config.encoderChannels.back();
        addResidualSlots(slots, "encoder.mid_block.resnets.0", channels, channels, 1, true);
        addResidualSlots(slots, "encoder.mid_block.resnets.1", channels, channels, 1, true);
        slots.push_back({"encoder.conv_out", channels, 2, 1, true});
        halo_ = attention ? -1 : static_cast<int>(std::ceil(reach));
        return slots;
    }

    CodecTraits traits_;
    int fusionLevel_; // Note [Fused frames]; -1 = none
    Conv stem_;
    std::vector<DownLevel> levels_; // full resolution first
    MiddleBlock middle_;
    Norm normOut_;
    Conv convOut_, quant_;
    std::vector<CacheSlot> slots_;
    std::size_t localSlots_ = 0;
    int halo_ = 0;
    OperatorSet operators_ = OperatorSet::kLean;
};

} // namespace

std::unique_ptr<CausalEncoder> makeWanEncoder(const WanVaeConfig& config)
{
    return std::make_unique<WanEncoder>(config);
}

} // namespace reelmend::models
