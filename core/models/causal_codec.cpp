#include "core/models/causal_codec.h"

#include <ATen/ATen.h>

#include "core/base/error.h"

namespace reelmend::models {

namespace {

template <class Change> CausalCache changed(const CausalCache& cache, Change&& change)
{
    CausalCache result;
    result.atStart = cache.atStart;
    result.slots.reserve(cache.slots.size());
    for (const auto& slot : cache.slots) {
        result.slots.push_back(slot.defined() ? change(slot) : at::Tensor());
    }
    return result;
}

// [1, channels, 1, 1, 1]
at::Tensor statistic(const std::vector<double>& values, const at::Tensor& like)
{
    return at::tensor(values, at::kDouble).to(like.options()).view({1, -1, 1, 1, 1});
}

void requireStatistics(const CodecTraits& traits)
{
    if (traits.latentMean.empty() || traits.latentMean.size() != traits.latentStd.size()) {
        throw base::Error(base::ErrorKind::kUsage, "Latents of this autoencoder cannot be normalised.",
            "The model \"" + traits.family + "\" has no mean and standard deviation.",
            "Leave the latents as they are.");
    }
}

} // namespace

CausalCache midShotCache()
{
    CausalCache cache;
    cache.atStart = false;
    return cache;
}

CausalCache detached(const CausalCache& cache)
{
    return changed(cache, [](const at::Tensor& slot) { return slot.detach(); });
}

CausalCache asLeaves(const CausalCache& cache)
{
    return changed(cache, [](const at::Tensor& slot) { return slot.detach().requires_grad_(true); });
}

std::vector<at::Tensor> definedSlots(const CausalCache& cache)
{
    std::vector<at::Tensor> defined;
    for (const auto& slot : cache.slots) {
        if (slot.defined()) {
            defined.push_back(slot);
        }
    }
    return defined;
}

std::int64_t cacheBytes(const CausalCache& cache)
{
    std::int64_t bytes = 0;
    for (const auto& slot : cache.slots) {
        bytes += slot.defined() ? static_cast<std::int64_t>(slot.nbytes()) : 0;
    }
    return bytes;
}

CausalCache movedTo(const CausalCache& cache, const at::TensorOptions& options)
{
    return changed(cache, [&](const at::Tensor& slot) { return slot.to(options); });
}

at::Tensor posteriorMean(const CodecTraits& traits, const at::Tensor& latents)
{
    return traits.posterior ? latents.narrow(1, 0, traits.latentChannels) : latents;
}

at::Tensor normalised(const CodecTraits& traits, const at::Tensor& latents)
{
    requireStatistics(traits);
    return (latents - statistic(traits.latentMean, latents)) / statistic(traits.latentStd, latents);
}

at::Tensor denormalised(const CodecTraits& traits, const at::Tensor& latents)
{
    requireStatistics(traits);
    return latents * statistic(traits.latentStd, latents) + statistic(traits.latentMean, latents);
}

} // namespace reelmend::models
