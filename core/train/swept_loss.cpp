#include "core/train/swept_loss.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <memory>

#include "core/chopgrad/sweep.h"
#include "core/models/lite.h"
#include "core/train/batch_loss.h"
#include "core/train/carry.h"
#include "core/train/distance_probe.h"

namespace reelmend::train {

namespace {

at::Tensor latentsOf(const models::LiteEncoder& encoder, const at::Tensor& frames)
{
    return encoder.encode(frames, {}).latents;
}

// What a sweep over the decoder starts from: the same tensors once with their graphs and once cut off.
struct SweptClip {
    at::Tensor latents;
    std::vector<models::Skips> skips; // per group
    chopgrad::ClipLatents cut;
};

SweptClip sweptClip(const models::LiteDecoder& decoder, const at::Tensor& latents, const models::Skips& skips)
{
    SweptClip clip;
    clip.latents = latents;
    clip.cut.latents = latents.detach();
    for (const models::GroupSpan& span : decoder.groups(latents.size(2))) {
        models::Skips own, cut;
        for (const at::Tensor& level : skips) {
            own.push_back(level.narrow(2, span.frames.begin, span.frames.size()));
            cut.push_back(own.back().detach());
        }
        clip.skips.push_back(std::move(own));
        clip.cut.skips.push_back(std::move(cut));
    }
    return clip;
}

} // namespace

at::Tensor sweptLoss(const models::LiteWeights& master, const Batch& batch, const LossWeights& losses,
    const perceptual::Lpips* lpips, bool bfloat16, std::uint64_t key, const plan::GradientSchedule& schedule,
    LossTerms& terms)
{
    const auto folded = std::make_shared<models::LiteWeights>(networkOf(master, batch, bfloat16));
    models::LiteEncoder encoder(folded);
    models::LiteDenoiser denoiser(folded);
    models::LiteDecoder decoder(folded);
    const models::EncodeStep encoded = encoder.encode(batch.input.transpose(1, 2), {});
    const at::Tensor latents = encoded.latents - denoiser.predict(encoded.latents, {}, {}).prediction;

    if (schedule.mode == plan::GradientMode::kLatentOnly) {
        const at::NoGradGuard noGrad;
        const at::Tensor rest = at::ones_like(batch.input.narrow(2, 3, 2));
        const at::Tensor clean = latentsOf(encoder, at::cat({batch.target, rest}, 2).transpose(1, 2));
        const at::AutoGradMode withGradient(true);
        const at::Tensor loss = (latents.to(at::kFloat) - clean.to(at::kFloat)).square().mean();
        terms.add(&LossTerms::loss, loss);
        return loss;
    }
    const SweptClip clip = sweptClip(decoder, latents, encoded.skips);
    const BatchLoss loss(batch, losses, lpips, key, terms);
    const chopgrad::ClipGradient gradient = chopgrad::sweep(decoder, clip.cut, loss, schedule);
    terms.add(&LossTerms::loss, at::scalar_tensor(gradient.loss, at::kDouble));

    at::Tensor sum;
    carry(sum, latents, gradient.latents);
    for (std::size_t g = 0; g < clip.skips.size() && g < gradient.skips.size(); ++g) {
        for (std::size_t i = 0; i < clip.skips[g].size() && i < gradient.skips[g].size(); ++i) {
            carry(sum, clip.skips[g][i], gradient.skips[g][i]);
        }
    }
    carryParameters(sum, decoder, gradient.parameters);
    return sum;
}

std::optional<int> sweptDistance(const models::LiteWeights& master, const Batch& batch, const LossWeights& losses,
    const perceptual::Lpips* lpips, bool bfloat16, std::uint64_t key, const plan::DistanceSchedule& schedule)
{
    const at::NoGradGuard noGrad;
    const auto folded = std::make_shared<models::LiteWeights>(networkOf(master, batch, bfloat16));
    models::LiteDecoder decoder(folded);
    const models::EncodeStep encoded = models::LiteEncoder(folded).encode(batch.input.transpose(1, 2), {});
    const at::Tensor latents =
        encoded.latents - models::LiteDenoiser(folded).predict(encoded.latents, {}, {}).prediction;
    LossTerms unused;
    const BatchLoss loss(batch, losses, lpips, key, unused);
    return probedDistance(decoder, sweptClip(decoder, latents, encoded.skips).cut, loss, schedule);
}

} // namespace reelmend::train
