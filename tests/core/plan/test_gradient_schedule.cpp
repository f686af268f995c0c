#include <doctest/doctest.h>

#include <algorithm>

#include "core/plan/gradient_schedule.h"

using namespace reelmend::plan;

TEST_CASE("every mode, form and store has a word, and the word leads back")
{
    for (const auto mode : {GradientMode::kLatentOnly, GradientMode::kChop, GradientMode::kExact, GradientMode::kFull,
             GradientMode::kCheckpoint, GradientMode::kFramewise}) {
        CHECK(modeFromName(modeName(mode)) == mode);
    }
    for (const auto form : {ChopForm::kSliding, ChopForm::kRecomputing, ChopForm::kDelayed}) {
        CHECK(formFromName(formName(form)) == form);
    }
    for (const auto store : {CacheStore::kDevice, CacheStore::kHost, CacheStore::kDisk, CacheStore::kRecompute}) {
        CHECK(storeFromName(storeName(store)) == store);
    }
    CHECK(!modeFromName("chop "));
    CHECK(!storeFromName(""));
}

TEST_CASE("a schedule is said in one line")
{
    GradientSchedule schedule;
    CHECK(scheduleText(schedule) == "exact, device");
    schedule.store = CacheStore::kRecompute;
    schedule.recomputeEvery = 4;
    schedule.tiles = {2, 4, 6};
    CHECK(scheduleText(schedule) == "exact, recompute every 4, tiles 2x4 halo 6");
    CHECK(scheduleText({GradientMode::kChop, 2, ChopForm::kRecomputing, 3}) == "chop D=2 s=3, recomputing");
    CHECK(scheduleText({GradientMode::kFull}) == "full");
}

TEST_CASE("schedules that cannot be run are named")
{
    CHECK(GradientSchedule().problem().empty());
    CHECK(!GradientSchedule{GradientMode::kChop, -1}.problem().empty());
    CHECK(!GradientSchedule{GradientMode::kChop, 1, ChopForm::kDelayed, 2}.problem().empty());
    CHECK(!GradientSchedule{GradientMode::kChop, 1, ChopForm::kSliding, 0}.problem().empty());
    GradientSchedule tiled{GradientMode::kChop, 1, ChopForm::kDelayed};
    tiled.tiles = {2, 2, -1};
    CHECK(!tiled.problem().empty());
    tiled.form = ChopForm::kSliding;
    CHECK(tiled.problem().empty());
    tiled.tiles.rows = 0;
    CHECK(!tiled.problem().empty());
}

TEST_CASE("blocks cover every loss once and reach as far as they promise")
{
    for (std::int64_t groups = 1; groups <= 12; ++groups) {
        for (std::int64_t distance = 0; distance <= 4; ++distance) {
            for (std::int64_t interval = 1; interval <= 5; ++interval) {
                std::int64_t next = 0;
                for (const auto& block : sweepBlocks(groups, distance, interval)) {
                    CHECK(block.first == next);
                    CHECK(block.end - block.first <= interval);
                    CHECK(block.reach == std::max<std::int64_t>(0, block.first - distance));
                    next = block.end;
                }
                CHECK(next == groups);
            }
        }
    }
}
