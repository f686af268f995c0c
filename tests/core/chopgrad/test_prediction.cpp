#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <tuple>

#include "core/chopgrad/measure_costs.h"
#include "core/chopgrad/measure_step.h"
#include "core/models/cogvideox_vae.h"
#include "core/models/wan_vae.h"
#include "core/plan/memory_plan.h"
#include "tests/support/random_decoder.h"

using namespace reelmend;
using plan::CacheStore;
using plan::ChopForm;
using plan::GradientMode;
using plan::GradientSchedule;

namespace {

std::vector<GradientSchedule> gridSchedules()
{
    std::vector<GradientSchedule> all;
    for (const int distance : {0, 1, 2}) {
        for (const ChopForm form : {ChopForm::kSliding, ChopForm::kRecomputing, ChopForm::kDelayed}) {
            all.push_back({GradientMode::kChop, distance, form});
        }
    }
    all.push_back({GradientMode::kChop, 1, ChopForm::kSliding, 3});
    for (const CacheStore store :
        {CacheStore::kDevice, CacheStore::kHost, CacheStore::kDisk, CacheStore::kRecompute}) {
        GradientSchedule exact;
        exact.store = store;
        all.push_back(exact);
    }
    GradientSchedule kept;
    kept.keptGraphs = 3;
    all.push_back(kept);
    GradientSchedule tiled;
    tiled.tiles = {2, 2, -1};
    all.push_back(tiled);
    tiled.mode = GradientMode::kChop;
    all.push_back(tiled);
    all.push_back({GradientMode::kFull});
    all.push_back({GradientMode::kCheckpoint});
    all.push_back({GradientMode::kFramewise});
    return all;
}

} // namespace

TEST_CASE("a plan calibrated on a small picture foretells the peak of larger ones within a tenth")
{
    for (const bool trained : {false, true}) {
        test::RandomDecoderConfig config;
        config.channels = 12;
        config.dtype = at::kFloat;
        test::RandomDecoder decoder(config);
        const auto visit = [&](const models::ParameterVisitor& visitor) { decoder.visit(visitor); };
        models::setRequiresGrad(visit, trained);
        const auto costs = chopgrad::measureCosts(decoder, at::kFloat);
        const plan::MemoryPlan plan(costs);
        // Trained weights on the smallest case only: the sizes grow alike.
        using Size = std::pair<std::int64_t, std::int64_t>; // width, frames
        for (const auto& [width, frames] :
            trained ? std::vector<Size>{{32, 9}} : std::vector<Size>{{32, 9}, {48, 19}}) {
            for (const auto& schedule : gridSchedules()) {
                chopgrad::StepCase step;
                step.schedule = schedule;
                step.frames = frames;
                step.width = width;
                step.height = 32;
                step.variables = trained ? chopgrad::Variables::kDecoder : chopgrad::Variables::kLatents;
                const auto cost = chopgrad::measureStep(decoder, step, at::kFloat);
                plan::PlanQuestion question;
                question.frames = frames;
                question.width = width;
                question.height = 32;
                question.schedule = schedule;
                const auto predicted = plan.predict(question);
                // Latents and the target were there before the tracker.
                const auto measured = static_cast<double>(cost.tensorPeakBytes + cost.latentBytes + cost.frameBytes);
                const double ratio = (predicted.peakBytes - predicted.weightBytes) / measured;
                INFO(plan::scheduleText(schedule) << ", " << width << "x32, " << frames << " frames, trained "
                                                  << trained << ": measured " << measured << ", ratio " << ratio);
                CHECK(ratio > 0.9);
                CHECK(ratio < 1.1);
                CHECK(predicted.counts.forwards == plan::groupCounts(schedule, cost.groups).forwards);
                CHECK(predicted.diskBytes == doctest::Approx(static_cast<double>(cost.held.disk)).epsilon(0.1));
            }
        }
    }
}

TEST_CASE(
    "a plan of a narrow Wan decoder, calibrated on at most a quarter of the area, never promises less than it needs")
{
    models::WanVaeConfig config;
    config.decoderChannels = {8, 16, 32, 32};
    config.decoderStem = 32;
    const auto decoder = models::makeWanDecoder(config);
    models::initialiseRandomly([&](const models::ParameterVisitor& v) { decoder->visit(v); }, 2, at::kFloat);
    const plan::MemoryPlan plan(chopgrad::measureCosts(*decoder, at::kFloat)); // 4x4 and 8x8 latent cells
    std::vector<GradientSchedule> schedules = {{GradientMode::kChop, 0}, {GradientMode::kChop, 1},
        {GradientMode::kChop, 2}, {GradientMode::kChop, 1, ChopForm::kRecomputing}, {GradientMode::kFull},
        {GradientMode::kCheckpoint}};
    for (const CacheStore store : {CacheStore::kDevice, CacheStore::kDisk, CacheStore::kRecompute}) {
        schedules.emplace_back();
        schedules.back().mode = GradientMode::kExact;
        schedules.back().store = store;
    }
    for (const CacheStore store : {CacheStore::kDevice, CacheStore::kDisk}) {
        schedules.push_back({GradientMode::kChop, 2, ChopForm::kRecomputing});
        schedules.back().store = store;
    }
    using Clip = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
    for (const auto& [width, height, frames] : {Clip{96, 80, 13}, Clip{128, 128, 9}}) {
        for (const auto& schedule : schedules) {
            chopgrad::StepCase step;
            step.schedule = schedule;
            step.frames = frames;
            step.width = width;
            step.height = height;
            const auto cost = chopgrad::measureStep(*decoder, step, at::kFloat);
            const auto predicted = plan.predict({frames, width, height, schedule});
            const double ratio = (predicted.peakBytes - predicted.weightBytes) /
                                 static_cast<double>(cost.tensorPeakBytes + cost.latentBytes + cost.frameBytes);
            INFO(plan::scheduleText(schedule) << ", " << width << "x" << height << ": ratio " << ratio);
            CHECK(ratio > 0.95);
            CHECK(
                ratio < 1.35); // measured: 1.0 to 1.3 at these few channels, where what is not the graph weighs most
        }
    }
}

TEST_CASE("a plan of a CogVideoX decoder never promises less than it needs, whatever its first group")
{
    models::CogVideoXVaeConfig config;
    config.latentChannels = 4;
    config.channels = {8, 8, 16};
    config.residualBlocks = 1;
    config.normGroups = 4;
    const auto decoder = models::makeCogVideoXDecoder(config);
    models::initialiseRandomly([&](const models::ParameterVisitor& v) { decoder->visit(v); }, 2, at::kFloat);
    const plan::MemoryPlan plan(chopgrad::measureCosts(*decoder, at::kFloat));
    GradientSchedule disk;
    disk.store = CacheStore::kDisk;
    for (const std::int64_t frames : {1, 9, 17, 24}) {
        for (const auto& schedule :
            {GradientSchedule{GradientMode::kChop, 0}, GradientSchedule{GradientMode::kChop, 1},
                GradientSchedule{GradientMode::kChop, 1, ChopForm::kRecomputing},
                GradientSchedule{GradientMode::kChop, 1, ChopForm::kDelayed}, GradientSchedule{GradientMode::kExact},
                disk, GradientSchedule{GradientMode::kFull}, GradientSchedule{GradientMode::kCheckpoint},
                GradientSchedule{GradientMode::kFramewise}}) {
            chopgrad::StepCase step;
            step.schedule = schedule;
            step.frames = frames;
            step.width = 64;
            step.height = 48;
            const auto cost = chopgrad::measureStep(*decoder, step, at::kFloat);
            const auto predicted = plan.predict({frames, 64, 48, schedule});
            const double ratio = (predicted.peakBytes - predicted.weightBytes) /
                                 static_cast<double>(cost.tensorPeakBytes + cost.latentBytes + cost.frameBytes);
            INFO(plan::scheduleText(schedule) << ", " << frames << " frames: ratio " << ratio);
            CHECK(ratio > 0.95);
            CHECK(ratio < 1.4);
            CHECK(cost.groups ==
                  (schedule.mode == GradientMode::kFramewise ? frames : plan::groupsFor(plan.decoder(), frames)));
        }
    }
}

TEST_CASE("frame counts and sizes that do not divide are refused with what would")
{
    test::RandomDecoder decoder({});
    CHECK(chopgrad::latentsForFrames(decoder, 9) == 5);
    CHECK(chopgrad::latentsForFrames(decoder, 9, true) == 9);
    CHECK_THROWS_WITH_AS(chopgrad::latentsForFrames(decoder, 10), doctest::Contains("9 or 11 frames"), base::Error);
    chopgrad::StepCase step;
    step.frames = 9;
    step.width = 33;
    step.height = 16;
    CHECK_THROWS_WITH_AS(
        chopgrad::stepData(decoder, step, at::kDouble), doctest::Contains("Choose 34x16"), base::Error);
}
