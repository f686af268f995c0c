#include "core/plan/gradient_schedule.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace reelmend::plan {

namespace {

template <class Value> using Names = std::pair<Value, std::string_view>;

constexpr std::array<Names<GradientMode>, 6> kModes{{{GradientMode::kLatentOnly, "latent-only"},
    {GradientMode::kChop, "chop"}, {GradientMode::kExact, "exact"}, {GradientMode::kFull, "full"},
    {GradientMode::kCheckpoint, "checkpoint"}, {GradientMode::kFramewise, "framewise"}}};
constexpr std::array<Names<ChopForm>, 3> kForms{
    {{ChopForm::kSliding, "sliding"}, {ChopForm::kRecomputing, "recomputing"}, {ChopForm::kDelayed, "delayed"}}};
constexpr std::array<Names<CacheStore>, 4> kStores{{{CacheStore::kDevice, "device"}, {CacheStore::kHost, "host"},
    {CacheStore::kDisk, "disk"}, {CacheStore::kRecompute, "recompute"}}};

template <class List, class Value> std::string_view nameIn(const List& list, Value value)
{
    for (const auto& entry : list) {
        if (entry.first == value) {
            return entry.second;
        }
    }
    return {};
}

template <class Value, class List> std::optional<Value> valueIn(const List& list, std::string_view name)
{
    for (const auto& entry : list) {
        if (entry.second == name) {
            return entry.first;
        }
    }
    return std::nullopt;
}

GroupCounts chopCounts(const GradientSchedule& schedule, std::int64_t groups, bool coupledLoss)
{
    const std::int64_t distance = std::min<std::int64_t>(schedule.distance, groups - 1);
    const auto blocks = sweepBlocks(groups, schedule.distance, schedule.interval);
    std::int64_t swept = 0, longest = 0, caches = 0;
    for (const auto& block : blocks) {
        swept += block.end - block.reach;
        longest = std::max(longest, block.end - block.reach);
        caches = std::max(caches, block.end - std::max<std::int64_t>(block.reach, 1)); // none enters group 0
    }
    GroupCounts counts;
    counts.forwards = groups + (coupledLoss ? groups : 0);
    counts.backwards = swept;
    counts.liveGraphs = longest;
    if (schedule.form == ChopForm::kRecomputing) {
        counts.forwards += swept;
        counts.liveGraphs = 1;
        counts.keptCaches = caches;
    } else if (schedule.form == ChopForm::kDelayed) {
        counts.backwards = (distance + 1) * (groups - distance);
    }
    return counts;
}

GroupCounts exactCounts(const GradientSchedule& schedule, std::int64_t groups)
{
    const std::int64_t kept = std::min<std::int64_t>(schedule.keptGraphs, groups);
    GroupCounts counts;
    counts.forwards = 2 * groups - kept;
    counts.backwards = groups;
    counts.liveGraphs = std::max<std::int64_t>(kept, 1);
    counts.keptCaches = std::max<std::int64_t>(groups - 1 - kept, 0);
    if (schedule.store == CacheStore::kRecompute) {
        const std::int64_t k = recomputeSpacing(schedule, groups);
        const std::int64_t segments = (groups + k - 1) / k;
        counts.forwards = 3 * groups - segments;
        counts.liveGraphs = 1;
        // While the last stretch is swept all checkpoints are there; while the one before it, one less.
        const std::int64_t last = groups - (segments - 1) * k;
        counts.keptCaches = segments - 1 + last - 1;
        if (segments > 1) {
            counts.keptCaches = std::max(counts.keptCaches, segments - 2 + k - 1);
        }
    }
    return counts;
}

} // namespace

std::string GradientSchedule::problem() const
{
    if (distance < 0) {
        return "The truncation distance is a count of hand-offs: 0 or more.";
    }
    if (interval < 1) {
        return "The eviction interval is a count of groups: 1 or more.";
    }
    if (recomputeEvery < 0 || keptGraphs < 0) {
        return "Counts of groups cannot be negative.";
    }
    if (tiles.rows < 1 || tiles.columns < 1) {
        return "The grid of tiles needs at least one row and one column.";
    }
    if (tiles.haloCells < -1) {
        return "The halo is a count of latent cells: 0 or more.";
    }
    if (mode == GradientMode::kChop && form == ChopForm::kDelayed && interval != 1) {
        return "The delayed form sweeps each group once: its eviction interval is 1.";
    }
    if (mode == GradientMode::kChop && form == ChopForm::kDelayed && !tiles.isWhole()) {
        return "The delayed form works on the whole picture: choose the sliding or the recomputing form for tiles.";
    }
    if (mode == GradientMode::kChop && form == ChopForm::kRecomputing && store == CacheStore::kRecompute) {
        return "Recomputing chop keeps its few caches: choose the store device, host or disk.";
    }
    if (mode == GradientMode::kExact && store == CacheStore::kRecompute && keptGraphs > 0) {
        return "Kept graphs and recomputed caches exclude each other.";
    }
    if (mode == GradientMode::kFramewise && !tiles.isWhole()) {
        return "Frame-by-frame decoding is not tiled.";
    }
    return {};
}

std::string_view modeName(GradientMode mode)
{
    return nameIn(kModes, mode);
}

std::string_view formName(ChopForm form)
{
    return nameIn(kForms, form);
}

std::string_view storeName(CacheStore store)
{
    return nameIn(kStores, store);
}

std::optional<GradientMode> modeFromName(std::string_view name)
{
    return valueIn<GradientMode>(kModes, name);
}

std::optional<ChopForm> formFromName(std::string_view name)
{
    return valueIn<ChopForm>(kForms, name);
}

std::optional<CacheStore> storeFromName(std::string_view name)
{
    return valueIn<CacheStore>(kStores, name);
}

std::string scheduleText(const GradientSchedule& schedule)
{
    std::string text(modeName(schedule.mode));
    if (schedule.mode == GradientMode::kChop) {
        text += " D=" + std::to_string(schedule.distance);
        if (schedule.interval > 1) {
            text += " s=" + std::to_string(schedule.interval);
        }
        if (schedule.form != ChopForm::kSliding) {
            text += ", " + std::string(formName(schedule.form));
        }
    }
    const bool stores = schedule.mode == GradientMode::kExact ||
                        (schedule.mode == GradientMode::kChop && schedule.form == ChopForm::kRecomputing &&
                            schedule.store != CacheStore::kDevice);
    if (stores) {
        text += ", " + std::string(storeName(schedule.store));
        if (schedule.store == CacheStore::kRecompute && schedule.recomputeEvery > 0) {
            text += " every " + std::to_string(schedule.recomputeEvery);
        }
    }
    if (!schedule.tiles.isWhole()) {
        text += ", tiles " + std::to_string(schedule.tiles.rows) + "x" + std::to_string(schedule.tiles.columns);
        if (schedule.tiles.haloCells >= 0) {
            text += " halo " + std::to_string(schedule.tiles.haloCells);
        }
    }
    return text;
}

std::vector<SweepBlock> sweepBlocks(std::int64_t groups, std::int64_t distance, std::int64_t interval)
{
    std::vector<SweepBlock> blocks;
    for (std::int64_t first = 0; first < groups; first += interval) {
        blocks.push_back({first, std::min(first + interval, groups), std::max<std::int64_t>(0, first - distance)});
    }
    return blocks;
}

std::int64_t recomputeSpacing(const GradientSchedule& schedule, std::int64_t groups)
{
    if (schedule.recomputeEvery > 0) {
        return schedule.recomputeEvery;
    }
    return std::max<std::int64_t>(1, std::llround(std::sqrt(static_cast<double>(groups))));
}

GroupCounts groupCounts(const GradientSchedule& schedule, std::int64_t groups, bool coupledLoss)
{
    GroupCounts counts;
    if (groups < 1) {
        return counts;
    }
    switch (schedule.mode) {
    case GradientMode::kLatentOnly:
        return counts;
    case GradientMode::kChop:
        return chopCounts(schedule, groups, coupledLoss);
    case GradientMode::kExact:
        return exactCounts(schedule, groups);
    case GradientMode::kFull:
        return {groups, groups, groups, 0};
    case GradientMode::kCheckpoint:
        return {2 * groups, groups, 1, groups - 1};
    case GradientMode::kFramewise:
        return {groups + (coupledLoss ? groups : 0), groups, 1, 0};
    }
    return counts;
}

} // namespace reelmend::plan
