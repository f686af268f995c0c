#include "core/chopgrad/schedule_run.h"

namespace reelmend::chopgrad {

std::unique_ptr<CacheKeeper> makeStore(const plan::GradientSchedule& schedule, const GroupChain& chain,
    const models::CausalCache& entering, const std::filesystem::path& diskFolder, std::int64_t& forwards)
{
    switch (schedule.store) {
    case plan::CacheStore::kDevice:
        return makeDeviceStore();
    case plan::CacheStore::kHost:
        return makeHostStore();
    case plan::CacheStore::kDisk:
        return makeDiskStore(diskFolder.empty() ? std::filesystem::temp_directory_path() : diskFolder);
    case plan::CacheStore::kRecompute:
        return makeRecomputingStore(chain, plan::recomputeSpacing(schedule, chain.groups()), entering, forwards);
    }
    return makeDeviceStore();
}

std::vector<plan::SweepBlock> blocksOf(const plan::GradientSchedule& schedule, std::int64_t groups)
{
    switch (schedule.mode) {
    case plan::GradientMode::kChop:
        return plan::sweepBlocks(groups, schedule.distance, schedule.interval);
    case plan::GradientMode::kFramewise:
        return plan::sweepBlocks(groups, 0, 1);
    default:
        return plan::sweepBlocks(groups, 0, groups);
    }
}

void runSchedule(SweepScene& scene, const plan::GradientSchedule& schedule, const std::filesystem::path& diskFolder)
{
    const std::int64_t groups = scene.chain.groups();
    const auto blocks = blocksOf(schedule, groups);
    switch (schedule.mode) {
    case plan::GradientMode::kLatentOnly:
        return;
    case plan::GradientMode::kFull:
        return sweepFull(scene, false);
    case plan::GradientMode::kCheckpoint:
        return sweepFull(scene, true);
    case plan::GradientMode::kFramewise:
        return sweepStills(scene);
    case plan::GradientMode::kChop:
        if (schedule.form == plan::ChopForm::kSliding) {
            return sweepRetained(scene, blocks);
        }
        if (schedule.form == plan::ChopForm::kDelayed) {
            return sweepDelayed(scene, schedule.distance);
        }
        break;
    case plan::GradientMode::kExact:
        break;
    }
    const auto store = makeStore(schedule, scene.chain, scene.entering, diskFolder, scene.counts.forwards);
    const bool isExact = schedule.mode == plan::GradientMode::kExact;
    sweepRecomputed(scene, blocks, *store, isExact ? std::min<std::int64_t>(schedule.keptGraphs, groups) : 0);
}

} // namespace reelmend::chopgrad
