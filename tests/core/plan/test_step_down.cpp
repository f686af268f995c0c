#include <doctest/doctest.h>

#include <set>

#include "core/plan/step_down.h"

using namespace reelmend::plan;

namespace {

std::vector<Rung> wayDown(GradientSchedule schedule, const StepDownLimits& limits)
{
    std::vector<Rung> rungs;
    while (const auto rung = stepDown(schedule, limits)) {
        rungs.push_back(*rung);
        schedule = rung->schedule;
        REQUIRE(rungs.size() < 20); // it ends
    }
    return rungs;
}

} // namespace

TEST_CASE("from full backpropagation the gradient stays exact to the last rung")
{
    const auto rungs = wayDown({GradientMode::kFull}, {true, true, 4});
    std::vector<std::string> names;
    for (const auto& rung : rungs) {
        names.push_back(rung.name);
        CHECK(rung.sameGradient);
        CHECK(rung.schedule.problem().empty());
    }
    CHECK(names == std::vector<std::string>{
                       "recompute groups", "caches in main memory", "caches on disk", "tiles 2x2", "tiles 4x4"});
}

TEST_CASE("chop gives up time first and its distance last")
{
    const auto rungs = wayDown({GradientMode::kChop, 2}, {false, true, 2});
    std::vector<std::string> names;
    for (const auto& rung : rungs) {
        names.push_back(rung.name);
        CHECK(rung.sameGradient == (rung.name != "D = 0"));
        CHECK(rung.schedule.problem().empty());
    }
    CHECK(names == std::vector<std::string>{"recompute groups", "caches on disk", "tiles 2x2", "D = 0"});
}

TEST_CASE("where nothing can be given up there is no rung")
{
    CHECK(!stepDown({GradientMode::kLatentOnly}, {true, true, 4}));
    CHECK(!stepDown({GradientMode::kFramewise}, {true, true, 4}));
    GradientSchedule last;
    last.store = CacheStore::kDisk;
    CHECK(!stepDown(last, {false, false, 4}));
}
