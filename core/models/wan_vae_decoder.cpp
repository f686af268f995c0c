#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>

#include "core/base/error.h"
#include "core/models/wan_vae.h"
#include "core/models/wan_vae_blocks.h"

namespace reelmend::models {

namespace {

using namespace wan;

struct UpLevel {
    std::vector<ResidualBlock> blocks;
    std::optional<Upsample> up;
    int inputChannels = 0, channels = 0;
};

// Without gradient a level this large runs frame by frame, so that only one frame of each tensor is alive; smaller
// ones run their group at once, which spares LibTorch re-ordering the weights for every frame.
constexpr std::int64_t kLargeFrameElements = 1 << 21;

// The frames' own features (Note [Fused frames]), handed out in the order in which frames come by: the finer levels
// may run a few frames at a time, but always forwards.
class FrameCursor {
public:
    explicit FrameCursor(at::Tensor features)
        : features_(std::move(features))
    {}

    at::Tensor take(std::int64_t frames)
    {
        const at::Tensor taken = features_.narrow(2, next_, frames);
        next_ += frames;
        return taken;
    }

private:
    at::Tensor features_; // [batch, channels, time, height, width]
    std::int64_t next_ = 0;
};

class WanDecoder final : public CausalDecoder {
public:
    explicit WanDecoder(const WanVaeConfig& config)
        : traits_(config.traits())
        , postQuant_(conv3d(config.latentChannels, config.latentChannels, 1, 1))
        , stem_(conv3d(config.latentChannels, config.decoderStem, 3, 3))
        , middle_(config.decoderStem)
        , normOut_(norm3d(config.decoderChannels.front()))
        , convOut_(conv3d(config.decoderChannels.front(), config.frameChannels, 3, 3))
    {
        int channels = config.decoderStem;
        for (int level = config.levels() - 1; level >= 0; --level) {
            UpLevel& up = levels_.emplace_back();
            up.inputChannels = channels;
            up.channels = config.decoderChannels[static_cast<std::size_t>(level)];
            for (int i = 0; i <= config.residualBlocks; ++i) {
                up.blocks.emplace_back(channels, up.channels);
                channels = up.channels;
            }
            if (level > 0) {
                up.up.emplace(channels, config.temporal[static_cast<std::size_t>(level) - 1]);
                channels /= 2;
            }
        }
        if (config.fusesFrames) {
            const auto level = static_cast<std::size_t>(config.fusionLevel());
            fusedAt_ = static_cast<std::size_t>(config.levels()) - 1 - level;
            const int own = levels_[fusedAt_].inputChannels;
            fusion_ = conv2d(own + config.encoderChannels[level], own, 3);
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
        for (std::int64_t i = 0; i < latentFrames; ++i) {
            const std::int64_t frames = i == 0 ? 1 : traits_.framesPerGroup;
            groups.push_back({{i, i + 1}, {frame, frame + frames}});
            frame += frames;
        }
        return groups;
    }

    DecodeStep decode(const at::Tensor& latents, const Skips& skips, DecoderCache cache) const override
    {
        DecoderCache local;
        local.atStart = cache.atStart;
        local.slots.resize(slots_.size());
        for (std::size_t i = globalSlots_; i < cache.slots.size(); ++i) {
            local.slots[i] = std::move(cache.slots[i]);
        }
        GlobalStep whole = decodeGlobal(latents, std::move(cache));
        DecodeStep step = decodeLocal(whole.features, skips, std::move(local));
        for (std::size_t i = 0; i < globalSlots_; ++i) {
            step.cache.slots[i] = std::move(whole.cache.slots[i]);
        }
        return step;
    }

    GlobalStep decodeGlobal(const at::Tensor& latents, DecoderCache cache) const override
    {
        if (latents.dim() != 5 || latents.size(1) != traits_.latentChannels || latents.size(2) < 1) {
            throw base::Error(base::ErrorKind::kUsage, "These latents cannot be decoded.",
                "Their shape is not [batch, " + std::to_string(traits_.latentChannels) + ", time, height, width].");
        }
        for (std::size_t i = globalSlots_; i < cache.slots.size(); ++i) {
            cache.slots[i] = at::Tensor();
        }
        CacheCursor cursor(std::move(cache), slots_.size());
        at::Tensor x = pointwise(latents, postQuant_, operators_);
        x = causal(x, nullptr, stem_, cursor, operators_);
        x = middle_.forward(std::move(x), cursor, operators_);
        return {std::move(x), cursor.finish()};
    }

    DecodeStep decodeLocal(const at::Tensor& features, const Skips& skips, DecoderCache cache) const override
    {
        FrameCursor frameFeatures(fusion_ ? requireSkip(features, skips, cache.atStart) : at::Tensor());
        for (std::size_t i = 0; i < globalSlots_ && i < cache.slots.size(); ++i) {
            cache.slots[i] = at::Tensor();
        }
        CacheCursor cursor(std::move(cache), slots_.size(), globalSlots_);
        // With a gradient the step is one graph over all its frames; without, latents are done one after another.
        const bool atOnce = c10::GradMode::is_enabled() || operators_ == OperatorSet::kStock;
        const std::int64_t step = atOnce ? features.size(2) : 1;
        const std::size_t start = cursor.position();
        std::vector<at::Tensor> parts;
        for (std::int64_t t = 0; t < features.size(2); t += step) {
            cursor.rewind(start);
            parts.push_back(runLevel(0, features.narrow(2, t, step), cursor, frameFeatures));
            cursor.started();
        }
        at::Tensor frames = parts.size() == 1 ? std::move(parts[0]) : at::cat(parts, 2);
        return {std::move(frames), cursor.finish()};
    }

    int localHalo() const override { return halo_; }

    void visit(const ParameterVisitor& visitor) override
    {
        postQuant_.visit("post_quant_conv", visitor);
        stem_.visit("decoder.conv_in", visitor);
        middle_.visit("decoder.mid_block", visitor);
        for (std::size_t i = 0; i < levels_.size(); ++i) {
            const std::string prefix = "decoder.up_blocks." + std::to_string(i);
            for (std::size_t j = 0; j < levels_[i].blocks.size(); ++j) {
                levels_[i].blocks[j].visit(prefix + ".resnets." + std::to_string(j), visitor);
            }
            if (levels_[i].up) {
                levels_[i].up->visit(prefix + ".upsamplers.0", visitor);
            }
        }
        normOut_.visit("decoder.norm_out", visitor);
        convOut_.visit("decoder.conv_out", visitor);
        if (fusion_) {
            fusion_->visit("decoder.fusion", visitor);
        }
    }

    OperatorSet operators() const override { return operators_; }
    void setOperators(OperatorSet set) override { operators_ = set; }

private:
    // The features of the step's frames, one for each.
    at::Tensor requireSkip(const at::Tensor& features, const Skips& skips, bool atStart) const
    {
        const std::int64_t frames =
            features.size(2) * traits_.framesPerGroup - (atStart ? traits_.framesPerGroup - 1 : 0);
        const std::int64_t scale = fusionScale();
        const std::vector<std::int64_t> shape = {features.size(0), fusion_->shape[1] - fusion_->shape[0], frames,
            features.size(3) * scale, features.size(4) * scale};
        if (skips.size() != 1 || !skips[0].defined() || skips[0].sizes() != at::IntArrayRef(shape)) {
            throw base::Error(base::ErrorKind::kUsage, "These latents cannot be decoded.",
                "The features of their frames are missing, or are those of another clip.",
                "Hand on what the encoder gave with the latents.");
        }
        return skips[0];
    }

    std::int64_t fusionScale() const { return std::int64_t{1} << fusedAt_; } // each level before it doubled the size

    // Everything from this level to the frames.
    at::Tensor runLevel(std::size_t index, at::Tensor x, CacheCursor& cursor, FrameCursor& frames) const
    {
        const bool split = !c10::GradMode::is_enabled() && operators_ == OperatorSet::kLean && x.size(2) > 1 &&
                           x.size(1) * x.size(3) * x.size(4) >= kLargeFrameElements && !cursor.atStart();
        if (split) {
            const std::size_t start = cursor.position();
            std::vector<at::Tensor> parts;
            for (std::int64_t t = 0; t < x.size(2); ++t) {
                cursor.rewind(start);
                parts.push_back(runLevel(index, x.narrow(2, t, 1), cursor, frames));
            }
            return at::cat(parts, 2);
        }
        if (index == levels_.size()) {
            return causal(x, &normOut_, convOut_, cursor, operators_);
        }
        if (fusion_ && index == fusedAt_) {
            const at::Tensor both = at::cat({x, frames.take(x.size(2)).to(x.scalar_type())}, 1);
            x = x + pointwise(both, *fusion_, operators_);
        }
        const UpLevel& level = levels_[index];
        for (const auto& block : level.blocks) {
            x = block.forward(std::move(x), cursor, operators_);
        }
        if (!level.up) {
            return runLevel(index + 1, std::move(x), cursor, frames);
        }
        x = level.up->inTime(x, cursor, operators_);
        return enlarge(index, std::move(x), cursor, frames);
    }

    // The step in space to the next level, frame by frame where the result would be large.
    at::Tensor enlarge(std::size_t index, at::Tensor x, CacheCursor& cursor, FrameCursor& frames) const
    {
        const UpLevel& level = levels_[index];
        const bool split = !c10::GradMode::is_enabled() && operators_ == OperatorSet::kLean && x.size(2) > 1 &&
                           2 * x.size(1) * x.size(3) * x.size(4) >= kLargeFrameElements && !cursor.atStart();
        if (!split) {
            at::Tensor large = level.up->inSpace(x, operators_);
            x = at::Tensor();
            return runLevel(index + 1, std::move(large), cursor, frames);
        }
        const std::size_t start = cursor.position();
        std::vector<at::Tensor> parts;
        for (std::int64_t t = 0; t < x.size(2); ++t) {
            cursor.rewind(start);
            parts.push_back(runLevel(index + 1, level.up->inSpace(x.narrow(2, t, 1), operators_), cursor, frames));
        }
        return at::cat(parts, 2);
    }

    std::vector<CacheSlot> makeSlots(const WanVaeConfig& config)
    {
        std::vector<CacheSlot> slots;
        const int stem = config.decoderStem;
        slots.push_back({"decoder.conv_in", config.latentChannels, 2, 1, true});
        addResidualSlots(slots, "decoder.mid_block.resnets.0", stem, stem, 1, true);
        addResidualSlots(slots, "decoder.mid_block.resnets.1", stem, stem, 1, true);
        globalSlots_ = slots.size();
        int scale = 1;
        double reach = 0; // of the local part, in latent cells
        for (std::size_t i = 0; i < levels_.size(); ++i) {
            const UpLevel& level = levels_[i];
            const std::string prefix = "decoder.up_blocks." + std::to_string(i);
            int channels = level.inputChannels;
            reach += fusion_ && i == fusedAt_ ? 1.0 / scale : 0;
            for (std::size_t j = 0; j < level.blocks.size(); ++j) {
                addResidualSlots(
                    slots, prefix + ".resnets." + std::to_string(j), channels, level.channels, scale, false);
                channels = level.channels;
                reach += 2.0 / scale;
            }
            if (level.up && level.up->timeConv) {
                slots.push_back({prefix + ".upsamplers.0.time_conv", level.channels, 2, scale, false});
            }
            if (level.up) {
                scale *= 2;
                reach += 1.0 / scale;
            }
        }
        slots.push_back({"decoder.conv_out", levels_.back().channels, 2, scale, false});
        reach += 1.0 / scale;
        halo_ = static_cast<int>(std::ceil(reach));
        return slots;
    }

    CodecTraits traits_;
    Conv postQuant_, stem_;
    MiddleBlock middle_;
    std::vector<UpLevel> levels_; // latent grid first
    Norm normOut_;
    Conv convOut_;
    std::optional<Conv> fusion_; // Note [Fused frames]: over the level's input and the frames' features
    std::size_t fusedAt_ = 0;    // the level whose input it is
    std::vector<CacheSlot> slots_;
    std::size_t globalSlots_ = 0;
    int halo_ = 0;
    OperatorSet operators_ = OperatorSet::kLean;
};

} // namespace

std::unique_ptr<CausalDecoder> makeWanDecoder(const WanVaeConfig& config)
{
    return std::make_unique<WanDecoder>(config);
}

} // namespace reelmend::models
