#pragma once
#include "core/chopgrad/sweep.h"

// Inside the folder: what sweep() is made of.
namespace reelmend::chopgrad {

// Makes the store that a schedule asks for. `forwards` counts groups run by a recomputing store.
std::unique_ptr<CacheKeeper> makeStore(const plan::GradientSchedule& schedule, const GroupChain& chain,
    const models::CausalCache& entering, const std::filesystem::path& diskFolder, std::int64_t& forwards);

// The blocks of losses that a schedule sweeps together.
std::vector<plan::SweepBlock> blocksOf(const plan::GradientSchedule& schedule, std::int64_t groups);

// Runs the schedule over one chain.
void runSchedule(SweepScene& scene, const plan::GradientSchedule& schedule, const std::filesystem::path& diskFolder);

struct TiledRun {
    models::CausalDecoder& decoder;
    const ClipLatents& clip;
    const plan::GradientSchedule& schedule;
    const SweepOptions& options;
    const TrainedParameters& trained;
    ClipCotangents& cotangents;
    GradientSum& sum;
    std::function<void(SweepStage, std::int64_t group)> observer;
    SweepCounts globalCounts, tileCounts;
};

// The frames of the clip into `run.cotangents`, tile by tile; exact where the decoder can be tiled exactly. Returns
// the global part's features per group, for sweepTiles().
std::vector<at::Tensor> runTiledValues(TiledRun& run);
void sweepTiles(TiledRun& run, const std::vector<at::Tensor>& features);

} // namespace reelmend::chopgrad
