#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "core/models/causal_codec.h"

// Small causal decoders for tests of what runs over any of them.
namespace reelmend::test {

struct RandomDecoderConfig {
    int latentChannels = 2;
    int channels = 3;
    int skipChannels = 0;         // 0 = takes no skips; else two levels
    bool seesWholePicture = true; // a term in the global part that no tile can compute
    std::uint64_t seed = 1;
    at::ScalarType dtype = at::kDouble;
};

// What Wan's decoder has, in small: five causal convolutions whose caches hold two frames (those at the latent's rate
// see one frame per group and pass an older one through), a step in time that the first group skips and whose past
// stays empty until the third, a step in space, a global part, and skips. First group: 1 frame, later ones: 2.
// Stride 2. Weights are as large as lets gradients decay slowly. Stock and lean operators are the same.
class RandomDecoder final : public models::CausalDecoder {
public:
    explicit RandomDecoder(const RandomDecoderConfig& config);

    const models::CodecTraits& traits() const override { return traits_; }
    std::vector<models::CacheSlot> cacheSlots() const override;
    std::vector<models::GroupSpan> groups(std::int64_t latentFrames) const override;
    models::DecodeStep decode(
        const at::Tensor& latents, const models::Skips& skips, models::DecoderCache cache) const override;
    GlobalStep decodeGlobal(const at::Tensor& latents, models::DecoderCache cache) const override;
    models::DecodeStep decodeLocal(
        const at::Tensor& features, const models::Skips& skips, models::DecoderCache cache) const override;
    int localHalo() const override { return 3; }
    void visit(const models::ParameterVisitor& visitor) override;
    models::OperatorSet operators() const override { return operators_; }
    void setOperators(models::OperatorSet set) override { operators_ = set; }

    // A copy with parameters of its own.
    std::unique_ptr<RandomDecoder> clone() const;
    // Skips of one group: [1, skipChannels, frames, 2 h, 2 w] and [1, skipChannels, 1, h, w].
    models::Skips randomSkips(std::int64_t group, std::int64_t height, std::int64_t width, std::uint64_t seed) const;

private:
    RandomDecoderConfig config_;
    models::CodecTraits traits_;
    at::Tensor stem_, conv1_, timeConv_, spaceConv_, conv2_, out_, skipFine_, skipCoarse_;
    models::OperatorSet operators_ = models::OperatorSet::kStock;
};

// x_g = y_g = z_g + decay * y_(g-1), one frame per latent: the influence of a latent decays by `decay` per group.
class DecayingDecoder final : public models::CausalDecoder {
public:
    explicit DecayingDecoder(double decay, int channels = 3);

    const models::CodecTraits& traits() const override { return traits_; }
    std::vector<models::CacheSlot> cacheSlots() const override;
    std::vector<models::GroupSpan> groups(std::int64_t latentFrames) const override;
    models::DecodeStep decode(
        const at::Tensor& latents, const models::Skips& skips, models::DecoderCache cache) const override;
    GlobalStep decodeGlobal(const at::Tensor& latents, models::DecoderCache cache) const override;
    models::DecodeStep decodeLocal(
        const at::Tensor& features, const models::Skips& skips, models::DecoderCache cache) const override;
    int localHalo() const override { return 0; }
    void visit(const models::ParameterVisitor&) override {}
    models::OperatorSet operators() const override { return models::OperatorSet::kStock; }
    void setOperators(models::OperatorSet) override {}

private:
    double decay_;
    models::CodecTraits traits_;
};

// Seeded values of order 1.
at::Tensor randomTensor(at::IntArrayRef sizes, std::uint64_t seed, at::ScalarType dtype = at::kDouble);

} // namespace reelmend::test
