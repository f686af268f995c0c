#pragma once
#include <cstdint>

#include "core/plan/memory_plan.h"

// How the peaks of a sweep follow from the costs of its groups, by the order of events in
// core/chopgrad/sweep_parts.cpp. Of use to MemoryPlan alone.
namespace reelmend::plan {

// Costs of a group at one picture size, in bytes.
struct GroupBytes {
    double input, output, cache, kept, value, make, makeHeld, pull, pullKept, pullAlone;
};

GroupBytes bytesOf(const GroupCosts& costs, double cells);

// The groups of a chain at one picture size: the first, the one after it, all later ones.
struct ChainBytes {
    GroupBytes first, second, steady;

    const GroupBytes& group(std::int64_t number) const { return number == 0 ? first : number == 1 ? second : steady; }
    // That of a clip of so many groups, or of a window that ends there.
    const GroupBytes& last(std::int64_t groups) const { return group(groups - 1); }
    // The cache that enters a group.
    double entering(std::int64_t number) const { return number < 1 ? 0 : group(number - 1).cache; }
    // Graphs of `live` groups, the last of them number groups - 1.
    double kept(std::int64_t live, std::int64_t groups) const;
};

// Where the caches of a store lie while a sweep runs.
struct StoreBytes {
    double device = 0;   // beyond the caches in flight
    double inFlight = 0; // read ahead
};
// Notes in `result` what lies in the host's memory and on disk.
StoreBytes storeBytes(const GradientSchedule& schedule, const GroupCounts& counts, double cache, bool separateStore,
    MemoryPrediction& result);

// Peaks of one chain under a schedule, in bytes, beside what the whole clip holds.
struct ChainPeaks {
    double values = 0, sweep = 0;
};
ChainPeaks chainPeaks(const GradientSchedule& schedule, std::int64_t groups, const ChainBytes& chain,
    const GroupCounts& counts, bool separateStore, MemoryPrediction& result);

// Those of a chop in its recomputing form; `elsewhere`: the store is not the device.
ChainPeaks recomputingPeaks(
    const GradientSchedule& schedule, std::int64_t groups, const ChainBytes& chain, bool elsewhere);

} // namespace reelmend::plan
