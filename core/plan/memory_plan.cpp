#include "core/plan/memory_plan.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/plan/chain_peaks.h"

namespace reelmend::plan {

namespace {

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
