#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/plan/memory_plan.h"

namespace reelmend::plan {

namespace {

// Best gradient first; among equal gradients the order does not matter, time decides.
std::vector<GradientSchedule> allSchedules(bool canTile)
{
    std::vector<GradientSchedule> all;
    const auto withTiles = [&](GradientSchedule schedule) {
        all.push_back(schedule);
        for (const int grid : {2, 4}) {
            if (canTile) {
                schedule.tiles = {grid, grid, -1};
                all.push_back(schedule);
            }
        }
    };
    GradientSchedule schedule;
    schedule.mode = GradientMode::kFull;
    all.push_back(schedule);
    for (const int kept : {0, 1, 2, 4, 8}) {
        schedule = {};
        schedule.keptGraphs = kept;
        kept == 0 ? withTiles(schedule) : all.push_back(schedule);
    }
    for (const CacheStore store : {CacheStore::kHost, CacheStore::kDisk, CacheStore::kRecompute}) {
        schedule = {};
        schedule.store = store;
        withTiles(schedule);
    }
    for (const int distance : {8, 4, 3, 2, 1, 0}) {
        for (const ChopForm form : {ChopForm::kSliding, ChopForm::kRecomputing}) {
            schedule = {};
            schedule.mode = GradientMode::kChop;
            schedule.distance = distance;
            schedule.form = form;
            withTiles(schedule);
        }
    }
    schedule = {};
    schedule.mode = GradientMode::kLatentOnly;
    all.push_back(schedule);
    return all;
}

// Smaller = better.
int gradientRank(const GradientSchedule& schedule, std::int64_t groups)
{
    switch (schedule.mode) {
    case GradientMode::kChop:
        return schedule.distance >= groups - 1 ? 0 : 1000 - schedule.distance;
    case GradientMode::kLatentOnly:
        return 2000;
    default:
        return 0;
    }
}

bool fits(const MemoryPlan& plan, const PlanQuestion& question, double budget)
{
    for (const auto& schedule : allSchedules(plan.decoder().haloCells >= 0)) {
        PlanQuestion asked = question;
        asked.schedule = schedule;
        if (schedule.mode != GradientMode::kLatentOnly && plan.predict(asked).peakBytes <= budget) {
            return true;
        }
    }
    return false;
}

} // namespace

PlanChoices choicesFor(const MemoryPlan& plan, PlanQuestion question, double budgetBytes)
{
    const std::int64_t groups = groupsFor(plan.decoder(), question.frames);
    PlanChoices choices;
    bool decodes = false;
    for (const auto& schedule : allSchedules(plan.decoder().haloCells >= 0)) {
        question.schedule = schedule;
        const bool isLatentOnly = schedule.mode == GradientMode::kLatentOnly;
        const auto prediction = plan.predict(question);
        if (!isLatentOnly && (!choices.leastSchedule || prediction.peakBytes < choices.leastBytes)) {
            choices.leastBytes = prediction.peakBytes;
            choices.leastSchedule = schedule;
        }
        if (prediction.peakBytes <= budgetBytes) {
            choices.fitting.push_back({schedule, prediction, gradientRank(schedule, groups) == 0});
            decodes = decodes || !isLatentOnly;
        }
    }
    std::stable_sort(choices.fitting.begin(), choices.fitting.end(), [&](const PlanChoice& a, const PlanChoice& b) {
        const int rankA = gradientRank(a.schedule, groups), rankB = gradientRank(b.schedule, groups);
        return rankA != rankB ? rankA < rankB : a.prediction.units < b.prediction.units;
    });
    if (decodes) {
        return choices;
    }
    const int step = plan.decoder().framesPerGroup;
    PlanQuestion smaller = question;
    for (std::int64_t count = groups - 1; count >= 1 && choices.fittingFrames == 0; --count) {
        const std::int64_t steps = plan.decoder().latentsPerGroup > 1 ? count : count - 1; // see groupsFor()
        smaller.frames = plan.decoder().firstFrames + steps * step;
        choices.fittingFrames = fits(plan, smaller, budgetBytes) ? smaller.frames : 0;
    }
    smaller = question;
    const int stride = plan.decoder().spatialStride;
    for (int percent = 95; percent >= 5 && choices.fittingWidth == 0; percent -= 5) {
        const auto scaled = [&](std::int64_t side) {
            return std::max<std::int64_t>(stride, side * percent / 100 / (2 * stride) * (2 * stride));
        };
        smaller.width = scaled(question.width);
        smaller.height = scaled(question.height);
        if (fits(plan, smaller, budgetBytes)) {
            choices.fittingWidth = smaller.width;
            choices.fittingHeight = smaller.height;
        }
    }
    return choices;
}

nlohmann::json toJson(const MemoryPrediction& prediction)
{
    nlohmann::json json = {{"peak_bytes", prediction.peakBytes}, {"weight_bytes", prediction.weightBytes},
        {"clip_bytes", prediction.clipBytes}, {"host_bytes", prediction.hostBytes},
        {"disk_bytes", prediction.diskBytes}, {"forwards", prediction.counts.forwards},
        {"backwards", prediction.counts.backwards}, {"live_graphs", prediction.counts.liveGraphs},
        {"time_units", prediction.units}};
    for (std::size_t phase = 0; phase < kPlanPhases; ++phase) {
        if (prediction.phaseBytes[phase] > 0) {
            json["phases"][phaseName(static_cast<PlanPhase>(phase))] = prediction.phaseBytes[phase];
        }
    }
    return json;
}

} // namespace reelmend::plan
