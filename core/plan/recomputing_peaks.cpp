#include <algorithm>

#include "core/plan/chain_peaks.h"

namespace reelmend::plan {

namespace {

// One block of losses as it is swept back: which caches lie in the store, which enters, which is carried, which is
// read ahead, and which the next block starts from.
class BlockSweep {
public:
    BlockSweep(const ChainBytes& chain, const GradientSchedule& schedule, std::int64_t groups, bool elsewhere,
        std::int64_t first)
        : chain_(chain)
        , elsewhere_(elsewhere)
        , first_(first)
        , end_(std::min(first + schedule.interval, groups))
        , reach_(std::max<std::int64_t>(0, first - schedule.distance))
        , isLast_(end_ == groups)
        // The oldest group that a later block still sweeps.
        , needed_(isLast_ ? groups : std::max<std::int64_t>(0, end_ - schedule.distance))
    {}

    ChainPeaks peaks() const
    {
        ChainPeaks result;
        for (std::int64_t group = first_; group < end_; ++group) {
            const double held = elsewhere_ ? chain_.entering(group) : stored(group + 1, reach_);
            result.values = std::max(result.values, held + chain_.group(group).value);
        }
        const double next = isLast_ ? 0 : chain_.entering(end_);
        double carried = 0;
        for (std::int64_t group = end_ - 1; group >= reach_; --group) {
            const GroupBytes& costs = chain_.group(group);
            const double ahead = elsewhere_ && group > 1 && group > reach_ ? chain_.entering(group - 1) : 0;
            const double around = next + carried + ahead;
            const double make = !elsewhere_ && group >= needed_ ? costs.makeHeld : costs.make;
            result.sweep = std::max(result.sweep, around + heldBeside(group, false) + chain_.entering(group) + make);
            const bool isAlone = end_ - reach_ == 1 || group == 0; // hands nothing on
            const double pull = isAlone ? costs.pullAlone : std::max(costs.pull, costs.pullAlone);
            result.sweep = std::max(result.sweep, around + heldBeside(group, true) + costs.kept + pull);
            carried = chain_.entering(group);
        }
        return result;
    }

private:
    // Caches that enter the groups [begin, end).
    double stored(std::int64_t end, std::int64_t begin) const
    {
        begin = std::max<std::int64_t>(begin, 1);
        double bytes = static_cast<double>(std::max<std::int64_t>(0, end - begin)) * chain_.steady.cache;
        for (const std::int64_t early : {1, 2}) { // these may be smaller
            if (begin <= early && early < end) {
                bytes += chain_.entering(early) - chain_.steady.cache;
            }
        }
        return bytes;
    }

    // What a store on the device holds when `group` is at work, without the cache that entered it, or with it where a
    // later block asks for it again.
    double heldBeside(std::int64_t group, bool withEntering) const
    {
        if (elsewhere_) {
            return 0;
        }
        const double older = stored(group, reach_), newer = stored(end_, std::max(group + 1, needed_));
        return older + newer + (withEntering && group >= needed_ ? chain_.entering(group) : 0);
    }

    const ChainBytes& chain_;
    bool elsewhere_;
    std::int64_t first_, end_, reach_;
    bool isLast_;
    std::int64_t needed_;
};

} // namespace

ChainPeaks recomputingPeaks(
    const GradientSchedule& schedule, std::int64_t groups, const ChainBytes& chain, bool elsewhere)
{
    // Blocks that differ: the first; the last that reaches the clip's first group, and the one after it; one in the
    // middle; the last. All others are like one of these.
    const std::int64_t interval = schedule.interval, blocks = (groups + interval - 1) / interval;
    const std::int64_t atFront = std::min<std::int64_t>(schedule.distance, groups) / interval;
    ChainPeaks peaks;
    for (const std::int64_t block : {std::int64_t{0}, atFront, atFront + 1, blocks - 2, blocks - 1}) {
        if (block >= 0 && block < blocks) {
            const ChainPeaks own = BlockSweep(chain, schedule, groups, elsewhere, block * interval).peaks();
            peaks.values = std::max(peaks.values, own.values);
            peaks.sweep = std::max(peaks.sweep, own.sweep);
        }
    }
    return peaks;
}

} // namespace reelmend::plan
