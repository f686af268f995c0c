#include "core/plan/memory_plan.h"

#include <algorithm>
#include <cmath>

namespace reelmend::plan {

namespace {

// Costs of a group at one picture size, in bytes.
struct GroupBytes {
    double input, output, cache, kept, value, make, pull, pullKept, pullAlone;
};

GroupBytes bytesOf(const GroupCosts& costs, double cells)
{
    return {costs.input.at(cells), costs.output.at(cells), costs.cache.at(cells), costs.kept.at(cells),
        costs.value.at(cells), costs.make.at(cells), costs.pull.at(cells), costs.pullKept.at(cells),
        costs.pullAlone.at(cells)};
}

// What W(N, D, s) needs without making the list of blocks: see sweepBlocks().
struct BlockSums {
    std::int64_t swept = 0, longest = 0, caches = 0;
};

BlockSums blockSums(std::int64_t groups, std::int64_t distance, std::int64_t interval)
{
    BlockSums sums;
    for (std::int64_t first = 0; first < groups; first += interval) {
        const std::int64_t end = std::min(first + interval, groups),
                           reach = std::max<std::int64_t>(0, first - distance);
        sums.swept += end - reach;
        sums.longest = std::max(sums.longest, end - reach);
        sums.caches = std::max(sums.caches, end - std::max<std::int64_t>(reach, 1));
    }
    return sums;
}

GroupCounts countsOf(const GradientSchedule& schedule, std::int64_t groups, bool coupledLoss)
{
    if (schedule.mode != GradientMode::kChop || groups < 1) {
        return groupCounts(schedule, groups, coupledLoss); // closed forms that allocate nothing
    }
    const BlockSums sums = blockSums(groups, schedule.distance, schedule.interval);
    const std::int64_t distance = std::min<std::int64_t>(schedule.distance, groups - 1);
    GroupCounts counts{groups + (coupledLoss ? groups : 0), sums.swept, sums.longest, 0};
    if (schedule.form == ChopForm::kRecomputing) {
        counts.forwards += sums.swept;
        counts.liveGraphs = 1;
        counts.keptCaches = sums.caches;
    } else if (schedule.form == ChopForm::kDelayed) {
        counts.backwards = (distance + 1) * (groups - distance);
    }
    return counts;
}

// Where the caches of a store lie while a sweep runs.
struct StoreBytes {
    double device = 0;   // beyond the caches in flight
    double inFlight = 0; // read ahead
};

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

// The groups of a chain at one picture size: the first, the one after it, all later ones.
struct ChainBytes {
    GroupBytes first, second, steady;

    // That of a clip of so many groups, or of a window that ends there.
    const GroupBytes& last(std::int64_t groups) const { return groups == 1 ? first : groups == 2 ? second : steady; }
    // Graphs of `live` groups, the last of them number groups - 1.
    double kept(std::int64_t live, std::int64_t groups) const
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
};

// Peaks of one chain under a schedule, by the order of events in core/chopgrad/sweep_parts.cpp. `outputs`: cotangents
// and values of all groups that the schedule holds at once.
struct ChainPeaks {
    double values = 0, sweep = 0;
};

// The same where the window stands at the front of the clip, whose first group may be longer than the later ones.
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

ChainPeaks recomputingPeaks(const GradientSchedule& schedule, std::int64_t groups, const ChainBytes& chain,
    const GroupCounts& counts, bool separateStore, MemoryPrediction& result)
{
    const GroupBytes &first = chain.first, &steady = chain.steady;
    const double cache = steady.cache;
    const bool alone = schedule.distance == 0 && schedule.interval == 1;
    const StoreBytes store = storeBytes(schedule, counts, cache, separateStore, result);
    const bool elsewhere = store.inFlight > 0;
    // Beside the store: the cache that the next block starts from, and one that is carried; a store elsewhere still
    // writes the one that enters a block's last group, which carries nothing yet.
    const double carried = alone ? 0 : cache;
    double make = store.device + cache + carried + steady.make;
    if (elsewhere) {
        // A window that ends with group number end - 1: nobody goes on from the clip's last, and nothing is read
        // ahead for the first two groups.
        const auto windowMake = [&](std::int64_t end) {
            return (end < groups ? cache : 0) + carried + (end > 2 ? store.inFlight : 0) + chain.last(end).make;
        };
        make = std::max(windowMake(groups), windowMake(groups - 1));
    }
    const bool readsAhead = schedule.distance > 1 || schedule.interval > 1; // while something is carried
    const double inPull = elsewhere ? (readsAhead ? store.inFlight : 0) : store.device - cache;
    const double pull =
        inPull + cache + carried + steady.kept + (alone ? steady.pullAlone : std::max(steady.pull, steady.pullAlone));
    ChainPeaks peaks;
    peaks.values = std::max(store.device + (elsewhere ? cache : 0) + steady.value, first.value);
    peaks.sweep = std::max({make, pull, frontPeak(first) + carried});
    return peaks;
}

ChainPeaks chopPeaks(const GradientSchedule& schedule, std::int64_t groups, const ChainBytes& chain,
    const GroupCounts& counts, bool separateStore, MemoryPrediction& result)
{
    ChainPeaks peaks;
    const auto live = counts.liveGraphs;
    if (schedule.form == ChopForm::kRecomputing) {
        return groups == 1 ? ChainPeaks{chain.first.value, frontPeak(chain.first)}
                           : recomputingPeaks(schedule, groups, chain, counts, separateStore, result);
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

double roundedUp(std::int64_t size, int multiple)
{
    return static_cast<double>((size + multiple - 1) / multiple);
}

} // namespace

std::string_view phaseName(PlanPhase phase)
{
    constexpr std::array<std::string_view, kPlanPhases> kNames{"denoise", "values", "sweep", "denoise-gradient"};
    return kNames[static_cast<std::size_t>(phase)];
}

std::int64_t groupsFor(const DecoderCosts& decoder, std::int64_t frames)
{
    if (decoder.latentsPerGroup > 1) { // what is left over makes the first group longer, or stands alone
        const std::int64_t left = frames % decoder.framesPerGroup;
        return std::max<std::int64_t>(1, frames / decoder.framesPerGroup + (left > decoder.firstFrames ? 1 : 0));
    }
    const std::int64_t beyond = std::max<std::int64_t>(0, frames - decoder.firstFrames);
    return 1 + (beyond + decoder.framesPerGroup - 1) / decoder.framesPerGroup;
}

const GroupCosts& firstGroupOf(const DecoderCosts& decoder, std::int64_t frames)
{
    if (decoder.latentsPerGroup == 1) {
        return decoder.first;
    }
    if (frames <= decoder.firstFrames) {
        return decoder.still;
    }
    const std::int64_t left = frames % decoder.framesPerGroup;
    const bool isLonger = frames > decoder.framesPerGroup && left > 0 && left <= decoder.firstFrames;
    return isLonger ? decoder.longerFirst : decoder.first;
}

void MemoryPlan::setDenoiser(
    const DenoiserFootprint& denoiser, double elementBytes, double trainedParameters, bool checkpointed)
{
    denoiser_ = denoiser;
    denoiserElementBytes_ = elementBytes;
    denoiserTrained_ = trainedParameters;
    denoiserCheckpointed_ = checkpointed;
}

double MemoryPlan::sweepBytes(
    const PlanQuestion& question, std::int64_t groups, double cells, MemoryPrediction& result) const
{
    const bool stills = question.schedule.mode == GradientMode::kFramewise;
    const GroupBytes steady = bytesOf(decoder_.steady, cells);
    const GroupBytes first = bytesOf(firstGroupOf(decoder_, stills ? decoder_.firstFrames : question.frames), cells);
    const ChainBytes chain{first, bytesOf(decoder_.second, cells), steady};
    const ChainPeaks peaks =
        chainPeaks(question.schedule, groups, chain, result.counts, question.separateStore, result);
    // The loss of one group: its leaf, differences and gradient, beside the values.
    const double lossWork = 6 * steady.output / decoder_.elementBytes * 4;
    auto& phases = result.phaseBytes;
    phases[static_cast<std::size_t>(PlanPhase::kValues)] =
        peaks.values > 0 ? std::max(peaks.values, peaks.values - steady.value + lossWork) : 0;
    phases[static_cast<std::size_t>(PlanPhase::kSweep)] = peaks.sweep;
    return peaks.sweep;
}

double MemoryPlan::tiledBytes(
    const PlanQuestion& question, std::int64_t groups, double cells, MemoryPrediction& result) const
{
    const auto& tiles = question.schedule.tiles;
    const double height = roundedUp(question.height, decoder_.spatialStride);
    const double width = roundedUp(question.width, decoder_.spatialStride);
    const double halo = tiles.haloCells >= 0 ? tiles.haloCells : std::max(decoder_.haloCells, 0);
    const auto side = [&](double whole, int parts, double context) {
        return std::min(whole, std::ceil(whole / parts) + (parts > 2 ? 2 : 1) * (parts > 1 ? context : 0));
    };
    const double tileCells = side(height, tiles.rows, halo) * side(width, tiles.columns, halo);
    const double exactHalo = std::max(decoder_.haloCells, 0);
    const double valueCells =
        decoder_.haloCells < 0 ? cells : side(height, tiles.rows, exactHalo) * side(width, tiles.columns, exactHalo);
    const GroupBytes local = bytesOf(decoder_.localSteady, tileCells);
    const GroupBytes localFirst = bytesOf(firstGroupOf(decoder_, question.frames), tileCells);
    const GroupBytes values = bytesOf(decoder_.localSteady, valueCells);
    const GroupBytes global = bytesOf(decoder_.globalSteady, cells);
    const auto n = static_cast<double>(groups);
    // Features of all groups, and their gradients: one per pair of a block of losses and a group that it reaches.
    const double features = n * global.output;
    const double pairs =
        question.schedule.mode == GradientMode::kChop ? static_cast<double>(result.counts.backwards) : n;
    const ChainPeaks inTile = chainPeaks(
        question.schedule, groups, {localFirst, local, local}, result.counts, question.separateStore, result);
    const ChainPeaks inGlobal = chainPeaks(
        question.schedule, groups, {global, global, global}, result.counts, question.separateStore, result);
    auto& phases = result.phaseBytes;
    phases[static_cast<std::size_t>(PlanPhase::kValues)] = features + values.cache + values.value;
    const double sweep = features + pairs * global.output + std::max(inTile.sweep, inGlobal.sweep);
    phases[static_cast<std::size_t>(PlanPhase::kSweep)] = sweep;
    result.units *= tileCells * tiles.rows * tiles.columns / cells;
    return sweep;
}

MemoryPrediction MemoryPlan::predict(const PlanQuestion& question) const
{
    MemoryPrediction result;
    const GradientSchedule& schedule = question.schedule;
    const bool stills = schedule.mode == GradientMode::kFramewise;
    const std::int64_t groups = stills ? std::max<std::int64_t>(1, question.frames / decoder_.firstFrames)
                                       : groupsFor(decoder_, question.frames);
    const double cells =
        roundedUp(question.height, decoder_.spatialStride) * roundedUp(question.width, decoder_.spatialStride);
    const auto n = static_cast<double>(groups);
    const GroupCosts& first = firstGroupOf(decoder_, stills ? decoder_.firstFrames : question.frames);
    const double input = decoder_.steady.input.at(cells), firstInput = first.input.at(cells);
    const double latent = stills ? n * firstInput : firstInput + (n - 1) * input; // with skips, where there are any
    const double output = decoder_.steady.output.at(cells);
    const double firstOutput = first.output.at(cells);
    const double clip = stills ? n * firstOutput : firstOutput + (n - 1) * output; // one copy of the frames

    result.counts = countsOf(schedule, groups, question.coupledLoss);
    const double backward = decoder_.trainedBytes > 0 ? 2 : 1;
    result.units =
        static_cast<double>(result.counts.forwards) + backward * static_cast<double>(result.counts.backwards);
    result.weightBytes = decoder_.parameterBytes;

    // Latents and their gradient, the target; then the gradient at the frames where a schedule holds all of it. One
    // backward through the whole clip gives its graph back as the gradient comes.
    const double wide = 4 / decoder_.elementBytes; // sums and losses are float32
    const bool decodes = schedule.mode != GradientMode::kLatentOnly;
    const bool isChop = schedule.mode == GradientMode::kChop || stills;
    const bool holdsFrames = decodes && (!isChop || question.coupledLoss || !schedule.tiles.isWhole());
    double atOnce = holdsFrames ? clip
                                : static_cast<double>(schedule.distance) * output +
                                      (stills ? firstOutput : std::max(output, firstOutput));
    atOnce += decodes && question.coupledLoss ? 2 * clip * std::max(wide, 1.0) : 0;
    // When a chop is at its peak, the last group's gradient is not there yet, or part of what the pull takes.
    double gradient = latent;
    if (schedule.mode == GradientMode::kFull) {
        gradient = input;
    } else if (isChop && !stills && n > 1) {
        gradient -= input;
    }
    result.clipBytes = latent + std::max(wide, 1.0) * gradient + (decodes ? clip + atOnce : 0);

    if (decodes) {
        schedule.tiles.isWhole() ? sweepBytes(question, groups, cells, result)
                                 : tiledBytes(question, groups, cells, result);
    }
    const double gradients = 2 * decoder_.trainedBytes; // the sum and the part that is added
    auto& phases = result.phaseBytes;
    for (const PlanPhase phase : {PlanPhase::kValues, PlanPhase::kSweep}) {
        double& bytes = phases[static_cast<std::size_t>(phase)];
        bytes += bytes > 0 ? result.clipBytes + (phase == PlanPhase::kSweep ? gradients : 0) : 0;
    }
    if (denoiser_) {
        const DenoiserFootprint& d = *denoiser_;
        const double tokens = cells * n * decoder_.latentsPerGroup / (d.patchTime * d.patchHeight * d.patchWidth);
        const double weights = static_cast<double>(d.parameters) * denoiserElementBytes_;
        const double optimizer = denoiserTrained_ * 4 * 4; // gradient, two moments, master copy
        const double saved = (denoiserCheckpointed_ ? d.savedCheckpointed : d.saved) * denoiserElementBytes_;
        const double work = d.workElements * denoiserElementBytes_;
        result.weightBytes += weights + optimizer;
        phases[static_cast<std::size_t>(PlanPhase::kDenoise)] = 2 * latent + tokens * work;
        phases[static_cast<std::size_t>(PlanPhase::kDenoiseGradient)] = 3 * latent + tokens * (saved + work);
        if (!question.threePhases) {
            for (const PlanPhase phase : {PlanPhase::kValues, PlanPhase::kSweep}) {
                double& bytes = phases[static_cast<std::size_t>(phase)];
                bytes += bytes > 0 ? tokens * saved : 0;
            }
        }
    }
    for (double& bytes : phases) {
        bytes += bytes > 0 ? result.weightBytes : 0;
        result.peakBytes = std::max(result.peakBytes, bytes);
    }
    return result;
}

} // namespace reelmend::plan
