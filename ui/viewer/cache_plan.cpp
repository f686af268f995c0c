#include "ui/viewer/cache_plan.h"

#include <algorithm>
#include <cmath>

namespace reelmend::ui::viewer {

double CachePlan::distance(std::int64_t index) const
{
    const int sign = direction < 0 ? -1 : 1;
    const auto ahead = static_cast<double>((index - current) * sign);
    const double behindCost = direction == 0 ? 2 : 4;
    double cost = ahead >= 0 ? ahead : -ahead * behindCost;
    if (isLooping && range.contains(index) && range.contains(current) && ahead < 0) {
        // In a running loop what lies behind comes last; at rest the artist may step either way.
        const double wrapped = ahead + static_cast<double>(range.size());
        cost = direction == 0 ? std::min(cost, wrapped) : wrapped;
    }
    if (!range.empty() && !range.contains(index)) {
        cost += static_cast<double>(range.size());
    }
    return cost;
}

std::optional<std::int64_t> CachePlan::next(const std::function<bool(std::int64_t)>& isCached, double reach) const
{
    std::optional<std::int64_t> best;
    double bestCost = reach;
    const auto consider = [&](std::int64_t index) {
        const double cost = distance(index);
        if (cost <= bestCost && (!best || cost < bestCost) && !isCached(index)) {
            best = index;
            bestCost = cost;
        }
    };
    // Going outwards on both sides, the cost grows within each of: range, outside, wrapped. The first missing frame
    // of each is enough, but a clip is short: stopping at the reach keeps this below a few thousand look-ups.
    const auto limit = static_cast<std::int64_t>(std::min(reach, static_cast<double>(frameCount)));
    for (std::int64_t step = 0; step <= limit; ++step) {
        for (const std::int64_t index : {current + step, current - step}) {
            if (index >= 0 && index < frameCount) {
                consider(index);
            }
        }
        if (best && static_cast<double>(step) > bestCost) {
            break;
        }
    }
    if (isLooping && !range.empty()) {
        const std::int64_t wrap = direction < 0 ? range.end - 1 : range.begin;
        const int sign = direction < 0 ? -1 : 1;
        for (std::int64_t step = 0; step < range.size() && distance(wrap + step * sign) < bestCost; ++step) {
            consider(wrap + step * sign);
        }
    }
    return best;
}

} // namespace reelmend::ui::viewer
