#include "core/chopgrad/measure_costs.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <optional>

#include "core/base/error.h"
#include "core/chopgrad/gradient_sum.h"
#include "core/chopgrad/segment.h"
#include "core/tensor/memory_tracker.h"

namespace reelmend::chopgrad {

namespace {

double bytesOf(const std::vector<at::Tensor>& tensors)
{
    double bytes = 0;
    for (const auto& tensor : tensors) {
        bytes += tensor.defined() ? static_cast<double>(tensor.nbytes()) : 0;
    }
    return bytes;
}

models::CausalCache copied(const models::CausalCache& cache)
{
    models::CausalCache copy;
    copy.atStart = cache.atStart;
    for (const auto& slot : cache.slots) {
        copy.slots.push_back(slot.defined() ? slot.clone() : at::Tensor());
    }
    return copy;
}

models::CausalCache onesLike(const models::CausalCache& cache)
{
    models::CausalCache ones;
    for (const auto& slot : cache.slots) {
        ones.slots.push_back(slot.defined() ? at::ones_like(slot) : at::Tensor());
    }
    return ones;
}

// Bytes of one picture; the same fields as plan::GroupCosts.
struct Sample {
    double input = 0, output = 0, cache = 0, kept = 0, value = 0, make = 0, makeHeld = 0, pull = 0, pullKept = 0,
           pullAlone = 0;
};

// How far a step's peak goes above what was there before it.
template <class Step> double peakOf(tensor::MemoryTracker& tracker, const Step& step)
{
    const auto before = static_cast<double>(tracker.currentBytes());
    tracker.resetPeak();
    step();
    return std::max(0.0, static_cast<double>(tracker.peakBytes()) - before);
}

Sample sampleGroup(const GroupChain& chain, std::int64_t group, const models::CausalCache& entering,
    const std::vector<at::Tensor>& parameters, tensor::MemoryTracker& tracker)
{
    Sample sample;
    const auto inputs = chain.inputs(group);
    sample.input = bytesOf(inputs);
    at::Tensor cotangent;
    models::CausalCache cacheCotangent;
    {
        c10::AutoGradMode noGradient(false);
        ChainStep step;
        sample.value = peakOf(tracker, [&] { step = chain.run(group, inputs, entering); });
        sample.output = bytesOf({step.output});
        sample.cache = bytesOf(step.cache.slots);
        cotangent = at::ones_like(step.output);
        cacheCotangent = onesLike(step.cache);
    }
    const bool hasPast = !definedSlots(entering).empty();
    const auto makeSegment = [&](bool isHeld) {
        models::CausalCache own = copied(entering), held;
        if (isHeld) {
            held = own;
        }
        const double enteringBytes = bytesOf(own.slots);
        const auto before = static_cast<double>(tracker.currentBytes());
        Segment::Values values;
        std::optional<Segment> segment;
        const double make =
            peakOf(tracker, [&] { segment.emplace(chain, group, std::move(own), hasPast, parameters, values); });
        values = {};
        if (isHeld) {
            sample.makeHeld = make;
        } else {
            sample.make = make;
            sample.kept = static_cast<double>(tracker.currentBytes()) - (before - enteringBytes);
        }
        return std::move(*segment);
    };
    {
        const Segment segment = makeSegment(false);
        sample.pullKept = peakOf(tracker, [&] {
            const Vjp found = segment.vjp(cotangent, cacheCotangent, {true, hasPast, true});
        });
        sample.pull = peakOf(tracker, [&] {
            const Vjp found = segment.vjp(cotangent, cacheCotangent, {true, hasPast, false});
        });
    }
    cacheCotangent = {};
    const Segment segment = makeSegment(true);
    sample.pullAlone = peakOf(tracker, [&] { const Vjp found = segment.vjp(cotangent, {}, {true, false, false}); });
    return sample;
}

struct ChainSamples {
    Sample first, second, steady;
};

Sample sampleFirst(const GroupChain& chain, const std::vector<at::Tensor>& parameters, tensor::MemoryTracker& tracker)
{
    return sampleGroup(chain, 0, {}, parameters, tracker);
}

// The first two groups, and the fourth: by then every slot of the cache is in use.
ChainSamples sampleChain(
    const GroupChain& chain, const std::vector<at::Tensor>& parameters, tensor::MemoryTracker& tracker)
{
    models::CausalCache cache;
    ChainSamples samples;
    for (std::int64_t group = 0; group < 3; ++group) {
        if (group == 1) {
            samples.second = sampleGroup(chain, 1, cache, parameters, tracker);
        }
        c10::AutoGradMode noGradient(false);
        cache = chain.run(group, chain.inputs(group), std::move(cache)).cache;
    }
    samples.first = sampleFirst(chain, parameters, tracker);
    samples.steady = sampleGroup(chain, 3, cache, parameters, tracker);
    return samples;
}

struct PictureSamples {
    double cells = 0;
    ChainSamples whole, global, local;
    Sample longerFirst, still; // where a group has several latents
};

PictureSamples samplePicture(models::CausalDecoder& decoder, const at::TensorOptions& options,
    const std::function<models::Skips(bool, std::int64_t, std::int64_t)>& skips, std::int64_t side)
{
    const auto& traits = decoder.traits();
    ClipLatents clip;
    std::int64_t latents = 1;
    while (true) { // four groups, however the decoder counts them
        try {
            if (decoder.groups(latents).size() >= 4) {
                break;
            }
        } catch (const base::Error&) {
        }
        ++latents;
    }
    clip.latents = at::zeros({1, traits.latentChannels, latents, side, side}, options);
    for (int group = 0; skips && group < 4; ++group) {
        clip.skips.push_back(skips(group == 0, side, side));
    }
    PictureSamples samples;
    samples.cells = static_cast<double>(side * side);
    const auto parameters = trainedParameters(decoder).tensors;
    tensor::MemoryTracker tracker(clip.latents.device());
    samples.whole = sampleChain(DecoderChain(decoder, clip), parameters, tracker);
    if (traits.latentsPerGroup > 1) {
        const auto ofLatents = [&](std::int64_t count) {
            ClipLatents other;
            other.latents = at::zeros({1, traits.latentChannels, count, side, side}, options);
            return sampleFirst(DecoderChain(decoder, other), parameters, tracker);
        };
        samples.longerFirst = ofLatents(traits.latentsPerGroup + 1);
        samples.still = ofLatents(1);
    }
    const GlobalChain global(decoder, clip);
    samples.global = sampleChain(global, parameters, tracker);
    std::vector<at::Tensor> features;
    models::CausalCache cache;
    for (std::int64_t group = 0; group < 4; ++group) {
        c10::AutoGradMode noGradient(false);
        auto step = global.run(group, global.inputs(group), std::move(cache));
        cache = std::move(step.cache);
        features.push_back(step.output);
    }
    const Tile tile = tilesOf(side, side, 1, 1, 0).front();
    samples.local = sampleChain(TileChain(decoder, features, clip, tile), parameters, tracker);
    return samples;
}

plan::LinearBytes line(double small, double large, double smallCells, double largeCells)
{
    plan::LinearBytes bytes;
    bytes.perCell = std::max(0.0, (large - small) / (largeCells - smallCells));
    bytes.fixed = std::max(0.0, large - bytes.perCell * largeCells);
    return bytes;
}

plan::GroupCosts lines(const Sample& a, const Sample& b, double cellsA, double cellsB)
{
    const auto of = [&](double Sample::*field) { return line(a.*field, b.*field, cellsA, cellsB); };
    return {of(&Sample::input), of(&Sample::output), of(&Sample::cache), of(&Sample::kept), of(&Sample::value),
        of(&Sample::make), of(&Sample::makeHeld), of(&Sample::pull), of(&Sample::pullKept), of(&Sample::pullAlone)};
}

} // namespace

plan::DecoderCosts measureCosts(models::CausalDecoder& decoder, const at::TensorOptions& options,
    const std::function<models::Skips(bool, std::int64_t, std::int64_t)>& skips, std::int64_t small,
    std::int64_t large)
{
    const auto& traits = decoder.traits();
    samplePicture(decoder, options, skips, small); // libraries load and settle
    const PictureSamples a = samplePicture(decoder, options, skips, small);
    const PictureSamples b = samplePicture(decoder, options, skips, large);
    plan::DecoderCosts costs;
    costs.first = lines(a.whole.first, b.whole.first, a.cells, b.cells);
    costs.second = lines(a.whole.second, b.whole.second, a.cells, b.cells);
    costs.steady = lines(a.whole.steady, b.whole.steady, a.cells, b.cells);
    costs.longerFirst = lines(a.longerFirst, b.longerFirst, a.cells, b.cells);
    costs.still = lines(a.still, b.still, a.cells, b.cells);
    costs.globalSteady = lines(a.global.steady, b.global.steady, a.cells, b.cells);
    costs.localSteady = lines(a.local.steady, b.local.steady, a.cells, b.cells);
    const auto visit = [&](const models::ParameterVisitor& visitor) { decoder.visit(visitor); };
    costs.parameterBytes = static_cast<double>(models::parameterBytes(visit));
    for (const auto& tensor : trainedParameters(decoder).tensors) {
        costs.trainedBytes += static_cast<double>(tensor.numel()) * (tensor.scalar_type() == at::kDouble ? 8 : 4);
    }
    costs.spatialStride = traits.spatialStride;
    costs.framesPerGroup = traits.framesPerGroup;
    costs.firstFrames = static_cast<int>(decoder.groups(1).front().frames.size());
    costs.latentsPerGroup = traits.latentsPerGroup;
    costs.haloCells = decoder.localHalo();
    costs.elementBytes = static_cast<double>(options.dtype().itemsize());
    costs.isMeasured = true;
    return costs;
}

} // namespace reelmend::chopgrad
