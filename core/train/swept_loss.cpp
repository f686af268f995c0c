#include "core/train/swept_loss.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <memory>

#include "core/chopgrad/sweep.h"
#include "core/models/lite.h"
#include "core/train/batch_loss.h"
#include "core/train/carry.h"

namespace reelmend::train {

namespace {

at::Tensor latentsOf(const models::LiteEncoder& encoder, const at::Tensor& frames)
{
    return encoder.encode(frames, {}).latents;
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
    chopgrad::ClipLatents clip;
    clip.latents = latents.detach();
    std::vector<models::Skips> attached;
    for (const models::GroupSpan& span : decoder.groups(latents.size(2))) {
        models::Skips own, cut;
        for (const at::Tensor& level : encoded.skips) {
            own.push_back(level.narrow(2, span.frames.begin, span.frames.size()));
            cut.push_back(own.back().detach());
        }
        attached.push_back(std::move(own));
        clip.skips.push_back(std::move(cut));
    }
    const BatchLoss loss(batch, losses, lpips, key, terms);
    const chopgrad::ClipGradient gradient = chopgrad::sweep(decoder, clip, loss, schedule);
    terms.add(&LossTerms::loss, at::scalar_tensor(gradient.loss, at::kDouble));

    at::Tensor sum;
    carry(sum, latents, gradient.latents);
    for (std::size_t g = 0; g < attached.size() && g < gradient.skips.size(); ++g) {
        for (std::size_t i = 0; i < attached[g].size() && i < gradient.skips[g].size(); ++i) {
            carry(sum, attached[g][i], gradient.skips[g][i]);
        }
    }
    carryParameters(sum, decoder, gradient.parameters);
    return sum;
}

} // namespace reelmend::train
