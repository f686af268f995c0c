#include "core/chopgrad/sweep_parts.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "core/chopgrad/segment.h"

namespace reelmend::chopgrad {

namespace {

// Graphs alive, by group. The counters of the scene see all that is made.
class Segments {
public:
    explicit Segments(SweepScene& scene)
        : scene_(scene)
    {}

    // Runs a group with gradient and keeps its graph. Returns the values.
    Segment::Values make(
        std::int64_t group, models::CausalCache entering, bool cacheGradient, SweepStage stage = SweepStage::kValues)
    {
        scene_.step(stage, group);
        Segment::Values values;
        segments_.emplace(
            group, Segment(scene_.chain, group, std::move(entering), cacheGradient, scene_.parameters, values));
        ++scene_.counts.forwards;
        scene_.counts.liveGraphs = std::max(scene_.counts.liveGraphs, static_cast<std::int64_t>(segments_.size()));
        return values;
    }

    bool has(std::int64_t group) const { return segments_.contains(group); }

    // One hand-off further back: `carried` is the cotangent of the cache that the group left, and becomes that of the
    // cache that entered it. `wantsInputs`: the gradients go to the sink.
    void pull(std::int64_t block, std::int64_t group, models::CausalCache& carried, bool wantsInputs, bool wantsCache,
        bool keepGraph)
    {
        scene_.step(SweepStage::kBackward, group);
        const Vjp found = segments_.at(group).vjp(
            scene_.cotangents.of(block, group), carried, {wantsInputs, wantsCache, keepGraph});
        ++scene_.counts.backwards;
        if (!keepGraph) {
            segments_.erase(group);
        }
        carried = found.cache;
        if (wantsInputs) {
            scene_.sink.add(block, group, found.inputs, found.parameters);
        }
        if (wantsCache) {
            scene_.sink.handOff(block, group, carried);
        }
    }

private:
    SweepScene& scene_;
    std::map<std::int64_t, Segment> segments_;
};

std::int64_t index(const std::vector<plan::SweepBlock>& blocks, const plan::SweepBlock& block)
{
    return &block - blocks.data();
}

// The lowest group that a later block still sweeps. (A block that sweeps nothing reaches its own end.)
std::int64_t neededAfter(const std::vector<plan::SweepBlock>& blocks, std::int64_t block)
{
    std::int64_t needed = blocks.back().end;
    for (auto next = static_cast<std::size_t>(block) + 1; next < blocks.size(); ++next) {
        needed = std::min(needed, blocks[next].reach);
    }
    return needed;
}

} // namespace

void SweepScene::step(SweepStage stage, std::int64_t group) const
{
    if (control) {
        control->checkpoint();
    }
    if (observer) {
        observer(stage, group);
    }
}

void sweepRetained(SweepScene& scene, const std::vector<plan::SweepBlock>& blocks)
{
    Segments segments(scene);
    models::CausalCache cache = scene.entering;
    for (const auto& block : blocks) {
        const std::int64_t b = index(blocks, block), needed = neededAfter(blocks, b);
        for (std::int64_t group = block.first; group < block.end; ++group) {
            // Asked for a gradient by this block unless it is where the block stops, and by the next if it reaches
            // further than that group.
            const bool cacheGradient = group > block.reach || group > needed;
            auto values = segments.make(group, std::move(cache), cacheGradient);
            cache = std::move(values.cache);
            scene.cotangents.seen(group, values.output);
        }
        models::CausalCache carried;
        for (std::int64_t group = block.end - 1; group >= block.reach; --group) {
            segments.pull(b, group, carried, true, group > block.reach, group >= needed);
        }
        scene.cotangents.release(b + 1, needed);
    }
}

void sweepDelayed(SweepScene& scene, std::int64_t distance)
{
    Segments segments(scene);
    const std::int64_t groups = scene.chain.groups();
    models::CausalCache cache = scene.entering;
    for (std::int64_t last = 0; last < groups; ++last) {
        auto values = segments.make(last, std::move(cache), last > 0 && distance > 0);
        cache = std::move(values.cache);
        scene.cotangents.seen(last, values.output);
        const std::int64_t leaving = last - distance;
        const bool isEnd = last == groups - 1;
        models::CausalCache carried;
        if (isEnd) {
            // Nothing follows: what is left of the window is complete after one sweep.
            const std::int64_t first = std::max<std::int64_t>(0, leaving);
            for (std::int64_t group = last; group >= first; --group) {
                segments.pull(group, group, carried, true, group > first, false);
            }
        } else if (leaving >= 0) {
            for (std::int64_t group = last; group > leaving; --group) {
                segments.pull(group, group, carried, false, true, true);
            }
            segments.pull(leaving, leaving, carried, true, false, false);
            scene.cotangents.release(leaving + 1, leaving + 1);
        }
    }
}

namespace {

void noteHeld(SweepCounts& counts, const CacheKeeper& store)
{
    const auto held = store.held();
    counts.held.caches = std::max(counts.held.caches, held.caches);
    counts.held.device = std::max(counts.held.device, held.device);
    counts.held.host = std::max(counts.held.host, held.host);
    counts.held.disk = std::max(counts.held.disk, held.disk);
}

// Values of one group without a graph; `cache` goes in and comes out.
at::Tensor runValue(SweepScene& scene, std::int64_t group, models::CausalCache& cache)
{
    c10::AutoGradMode noGradient(false);
    ChainStep step = scene.chain.run(group, scene.chain.inputs(group), std::move(cache));
    ++scene.counts.forwards;
    cache = std::move(step.cache);
    return std::move(step.output);
}

} // namespace

void sweepRecomputed(
    SweepScene& scene, const std::vector<plan::SweepBlock>& blocks, CacheKeeper& store, std::int64_t keptGraphs)
{
    TORCH_CHECK(keptGraphs == 0 || blocks.size() == 1, "graphs are kept for one block");
    Segments segments(scene);
    models::CausalCache cache = scene.entering;
    for (const auto& block : blocks) {
        const std::int64_t b = index(blocks, block), needed = neededAfter(blocks, b);
        const std::int64_t graphsFrom = std::max(block.first, block.end - keptGraphs);
        for (std::int64_t group = block.first; group < block.end; ++group) {
            if (group >= graphsFrom) {
                auto values = segments.make(group, std::move(cache), group > block.reach);
                cache = std::move(values.cache);
                scene.cotangents.seen(group, values.output);
                continue;
            }
            scene.step(SweepStage::kValues, group);
            if (group > 0) {
                store.put(group, cache);
            }
            scene.cotangents.seen(group, runValue(scene, group, cache));
        }
        noteHeld(scene.counts, store);
        if (b + 1 == static_cast<std::int64_t>(blocks.size())) {
            cache = {}; // nobody goes on from the clip's end
        }
        models::CausalCache carried;
        for (std::int64_t group = block.end - 1; group >= block.reach; --group) {
            if (!segments.has(group)) {
                auto entering = group > 0 ? store.get(group) : scene.entering;
                noteHeld(scene.counts, store);
                if (group < needed) { // no later block starts its sweep from here
                    store.drop(group);
                }
                if (group - 1 > 0 && group > block.reach) {
                    store.prefetch(group - 1);
                }
                segments.make(group, std::move(entering), group > block.reach, SweepStage::kBackward);
            }
            segments.pull(b, group, carried, true, group > block.reach, false);
        }
        scene.cotangents.release(b + 1, needed);
    }
}

void sweepStills(SweepScene& scene)
{
    Segments segments(scene);
    for (std::int64_t group = 0; group < scene.chain.groups(); ++group) {
        const auto values = segments.make(group, {}, false);
        scene.cotangents.seen(group, values.output);
        models::CausalCache none;
        segments.pull(group, group, none, true, false, false);
        scene.cotangents.release(group + 1, group + 1);
    }
}

void runValues(SweepScene& scene)
{
    models::CausalCache cache = scene.entering;
    for (std::int64_t group = 0; group < scene.chain.groups(); ++group) {
        scene.step(SweepStage::kValues, group);
        scene.cotangents.seen(group, runValue(scene, group, cache));
    }
}

} // namespace reelmend::chopgrad
