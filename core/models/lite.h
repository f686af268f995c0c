#pragma once
#include <memory>

#include "core/models/causal_codec.h"
#include "core/models/denoiser.h"
#include "core/models/lite_forward.h"
#include "core/models/lite_weights.h"

// The bundled network behind the interfaces that all models share. The three parts hold folded weights: one
// condition, one dial position. To train the unfolded weights through them, hand in weights folded with gradient
// enabled.
namespace reelmend::models {

using LiteWeightsPointer = std::shared_ptr<LiteWeights>;

// Frames [batch, 5, time, height, width] (lite_config.h) to latents [batch, latentChannels, time / 4, h, w] and
// skips: RGB of the input, then every level, finest first.
class LiteEncoder final : public CausalEncoder {
public:
    explicit LiteEncoder(LiteWeightsPointer folded);

    const CodecTraits& traits() const override { return traits_; }
    std::vector<CacheSlot> cacheSlots() const override;
    std::vector<GroupSpan> groups(std::int64_t frames) const override;
    EncodeStep encode(const at::Tensor& frames, EncoderCache cache) const override;
    // All of it is local; the global part hands its argument on.
    LocalStep encodeLocal(const at::Tensor& frames, EncoderCache cache) const override;
    EncodeStep encodeGlobal(const LocalStep& local, EncoderCache cache) const override;
    int localHalo() const override;
    void visit(const ParameterVisitor& visitor) override;
    OperatorSet operators() const override { return operators_; }
    void setOperators(OperatorSet set) override { operators_ = set; }

private:
    LiteWeightsPointer weights_;
    CodecTraits traits_;
    OperatorSet operators_ = OperatorSet::kLean;
};

class LiteDecoder final : public CausalDecoder {
public:
    explicit LiteDecoder(LiteWeightsPointer folded);

    const CodecTraits& traits() const override { return traits_; }
    std::vector<CacheSlot> cacheSlots() const override;
    std::vector<GroupSpan> groups(std::int64_t latentFrames) const override;
    DecodeStep decode(const at::Tensor& latents, const Skips& skips, DecoderCache cache) const override;
    // All of it is local; the features are the latents.
    GlobalStep decodeGlobal(const at::Tensor& latents, DecoderCache cache) const override;
    DecodeStep decodeLocal(const at::Tensor& features, const Skips& skips, DecoderCache cache) const override;
    int localHalo() const override;
    void visit(const ParameterVisitor& visitor) override;
    OperatorSet operators() const override { return operators_; }
    void setOperators(OperatorSet set) override { operators_ = set; }

private:
    LiteWeightsPointer weights_;
    CodecTraits traits_;
    OperatorSet operators_ = OperatorSet::kLean;
};

// v = degraded latent - clean latent (Prediction::kResidual), in windows, group by group. Condition and dial are part
// of the folded weights: Conditioning is not looked at.
class LiteDenoiser final : public Denoiser {
public:
    explicit LiteDenoiser(LiteWeightsPointer folded);

    const DenoiserTraits& traits() const override { return traits_; }
    DenoiseStep predict(const at::Tensor& latents, const Conditioning& given, CausalCache cache) const override;
    void visit(const ParameterVisitor& visitor) override;
    plan::DenoiserFootprint footprint() const override;

private:
    LiteWeightsPointer weights_;
    DenoiserTraits traits_;
};

// Costs of the whole network for one condition.
plan::ModelFootprint liteFootprint(const LiteConfig& config);

} // namespace reelmend::models
