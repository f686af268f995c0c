#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/plan/memory_plan.h"

using namespace reelmend;
using namespace reelmend::plan;

namespace {

// Round numbers like Wan's: bytes per latent cell in float32.
DecoderCosts someCosts()
{
    GroupCosts steady;
    steady.input = {0, 64};
    steady.output = {0, 3072};
    steady.cache = {0, 600'000};
    steady.kept = {1e6, 1'070'000};
    steady.value = {20e6, 950'000};
    steady.make = {20e6, 1'300'000};
    steady.makeHeld = {20e6, 1'500'000};
    steady.pull = {20e6, 400'000};
    steady.pullKept = {20e6, 900'000};
    steady.pullAlone = {20e6, 250'000};
    GroupCosts first = steady;
    first.output = {0, 768};
    first.kept = {1e6, 300'000};
    DecoderCosts costs;
    costs.first = first;
    costs.steady = costs.second = steady;
    costs.localSteady = steady;
    costs.globalSteady = {{0, 64}, {0, 1536}, {0, 13'000}, {0, 14'000}, {0, 20'000}, {0, 25'000}, {0, 28'000},
        {0, 10'000}, {0, 20'000}, {0, 9'000}};
    costs.parameterBytes = 293e6;
    costs.haloCells = 13;
    costs.isMeasured = true;
    return costs;
}

double peak(const MemoryPlan& plan, PlanQuestion question, const GradientSchedule& schedule)
{
    question.schedule = schedule;
    return plan.predict(question).peakBytes;
}

} // namespace

TEST_CASE("full backpropagation grows by a graph per group, chop and disk stores do not grow")
{
    const MemoryPlan plan(someCosts());
    PlanQuestion few, many;
    few.frames = 17;
    many.frames = 93;
    const double cells = 104 * 60, group = 1e6 + 1'070'000 * cells;
    const auto growth = [&](const GradientSchedule& schedule) {
        return (peak(plan, many, schedule) - peak(plan, few, schedule)) / 19 / group;
    };
    CHECK(growth({GradientMode::kFull}) == doctest::Approx(1).epsilon(0.02));
    GradientSchedule disk;
    disk.store = CacheStore::kDisk;
    for (const GradientSchedule& schedule : {GradientSchedule{GradientMode::kChop, 0},
             GradientSchedule{GradientMode::kChop, 1}, GradientSchedule{GradientMode::kChop, 2},
             GradientSchedule{GradientMode::kChop, 2, ChopForm::kRecomputing}, disk}) {
        INFO(scheduleText(schedule));
        CHECK(growth(schedule) < 0.02);
    }
    CHECK(growth({GradientMode::kExact}) == doctest::Approx(600'000.0 / 1'070'000).epsilon(0.03));
    PlanQuestion onDisk = many;
    onDisk.schedule = disk;
    CHECK(plan.predict(onDisk).diskBytes == doctest::Approx(23 * 600'000 * cells));
}

TEST_CASE("memory orders as it must: D, tiles, stores, trained weights")
{
    const MemoryPlan plan(someCosts());
    const PlanQuestion question;
    double before = 0;
    for (const int distance : {0, 1, 2, 4, 8}) {
        const double bytes = peak(plan, question, {GradientMode::kChop, distance});
        CHECK(bytes > before);
        before = bytes;
    }
    GradientSchedule exact, disk, stretches, tiled;
    disk.store = CacheStore::kDisk;
    stretches.store = CacheStore::kRecompute;
    tiled.tiles = {2, 2, -1};
    tiled.store = CacheStore::kDisk;
    CHECK(peak(plan, question, disk) < peak(plan, question, stretches));
    CHECK(peak(plan, question, stretches) < peak(plan, question, exact));
    CHECK(peak(plan, question, exact) < peak(plan, question, {GradientMode::kFull}));
    PlanQuestion large = question;
    large.width = 1664;
    large.height = 960;
    CHECK(peak(plan, large, tiled) < peak(plan, large, disk));
    DecoderCosts trained = someCosts();
    trained.trainedBytes = 293e6;
    CHECK(peak(MemoryPlan(trained), question, disk) == doctest::Approx(peak(plan, question, disk) + 2 * 293e6));
}

TEST_CASE("the phases of a whole step: their largest in three phases, with the denoiser's graph on top in one")
{
    MemoryPlan plan(someCosts());
    DenoiserFootprint denoiser;
    denoiser.parameters = 1'400'000'000;
    denoiser.patchHeight = denoiser.patchWidth = 2;
    denoiser.saved = 400'000;
    denoiser.savedCheckpointed = 50'000;
    denoiser.workElements = 30'000;
    plan.setDenoiser(denoiser, 2, 20e6, true);
    PlanQuestion question;
    question.schedule = {GradientMode::kChop, 1};
    const auto three = plan.predict(question);
    double largest = 0;
    for (const double bytes : three.phaseBytes) {
        CHECK((bytes == 0 || bytes >= three.weightBytes));
        largest = std::max(largest, bytes);
    }
    CHECK(three.peakBytes == largest);
    CHECK(three.weightBytes == doctest::Approx(293e6 + 2.8e9 + 320e6));
    question.threePhases = false;
    const double tokens = 104 * 60 * 21 / 4.0;
    CHECK(plan.predict(question).peakBytes == doctest::Approx(three.phaseBytes[2] + tokens * 50'000 * 2));
}

TEST_CASE("what fits a budget comes with the best gradient first")
{
    const MemoryPlan plan(someCosts());
    PlanQuestion question;
    const auto plenty = choicesFor(plan, question, 1e15);
    REQUIRE(!plenty.fitting.empty());
    CHECK(plenty.fitting.front().schedule.mode == GradientMode::kFull);
    bool wasExact = true;
    double units = 0;
    for (const auto& choice : plenty.fitting) {
        CHECK((wasExact || !choice.isExact)); // never exact after truncated
        CHECK((!choice.isExact || choice.prediction.units >= units));
        units = choice.isExact ? choice.prediction.units : 0;
        wasExact = choice.isExact;
    }
    CHECK(plenty.fitting.back().schedule.mode == GradientMode::kLatentOnly);

    const double budget = 30e9;
    const auto some = choicesFor(plan, question, budget);
    REQUIRE(!some.fitting.empty());
    CHECK(some.fitting.front().isExact);
    CHECK(some.fitting.size() < plenty.fitting.size());
    for (const auto& choice : some.fitting) {
        CHECK(choice.prediction.peakBytes <= budget);
    }

    const auto nothing = choicesFor(plan, question, 2e9);
    for (const auto& choice : nothing.fitting) {
        CHECK(choice.schedule.mode == GradientMode::kLatentOnly);
    }
    REQUIRE(nothing.leastSchedule);
    CHECK(nothing.leastBytes > 2e9);
    CHECK(nothing.fittingWidth > 0);
    PlanQuestion smaller = question;
    smaller.width = nothing.fittingWidth;
    smaller.height = nothing.fittingHeight;
    CHECK(choicesFor(plan, smaller, 2e9).fitting.front().schedule.mode != GradientMode::kLatentOnly);
    CHECK(choicesFor(plan, question, 1e6).fittingWidth == 0); // the weights alone are more
}

TEST_CASE("odd sizes and frame counts are rounded up")
{
    const MemoryPlan plan(someCosts());
    PlanQuestion even, odd;
    even.frames = 85;
    even.width = 840;
    odd.frames = 82;
    odd.width = 833;
    CHECK(plan.predict(even).peakBytes == plan.predict(odd).peakBytes);
    CHECK(groupsFor(plan.decoder(), 1) == 1);
    CHECK(groupsFor(plan.decoder(), 81) == 21);
}

TEST_CASE("a latent that is left over makes the first group longer where groups have several")
{
    DecoderCosts costs = someCosts();
    costs.framesPerGroup = 8;
    costs.latentsPerGroup = 2;
    costs.first = costs.longerFirst = costs.still = costs.steady;
    costs.longerFirst.kept = {1e6, 1'300'000};
    costs.longerFirst.make = {20e6, 1'530'000};
    costs.longerFirst.output = {0, 3456};
    costs.still.kept = costs.still.make = {1e6, 150'000};
    costs.still.output = {0, 384};
    const MemoryPlan plan(costs);
    for (const auto& [frames, groups] : {std::pair(1, 1), std::pair(8, 1), std::pair(9, 1), std::pair(16, 2),
             std::pair(17, 2), std::pair(18, 3), std::pair(49, 6)}) {
        CAPTURE(frames);
        CHECK(groupsFor(costs, frames) == groups);
    }
    CHECK(&firstGroupOf(plan.decoder(), 1) == &plan.decoder().still);
    CHECK(&firstGroupOf(plan.decoder(), 17) == &plan.decoder().longerFirst);
    CHECK(&firstGroupOf(plan.decoder(), 16) == &plan.decoder().first);
    PlanQuestion even, odd;
    even.frames = 48;
    odd.frames = 49;
    const double cells = 104 * 60, longer = 230'000 * cells;
    const GradientSchedule chop = {GradientMode::kChop, 0};
    const double more = peak(plan, odd, chop) - peak(plan, even, chop);
    CHECK(more > longer);
    CHECK(more < 1.1 * longer);
    CHECK(peak(plan, odd, {GradientMode::kFramewise}) < peak(plan, even, chop) / 2);
    CHECK(decoderCostsFromJson(toJson(costs)) == costs);
}

TEST_CASE("costs survive JSON, and what is missing is named")
{
    const DecoderCosts costs = someCosts();
    nlohmann::json json = toJson(costs);
    CHECK(decoderCostsFromJson(json) == costs);
    json["steady_group"].erase("kept");
    CHECK_THROWS_WITH_AS(decoderCostsFromJson(json), doctest::Contains("kept"), base::Error);
    CHECK_THROWS_AS(decoderCostsFromJson(nlohmann::json::array()), base::Error);
}

TEST_CASE("an estimate from a footprint keeps what the footprint knows")
{
    CodecFootprint decoder;
    decoder.latentChannels = 16;
    decoder.cacheElements = 150'000;
    decoder.steady = {1, 4, 270'000, 1'100'000, 700'000, 85'000, 0, 0};
    decoder.first = {1, 1, 75'000, 430'000, 300'000, 40'000, 0, 0};
    const auto lean = estimateCosts(decoder, 2, OperatorChoice::kLean, false);
    CHECK(lean.steady.kept.perCell == 2 * 270'000);
    CHECK(estimateCosts(decoder, 2, OperatorChoice::kStock, false).steady.kept.perCell == 2 * 1'100'000);
    CHECK(estimateCosts(decoder, 2, OperatorChoice::kLean, true).steady.kept.perCell == 2 * 700'000);
    decoder.steady.latents = 2;
    decoder.steady.frames = 8;
    decoder.first = {3, 9, 300'000, 1'200'000, 800'000, 90'000, 0, 0};
    const auto several = estimateCosts(decoder, 2, OperatorChoice::kLean, false);
    CHECK(several.firstFrames == 1);
    CHECK(several.first == several.steady);
    CHECK(several.longerFirst.kept.perCell == 2 * 300'000);
    CHECK(several.still.kept.perCell == doctest::Approx(2 * 300'000 / 9.0));
    CHECK(!lean.isMeasured);
    CHECK(MemoryPlan(lean).predict({}).peakBytes > 0);
}

TEST_CASE("a recomputing chop holds its window's caches, and each peak is that of its order of events")
{
    DecoderCosts costs = someCosts();
    costs.first.cache = {0, 400'000}; // what enters group 1
    const MemoryPlan plan(costs);
    const double cells = 64;
    const auto bytes = [&](const LinearBytes& line) { return line.at(cells); };
    const auto sweep = [&](std::int64_t frames, int distance, CacheStore store) {
        PlanQuestion question{frames, 64, 64};
        question.schedule = {GradientMode::kChop, distance, ChopForm::kRecomputing};
        question.schedule.store = store;
        const MemoryPrediction prediction = plan.predict(question);
        return prediction.phaseBytes[static_cast<std::size_t>(PlanPhase::kSweep)] - prediction.clipBytes -
               prediction.weightBytes;
    };
    const double cache = bytes(costs.steady.cache), make = bytes(costs.steady.make),
                 held = bytes(costs.steady.makeHeld);
    // Six groups. D = 1: the window's older group is made beside the newer one's cache, the next and the carried one.
    CHECK(sweep(21, 1, CacheStore::kDevice) == doctest::Approx(4 * cache + make));
    // D = 2: the group in the middle is made while a later block still wants its cache: three stored, next, carried.
    CHECK(sweep(21, 2, CacheStore::kDevice) == doctest::Approx(5 * cache + held));
    // On disk: next, carried, entering and, unless the window ends there, the one that is read ahead.
    CHECK(sweep(21, 2, CacheStore::kDisk) == doctest::Approx(4 * cache + make));
    CHECK(sweep(21, 1, CacheStore::kDisk) == doctest::Approx(3 * cache + make));
    CHECK(sweep(21, 0, CacheStore::kDisk) == doctest::Approx(2 * cache + make));
    // Three groups, D = 1: the first group is made beside the cache that it handed on, what is carried for that, and
    // the next.
    CHECK(sweep(9, 1, CacheStore::kDevice) ==
          doctest::Approx(2 * bytes(costs.first.cache) + cache + bytes(costs.first.make)));
}

TEST_CASE("a prediction is cheap enough to follow the mouse")
{
    const MemoryPlan plan(someCosts());
    PlanQuestion question;
    const auto start = std::chrono::steady_clock::now();
    double sum = 0;
    constexpr int kCount = 20'000;
    for (int i = 0; i < kCount; ++i) {
        question.frames = 17 + i % 100;
        question.schedule = {i % 2 ? GradientMode::kChop : GradientMode::kExact, i % 5};
        sum += plan.predict(question).peakBytes;
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    CHECK(sum > 0);
    MESSAGE("predictions per second: " << kCount / seconds);
    CHECK(kCount / seconds > 50'000); // a tenth and less of what a free machine does (see docs/chopgrad.md)
}
