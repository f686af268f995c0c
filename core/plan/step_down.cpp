#include "core/plan/step_down.h"

#include <algorithm>

namespace reelmend::plan {

namespace {

std::optional<Rung> cheaperStore(const GradientSchedule& schedule, const StepDownLimits& limits)
{
    Rung rung{"", schedule, true};
    if (schedule.store == CacheStore::kDisk) {
        return std::nullopt;
    }
    const bool toHost = limits.accelerator && schedule.store != CacheStore::kHost;
    rung.name = toHost ? "caches in main memory" : "caches on disk";
    rung.schedule.store = toHost ? CacheStore::kHost : CacheStore::kDisk;
    return rung;
}

std::optional<Rung> finerTiles(const GradientSchedule& schedule, const StepDownLimits& limits)
{
    const int grid = 2 * std::max(schedule.tiles.rows, schedule.tiles.columns);
    if (!limits.tiles || grid > limits.maximumGrid) {
        return std::nullopt;
    }
    Rung rung{"tiles " + std::to_string(grid) + "x" + std::to_string(grid), schedule, true};
    rung.schedule.tiles.rows = rung.schedule.tiles.columns = grid;
    return rung;
}

std::optional<Rung> cheaperChop(const GradientSchedule& schedule, const StepDownLimits& limits)
{
    Rung rung{"", schedule, true};
    if (schedule.interval > 1) {
        rung.name = "one group at a time";
        rung.schedule.interval = 1;
        rung.sameGradient = false;
        return rung;
    }
    if (schedule.form != ChopForm::kRecomputing) {
        rung.name = "recompute groups";
        rung.schedule.form = ChopForm::kRecomputing;
        rung.schedule.store = CacheStore::kDevice;
        return rung;
    }
    if (auto store = cheaperStore(schedule, limits)) {
        return store;
    }
    if (auto tiles = finerTiles(schedule, limits)) {
        return tiles;
    }
    if (schedule.distance > 0) {
        rung.name = "D = 0";
        rung.schedule.distance = 0;
        rung.sameGradient = false;
        return rung;
    }
    return std::nullopt;
}

} // namespace

std::optional<Rung> stepDown(const GradientSchedule& schedule, const StepDownLimits& limits)
{
    Rung rung{"", schedule, true};
    switch (schedule.mode) {
    case GradientMode::kChop:
        return cheaperChop(schedule, limits);
    case GradientMode::kFull:
    case GradientMode::kCheckpoint:
        rung.name = "recompute groups";
        rung.schedule.mode = GradientMode::kExact;
        rung.schedule.store = CacheStore::kDevice;
        rung.schedule.keptGraphs = 0;
        return rung;
    case GradientMode::kExact:
        if (schedule.keptGraphs > 0) {
            rung.name = "keep no graphs";
            rung.schedule.keptGraphs = 0;
            return rung;
        }
        if (auto store = cheaperStore(schedule, limits)) {
            return store;
        }
        return finerTiles(schedule, limits);
    case GradientMode::kLatentOnly:
    case GradientMode::kFramewise:
        break;
    }
    return std::nullopt;
}

} // namespace reelmend::plan
