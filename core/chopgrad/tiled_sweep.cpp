#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/chopgrad/schedule_run.h"

namespace reelmend::chopgrad {

namespace {

// The global part's outputs, kept.
class FeatureCollector final : public Cotangents {
public:
    std::vector<at::Tensor> features;
    void seen(std::int64_t, const at::Tensor& output) override { features.push_back(output); }
    at::Tensor of(std::int64_t, std::int64_t) override { return {}; }
};

// Puts a tile's frames into those of the whole picture.
class TileValues final : public Cotangents {
public:
    TileValues(std::vector<at::Tensor>& frames, const Tile& tile, std::int64_t gridHeight, std::int64_t gridWidth)
        : frames_(frames)
        , tile_(tile)
        , gridHeight_(gridHeight)
        , gridWidth_(gridWidth)
    {}

    void seen(std::int64_t group, const at::Tensor& output) override
    {
        at::Tensor& whole = frames_.at(static_cast<std::size_t>(group));
        const std::int64_t scale = output.size(3) / tile_.whole.height();
        if (!whole.defined()) {
            whole =
                at::empty({output.size(0), output.size(1), output.size(2), gridHeight_ * scale, gridWidth_ * scale},
                    output.options());
        }
        const CellRect inTile{tile_.core.top - tile_.whole.top, tile_.core.left - tile_.whole.left,
            tile_.core.bottom - tile_.whole.top, tile_.core.right - tile_.whole.left};
        cropped(whole, tile_.core, gridHeight_).copy_(cropped(output, inTile, tile_.whole.height()));
    }
    at::Tensor of(std::int64_t, std::int64_t) override { return {}; }

private:
    std::vector<at::Tensor>& frames_;
    Tile tile_;
    std::int64_t gridHeight_, gridWidth_;
};

// The clip's cotangents inside a tile's core, zero in its halo: there other tiles answer.
class TileCotangents final : public Cotangents {
public:
    TileCotangents(ClipCotangents& clip, const Tile& tile, std::int64_t gridHeight)
        : clip_(clip)
        , tile_(tile)
        , gridHeight_(gridHeight)
    {}

    at::Tensor of(std::int64_t block, std::int64_t group) override
    {
        const at::Tensor whole = clip_.of(block, group);
        if (!whole.defined()) {
            return {};
        }
        const std::int64_t scale = whole.size(3) / gridHeight_;
        const at::Tensor core = cropped(whole, tile_.core, gridHeight_);
        return at::constant_pad_nd(
            core, {(tile_.core.left - tile_.whole.left) * scale, (tile_.whole.right - tile_.core.right) * scale,
                      (tile_.core.top - tile_.whole.top) * scale, (tile_.whole.bottom - tile_.core.bottom) * scale});
    }

private:
    ClipCotangents& clip_;
    Tile tile_;
    std::int64_t gridHeight_;
};

// Gradients at the global part's features, apart for each block of losses.
using FeatureGradients = std::map<std::pair<std::int64_t, std::int64_t>, at::Tensor>; // (block, group)

class TileSink final : public GradientSink {
public:
    TileSink(FeatureGradients& features, GradientSum& sum, const std::vector<at::Tensor>& like, const Tile& tile)
        : features_(features)
        , sum_(sum)
        , like_(like)
        , tile_(tile)
    {}

    void add(std::int64_t block, std::int64_t group, const std::vector<at::Tensor>& inputs,
        const std::vector<at::Tensor>& parameters) override
    {
        const at::Tensor& like = like_.at(static_cast<std::size_t>(group));
        if (inputs[0].defined()) {
            at::Tensor& whole = features_[{block, group}];
            if (!whole.defined()) {
                whole = at::zeros_like(like);
            }
            cropped(whole, tile_.whole, like.size(3)).add_(inputs[0]);
        }
        for (std::size_t level = 0; level + 1 < inputs.size(); ++level) {
            sum_.addSkip(group, level, inputs[level + 1], tile_.whole, like.size(3));
        }
        sum_.addParameters(parameters);
    }

private:
    FeatureGradients& features_;
    GradientSum& sum_;
    const std::vector<at::Tensor>& like_;
    Tile tile_;
};

class FeatureCotangents final : public Cotangents {
public:
    explicit FeatureCotangents(FeatureGradients& features)
        : features_(features)
    {}
    at::Tensor of(std::int64_t block, std::int64_t group) override
    {
        const auto found = features_.find({block, group});
        return found == features_.end() ? at::Tensor() : found->second;
    }
    void release(std::int64_t block, std::int64_t) override
    {
        features_.erase(features_.begin(), features_.lower_bound({block, 0}));
    }

private:
    FeatureGradients& features_;
};

// Passes on what concerns the latents; parameters and hand-offs too.
class LatentSink final : public GradientSink {
public:
    explicit LatentSink(GradientSum& sum)
        : sum_(sum)
    {}
    void add(std::int64_t block, std::int64_t group, const std::vector<at::Tensor>& inputs,
        const std::vector<at::Tensor>& parameters) override
    {
        sum_.add(block, group, {inputs[0]}, parameters);
    }

private:
    GradientSum& sum_;
};

void addCounts(SweepCounts& into, const SweepCounts& counts)
{
    into.forwards += counts.forwards;
    into.backwards += counts.backwards;
    into.liveGraphs = std::max(into.liveGraphs, counts.liveGraphs);
    into.held.caches = std::max(into.held.caches, counts.held.caches);
    into.held.device = std::max(into.held.device, counts.held.device);
    into.held.host = std::max(into.held.host, counts.held.host);
    into.held.disk = std::max(into.held.disk, counts.held.disk);
}

} // namespace

std::vector<at::Tensor> runTiledValues(TiledRun& run)
{
    const GlobalChain global(run.decoder, run.clip);
    FeatureCollector collector;
    SweepScene whole{global, run.clip.entering, {}, collector, run.sum, run.options.control, run.observer, {}};
    runValues(whole);
    addCounts(run.globalCounts, whole.counts);

    const std::int64_t height = run.clip.latents.size(3), width = run.clip.latents.size(4);
    const auto& grid = run.schedule.tiles;
    const int exact = run.decoder.localHalo();
    std::vector<Tile> tiles = tilesOf(height, width, grid.rows, grid.columns, std::max<std::int64_t>(exact, 0));
    if (exact < 0) { // values of a decoder that cannot be tiled come from the whole picture
        tiles = tilesOf(height, width, 1, 1, 0);
    }
    std::vector<at::Tensor> frames(collector.features.size());
    for (const Tile& tile : tiles) {
        const TileChain chain(run.decoder, collector.features, run.clip, tile);
        TileValues values(frames, tile, height, width);
        SweepScene scene{chain, cropped(run.clip.entering, tile.whole, height), {}, values, run.sum,
            run.options.control, run.observer, {}};
        runValues(scene);
        addCounts(run.tileCounts, scene.counts);
    }
    for (std::size_t group = 0; group < frames.size(); ++group) {
        run.cotangents.seen(static_cast<std::int64_t>(group), frames[group]);
        frames[group] = at::Tensor();
    }
    run.cotangents.close();
    return std::move(collector.features);
}

void sweepTiles(TiledRun& run, const std::vector<at::Tensor>& features)
{
    const std::int64_t height = run.clip.latents.size(3), width = run.clip.latents.size(4);
    const auto& grid = run.schedule.tiles;
    const std::int64_t halo = grid.haloCells >= 0 ? grid.haloCells : run.decoder.localHalo();
    if (halo < 0) {
        throw base::Error(base::ErrorKind::kUsage, "This decoder cannot be divided into tiles exactly.",
            "Its layers look at the whole picture.", "Choose a halo, and check the gradient with measure locality.");
    }
    FeatureGradients gradients;
    for (const Tile& tile : tilesOf(height, width, grid.rows, grid.columns, halo)) {
        const TileChain chain(run.decoder, features, run.clip, tile);
        TileCotangents cotangents(run.cotangents, tile, height);
        TileSink sink(gradients, run.sum, features, tile);
        SweepScene scene{chain, cropped(run.clip.entering, tile.whole, height), run.trained.tensors, cotangents, sink,
            run.options.control, run.observer, {}};
        runSchedule(scene, run.schedule, run.options.diskFolder);
        addCounts(run.tileCounts, scene.counts);
    }
    const GlobalChain global(run.decoder, run.clip);
    FeatureCotangents cotangents(gradients);
    LatentSink sink(run.sum);
    SweepScene scene{
        global, run.clip.entering, run.trained.tensors, cotangents, sink, run.options.control, run.observer, {}};
    runSchedule(scene, run.schedule, run.options.diskFolder);
    addCounts(run.globalCounts, scene.counts);
}

} // namespace reelmend::chopgrad
