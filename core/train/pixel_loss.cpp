#include "core/train/pixel_loss.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "core/train/random.h"

namespace reelmend::train {

namespace {

at::Tensor charbonnier(const at::Tensor& d, double epsilon)
{
    return (d.square() + epsilon * epsilon).sqrt() - epsilon;
}

at::Tensor logError(const at::Tensor& difference, const Batch& batch, double floor)
{
    const at::Tensor mask = batch.input.narrow(2, 3, 1); // see models::kLiteInputChannels
    const at::Tensor squares = (difference.square().mean(2, true) * mask).sum({1, 2, 3, 4});
    return (squares / mask.sum({1, 2, 3, 4}).clamp_min(1) / floor).log1p().mean();
}

at::Tensor perceptualLoss(const at::Tensor& result, const Batch& batch, const PerceptualSample& sample,
    const perceptual::Lpips& lpips, LossTerms& terms)
{
    const at::Tensor looked = result.flatten(0, 1).index_select(0, sample.frames);
    std::vector<at::Tensor> features;
    {
        const at::NoGradGuard noGrad;
        features = lpips.features(batch.target.flatten(0, 1).index_select(0, sample.frames));
    }
    const at::Tensor distances = lpips.distance(lpips.features(looked), features);
    terms.add(&LossTerms::perceptual, distances.mean());
    return (distances * sample.weights).sum();
}

// With its gradient already known: a term that is linear around `result`.
at::Tensor moreLoss(
    const at::Tensor& result, const Batch& batch, const LossWeights& losses, std::uint64_t key, LossTerms& terms)
{
    perceptual::LossOptions options = losses.networks;
    options.seed = key;
    const auto loss =
        perceptual::makeLoss(losses.more, {batch.target.transpose(1, 2), {}, {}, {}}, std::move(options));
    const at::Tensor frames = result.transpose(1, 2); // [clips, 3, frames, height, width]
    const perceptual::LossPart part = loss->evaluate(frames.detach(), {0, frames.size(2)});
    const at::Tensor value = at::scalar_tensor(part.value(), result.options());
    for (const perceptual::LossTermValue& term : part.terms) {
        terms.named[term.name] += term.value;
    }
    const at::Tensor slope = (frames * part.gradient).sum();
    return value + slope - slope.detach();
}

} // namespace

void checkMoreTerms(const LossWeights& losses, std::int64_t frames, std::int64_t side)
{
    if (!losses.more.empty()) {
        perceptual::makeLoss(losses.more, {at::zeros({1, 3, frames, side, side}), {}, {}, {}}, losses.networks);
    }
}

void LossTerms::add(at::Tensor LossTerms::*term, const at::Tensor& value)
{
    at::Tensor& sum = this->*term;
    sum = sum.defined() ? sum + value.detach() : value.detach();
}

void LossTerms::add(const LossTerms& other)
{
    for (const auto& [name, value] : other.named) {
        named[name] += value;
    }
    for (at::Tensor LossTerms::*term : {&LossTerms::loss, &LossTerms::charbonnier, &LossTerms::frameDifference,
             &LossTerms::logError, &LossTerms::perceptual}) {
        if ((other.*term).defined()) {
            add(term, (other.*term).clone());
        }
    }
}

PerceptualSample PerceptualSample::to(c10::Device device) const
{
    return {frames.to(device), weights.to(device), isEmpty};
}

PerceptualSample drawPerceptualSample(const Batch& batch, const LossWeights& losses, std::uint64_t key)
{
    const auto sizes = batch.target.sizes();
    const std::int64_t frames = sizes[1], total = sizes[0] * frames;
    const auto weightOf = [&](std::int64_t clip) {
        const double detail = batch.details[static_cast<std::size_t>(clip)];
        const auto condition = static_cast<std::size_t>(batch.conditions[static_cast<std::size_t>(clip)]);
        return losses.perceptual * losses.perceptualOf.at(condition) * detail * detail;
    };
    std::vector<std::int64_t> perceived; // frames of clips whose dial is up
    for (std::int64_t clip = 0; clip < sizes[0]; ++clip) {
        for (std::int64_t f = 0; weightOf(clip) > 1e-4 && f < frames; ++f) {
            perceived.push_back(clip * frames + f);
        }
    }
    const auto all = static_cast<std::int64_t>(perceived.size());
    const std::int64_t wanted =
        std::max<std::int64_t>(1, std::lround(losses.perceptualShare * static_cast<double>(total)));
    std::vector<std::int64_t> chosen(static_cast<std::size_t>(wanted), 0);
    std::vector<float> weights(static_cast<std::size_t>(wanted), 0);
    Random random(key);
    for (std::size_t i = 0; all > 0 && i < chosen.size(); ++i) {
        chosen[i] = perceived[static_cast<std::size_t>(random.below(all))];
        weights[i] = static_cast<float>(
            weightOf(chosen[i] / frames) * static_cast<double>(all) / static_cast<double>(total * wanted));
    }
    return {at::tensor(chosen, at::kLong), at::tensor(weights, at::kFloat), perceived.empty()};
}

at::Tensor pixelLoss(const at::Tensor& result, const Batch& batch, const PerceptualSample& sample,
    const LossWeights& losses, const perceptual::Lpips* lpips, LossTerms& terms)
{
    const std::int64_t frames = batch.target.size(1);
    const at::Tensor difference = result - batch.target;
    const at::Tensor pixel = (charbonnier(difference, losses.charbonnierEpsilon) * batch.weight).mean();
    at::Tensor loss = pixel * losses.charbonnier;
    terms.add(&LossTerms::charbonnier, pixel);
    if (losses.frameDifference > 0 && frames > 1) {
        const at::Tensor change = difference.narrow(1, 1, frames - 1) - difference.narrow(1, 0, frames - 1);
        const at::Tensor term =
            (charbonnier(change, losses.charbonnierEpsilon) * batch.weight.narrow(1, 1, frames - 1)).mean();
        loss = loss + term * losses.frameDifference;
        terms.add(&LossTerms::frameDifference, term);
    }
    if (losses.logError > 0) {
        const at::Tensor term = logError(difference, batch, losses.logErrorFloor);
        loss = loss + term * losses.logError;
        terms.add(&LossTerms::logError, term);
    }
    if (lpips && !sample.isEmpty) {
        loss = loss + perceptualLoss(result, batch, sample, *lpips, terms);
    }
    return loss;
}

at::Tensor pixelLoss(const at::Tensor& result, const Batch& batch, const LossWeights& losses,
    const perceptual::Lpips* lpips, std::uint64_t key, LossTerms& terms)
{
    const PerceptualSample sample =
        lpips ? drawPerceptualSample(batch, losses, key).to(result.device()) : PerceptualSample();
    const at::Tensor loss = pixelLoss(result, batch, sample, losses, lpips, terms);
    return losses.more.empty() ? loss : loss + moreLoss(result, batch, losses, key, terms);
}

} // namespace reelmend::train
