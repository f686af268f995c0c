#include "core/models/footprint.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "core/tensor/flop_counter.h"
#include "core/tensor/memory_tracker.h"

namespace reelmend::models {

namespace {

// Cells along each side of the two pictures. What autograd keeps grows exactly; the largest live set of a step
// without gradient shows only where pictures outweigh weights.
constexpr std::int64_t kSmallKept = 2, kLargeKept = 3, kSmallLive = 4, kLargeLive = 8;

struct Counts {
    double saved = 0, work = 0, backward = 0, cache = 0, flops = 0, attention = 0;
};

constexpr double kElementBytes = sizeof(float);

double bytesOf(const std::vector<at::Tensor>& tensors)
{
    double bytes = 0;
    for (const auto& tensor : tensors) {
        bytes += static_cast<double>(tensor.nbytes());
    }
    return bytes;
}

// One step of a codec, whichever way: what comes out beside the cache, and the cache.
using Step = std::function<std::pair<std::vector<at::Tensor>, CausalCache>(const at::Tensor&, const CausalCache&)>;

// A step without gradient: its largest live set, what it leaves, what it computes.
Counts countForward(const Step& step, const at::Tensor& input, CausalCache& cache)
{
    c10::AutoGradMode noGradient(false);
    const tensor::FlopCounter counter;
    tensor::MemoryTracker tracker;
    auto [outputs, next] = step(input, cache);
    Counts counts;
    counts.cache = bytesOf(definedSlots(next));
    counts.work = static_cast<double>(tracker.peakBytes()) - bytesOf(outputs) - counts.cache;
    counts.flops = counter.flops();
    counts.attention = counter.attentionFlops();
    cache = std::move(next);
    return counts;
}

// A step with gradient: what stays alive for the backward, and what the backward needs beyond that.
Counts countGradient(const Step& step, const at::Tensor& input, const CausalCache& cache)
{
    c10::AutoGradMode gradient(true);
    const at::Tensor leaf = input.detach().requires_grad_(true);
    const CausalCache leaves = asLeaves(cache);
    std::vector<at::Tensor> inputs = definedSlots(leaves);
    inputs.push_back(leaf);
    tensor::MemoryTracker tracker;
    auto [outputs, next] = step(leaf, leaves);
    for (const auto& slot : definedSlots(next)) {
        outputs.push_back(slot);
    }
    Counts counts;
    counts.saved = static_cast<double>(tracker.currentBytes()) - bytesOf(outputs);
    std::vector<at::Tensor> gradients;
    for (const auto& output : outputs) {
        gradients.push_back(at::ones_like(output));
    }
    const auto before = static_cast<double>(tracker.currentBytes());
    tracker.resetPeak();
    const auto found = torch::autograd::grad(outputs, inputs, gradients, false, false, true);
    counts.backward = std::max(0.0, static_cast<double>(tracker.peakBytes()) - before);
    return counts;
}

struct Measured {
    plan::GroupFootprint first, steady;
    double cache = 0, attention = 0;
};

// `inputOf(first, cells)`: the input of a first or steady group of cells x cells latent cells.
template <class Codec>
Measured measure(Codec& codec, const Step& step, const std::function<at::Tensor(bool, std::int64_t)>& inputOf)
{
    const VisitFunction visit = [&](const ParameterVisitor& visitor) { codec.visit(visitor); };
    std::vector<std::pair<at::Tensor*, at::Tensor>> kept;
    visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef shape) {
        kept.emplace_back(&tensor, tensor);
        // Zeros cost what any other weights do.
        tensor = at::zeros(shape, at::kFloat);
        if (shape.size() >= 4) {
            tensor = tensor.contiguous(
                shape.size() == 5 ? at::MemoryFormat::ChannelsLast3d : at::MemoryFormat::ChannelsLast);
        }
    });
    const OperatorSet operators = codec.operators();
    const auto pastOf = [&](bool first, std::int64_t cells) {
        CausalCache cache;
        for (int before = 0; before < (first ? 0 : 2); ++before) { // the second group's past is still partly empty
            countForward(step, inputOf(before == 0, cells), cache);
        }
        return cache;
    };
    Measured measured;
    for (const bool first : {true, false}) {
        Counts live[2], lean[2], stock[2], trained[2];
        for (const int i : {0, 1}) {
            codec.setOperators(OperatorSet::kLean);
            const std::int64_t large = i == 0 ? kSmallLive : kLargeLive;
            CausalCache next = pastOf(first, large);
            live[i] = countForward(step, inputOf(first, large), next);

            const std::int64_t cells = i == 0 ? kSmallKept : kLargeKept;
            const CausalCache past = pastOf(first, cells);
            const at::Tensor input = inputOf(first, cells);
            lean[i] = countGradient(step, input, past);
            setRequiresGrad(visit, true);
            trained[i] = countGradient(step, input, past);
            setRequiresGrad(visit, false);
            codec.setOperators(OperatorSet::kStock);
            stock[i] = countGradient(step, input, past);
        }
        const auto growth = [](double small, double large, std::int64_t from, std::int64_t to) {
            return std::max(0.0, (large - small) / static_cast<double>(to * to - from * from));
        };
        const auto saved = [&](double small, double large) {
            return growth(small, large, kSmallKept, kLargeKept) / kElementBytes;
        };
        const auto alive = [&](double small, double large) { return growth(small, large, kSmallLive, kLargeLive); };
        plan::GroupFootprint& group = first ? measured.first : measured.steady;
        group.savedLean = saved(lean[0].saved, lean[1].saved);
        group.savedStock = saved(stock[0].saved, stock[1].saved);
        group.savedTrained = saved(trained[0].saved, trained[1].saved);
        group.backwardElements = saved(lean[0].backward, lean[1].backward);
        group.workElements = alive(live[0].work, live[1].work) / kElementBytes;
        group.flops = alive(live[0].flops, live[1].flops);
        if (!first) {
            measured.cache = alive(live[0].cache, live[1].cache) / kElementBytes;
            measured.attention =
                live[1].attention / static_cast<double>(kLargeLive * kLargeLive * kLargeLive * kLargeLive);
        }
    }
    codec.setOperators(operators);
    for (auto& [tensor, value] : kept) {
        *tensor = value;
    }
    return measured;
}

template <class Codec>
plan::CodecFootprint footprintOf(Codec& codec, const Measured& measured, const GroupSpan& first)
{
    const CodecTraits& traits = codec.traits();
    plan::CodecFootprint footprint;
    footprint.parameters = countParameters([&](const ParameterVisitor& visitor) { codec.visit(visitor); });
    footprint.latentChannels = traits.latentChannels;
    footprint.frameChannels = traits.frameChannels;
    footprint.spatialStride = traits.spatialStride;
    footprint.reach = traits.reach;
    footprint.haloCells = codec.localHalo();
    footprint.cacheSlots = static_cast<int>(codec.cacheSlots().size());
    footprint.cacheElements = measured.cache;
    footprint.attentionFlops = measured.attention / traits.latentsPerGroup;
    footprint.first = measured.first;
    footprint.steady = measured.steady;
    footprint.first.latents = static_cast<int>(first.latents.size());
    footprint.first.frames = static_cast<int>(first.frames.size());
    footprint.steady.latents = traits.latentsPerGroup;
    footprint.steady.frames = traits.framesPerGroup;
    return footprint;
}

} // namespace

plan::CodecFootprint measureFootprint(CausalDecoder& decoder, const SkipsFunction& skips)
{
    const CodecTraits& traits = decoder.traits();
    // Of a clip that does not begin with a steady group: the dearer first one where they differ.
    const GroupSpan firstGroup = decoder.groups(traits.latentsPerGroup + 1).front();
    const Step step = [&](const at::Tensor& latents, const CausalCache& cache) {
        const bool first = cache.atStart;
        auto done = decoder.decode(latents, skips ? skips(first, latents.size(3), latents.size(4)) : Skips(), cache);
        return std::pair(std::vector<at::Tensor>{done.frames}, std::move(done.cache));
    };
    return footprintOf(decoder,
        measure(decoder, step,
            [&](bool first, std::int64_t cells) {
                return at::zeros({1, traits.latentChannels,
                                     first ? firstGroup.latents.size() : traits.latentsPerGroup, cells, cells},
                    at::kFloat);
            }),
        firstGroup);
}

plan::CodecFootprint measureFootprint(CausalEncoder& encoder)
{
    const CodecTraits& traits = encoder.traits();
    const GroupSpan firstGroup = encoder.groups(traits.framesPerGroup + 1).front();
    const Step step = [&](const at::Tensor& frames, const CausalCache& cache) {
        auto done = encoder.encode(frames, cache);
        std::vector<at::Tensor> outputs = {done.latents};
        outputs.insert(outputs.end(), done.skips.begin(), done.skips.end());
        return std::pair(std::move(outputs), std::move(done.cache));
    };
    return footprintOf(encoder,
        measure(encoder, step,
            [&](bool first, std::int64_t cells) {
                const std::int64_t size = cells * traits.spatialStride;
                return at::zeros(
                    {1, traits.frameChannels, first ? firstGroup.frames.size() : traits.framesPerGroup, size, size},
                    at::kFloat);
            }),
        firstGroup);
}

} // namespace reelmend::models
