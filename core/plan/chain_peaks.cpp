#include "core/plan/chain_peaks.h"

#include <algorithm>

namespace reelmend::plan {

GroupBytes bytesOf(const GroupCosts& costs, double cells)
{
    return {costs.input.at(cells), costs.output.at(cells), costs.cache.at(cells), costs.kept.at(cells),
        costs.value.at(cells), costs.make.at(cells), costs.makeHeld.at(cells), costs.pull.at(cells),
        costs.pullKept.at(cells), costs.pullAlone.at(cells)};
}

double ChainBytes::kept(std::int64_t live, std::int64_t groups) const
{
    const std::int64_t begin = groups - live; // number of the oldest
    double bytes = 0;
    std::int64_t later = live;
    if (begin == 0 && live > 0) {
        bytes += first.kept;
        --later;
    }
    if (begin <= 1 && groups > 1 && later > 0) {
        bytes += second.kept;
        --later;
    }
    return bytes + static_cast<double>(later) * steady.kept;
}

StoreBytes storeBytes(const GradientSchedule& schedule, const GroupCounts& counts, double cache, bool separateStore,
    MemoryPrediction& result)
{
    const double all = static_cast<double>(counts.keptCaches) * cache;
    switch (schedule.store) {
    case CacheStore::kDevice:
    case CacheStore::kRecompute:
        return {all, 0};
    case CacheStore::kHost:
        if (!separateStore) {
            return {all, 0};
        }
        result.hostBytes = std::max(result.hostBytes, all);
        return {0, cache};
    case CacheStore::kDisk:
        result.diskBytes = std::max(result.diskBytes, all);
        result.hostBytes = std::max(result.hostBytes, separateStore ? cache : 0);
        return {0, counts.keptCaches > 1 ? cache : 0};
    }
    return {};
}

namespace {

// A window that stands at the front of the clip, whose first group may be longer than the later ones.
double frontPeak(const GroupBytes& first)
{
    return std::max(first.make, first.kept + first.pullAlone);
}

// The window of graphs that ends with group number groups - 1. Where the clip goes on (`keeps`), the window's last
// group is pulled and kept for the next block; at the clip's end it goes as it is pulled.
double windowPeak(const ChainBytes& chain, std::int64_t live, std::int64_t groups, bool keeps)
{
    const GroupBytes& last = chain.last(groups);
    const double graphs = chain.kept(live, groups);
    const double make = graphs - last.kept + (groups > 1 ? last.cache : 0) + last.make;
    if (live < 2) {
        return std::max(make, graphs + last.cache + last.pullAlone);
    }
    if (!keeps) {
        return std::max(make, graphs + last.cache + last.pull);
    }
    const GroupBytes& oldest = chain.last(groups - live + 1);
    const double carried = live > 2 ? last.cache : 0;
    return std::max({make, graphs + last.cache + last.pullKept + carried, graphs + 2 * last.cache + oldest.pull});
}

ChainPeaks chopPeaks(const GradientSchedule& schedule, std::int64_t groups, const ChainBytes& chain,
    const GroupCounts& counts, bool separateStore, MemoryPrediction& result)
{
    ChainPeaks peaks;
    const auto live = counts.liveGraphs;
    if (schedule.form == ChopForm::kRecomputing) {
        const StoreBytes store = storeBytes(schedule, counts, chain.steady.cache, separateStore, result);
        const bool elsewhere = schedule.store == CacheStore::kDisk || store.device == 0;
        return recomputingPeaks(schedule, groups, chain, elsewhere);
    }
    // At the clip's end; just before it; and at its front, whose first group may be longer than the later ones. A
    // block of several losses keeps the older part of its window alone.
    peaks.sweep = windowPeak(chain, live, groups, schedule.interval > 1 && groups > 1);
    for (const std::int64_t end : {live, groups - 1}) {
        if (end >= 1 && end < groups) {
            peaks.sweep = std::max(peaks.sweep, windowPeak(chain, std::min(live, end), end, true));
        }
    }
    return peaks;
}

ChainPeaks exactPeaks(const GradientSchedule& schedule, std::int64_t groups, const ChainBytes& chain,
    const GroupCounts& counts, bool separateStore, MemoryPrediction& result)
{
    const GroupBytes &first = chain.first, &steady = chain.last(groups);
    ChainPeaks peaks;
    if (groups == 1) {
        peaks.values = first.value;
        peaks.sweep = std::max(first.make, first.kept + first.pullAlone);
        return peaks;
    }
    const double cache = steady.cache;
    const std::int64_t graphs = std::min<std::int64_t>(schedule.keptGraphs, groups);
    const StoreBytes store = storeBytes(schedule, counts, cache, separateStore, result);
    if (graphs > 0) {
        const double kept = chain.kept(graphs, groups);
        peaks.values = store.device + kept - steady.kept + cache + steady.make;
        peaks.sweep = std::max(peaks.values, store.device + kept + cache + steady.pull);
        return peaks;
    }
    if (store.inFlight > 0) {
        peaks.values = cache + steady.value;
        const double make = cache + store.inFlight + cache + steady.make; // entering, read ahead, carried
        const double pull = store.inFlight + cache + steady.kept + steady.pull;
        peaks.sweep = std::max(make, pull);
        return peaks;
    }
    peaks.values = std::max(store.device + steady.value, first.value);
    // `held`: the caches that are there, with the one that enters. With the device store the last group has nothing
    // carried; the one before it has, and its cache left the store.
    const auto peakOf = [&](const GroupBytes& group, double held) {
        return std::max(held + group.make, held - cache + group.kept + std::max(group.pullAlone, group.pull));
    };
    peaks.sweep = frontPeak(first) + cache;
    if (schedule.store == CacheStore::kRecompute) {
        // The first stretch that is made again (the last of the clip) carries nothing yet, the one before it does.
        const std::int64_t k = recomputeSpacing(schedule, groups), stretches = (groups + k - 1) / k;
        const std::int64_t begin = (stretches - 1) * k;
        const auto caches = [&](std::int64_t count) { return static_cast<double>(count) * cache; };
        peaks.sweep = std::max(peaks.sweep, peakOf(steady, caches(stretches - 1 + groups - begin - 1)));
        if (stretches > 1) {
            peaks.sweep = std::max(peaks.sweep, peakOf(chain.last(begin), caches(stretches - 2 + k - 1 + 1)));
        }
        return peaks;
    }
    peaks.sweep = std::max(peaks.sweep, peakOf(steady, store.device));
    return peaks;
}

} // namespace

ChainPeaks chainPeaks(const GradientSchedule& schedule, std::int64_t groups, const ChainBytes& chain,
    const GroupCounts& counts, bool separateStore, MemoryPrediction& result)
{
    const GroupBytes &first = chain.first, &steady = chain.steady;
    const auto n = static_cast<double>(groups);
    switch (schedule.mode) {
    case GradientMode::kLatentOnly:
        return {};
    case GradientMode::kChop:
        return chopPeaks(schedule, groups, chain, counts, separateStore, result);
    case GradientMode::kExact:
        return exactPeaks(schedule, groups, chain, counts, separateStore, result);
    case GradientMode::kFull: {
        const double graphs = chain.kept(groups, groups),
                     frames = (n - 1) * steady.output + std::max(first.output, steady.output);
        const GroupBytes& last = chain.last(groups);
        const double cache = groups > 1 ? last.cache : 0;
        return {0, std::max(graphs - last.kept + frames + cache + last.make, graphs + frames + last.pull)};
    }
    case GradientMode::kCheckpoint: {
        const GroupBytes& last = groups > 1 ? steady : first;
        const double caches = (n - 1) * steady.cache, carried = groups > 1 ? steady.cache : 0;
        const double frames = (n - 1) * steady.output + std::max(first.output, steady.output);
        return {0, frames + std::max({caches + last.value, caches + carried + last.make,
                                caches + carried + last.kept + last.pull, carried + frontPeak(first)})};
    }
    case GradientMode::kFramewise:
        return {0, std::max(first.make, first.kept + first.pullAlone)};
    }
    return {};
}

} // namespace reelmend::plan
