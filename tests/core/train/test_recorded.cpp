#include <doctest/doctest.h>

#include "core/base/error.h"
#include "tests/core/train/recorded_steps.h"

using namespace reelmend;

TEST_CASE("recorded steps are the plain steps, on a device where they are only repeated")
{
    for (const bool withAdapter : {false, true}) {
        const test::RecordedSteps plain = test::recordedSteps(c10::kCPU, false, withAdapter),
                                  recorded = test::recordedSteps(c10::kCPU, true, withAdapter);
        REQUIRE(plain.losses.size() == recorded.losses.size());
        for (std::size_t i = 0; i < plain.losses.size(); ++i) {
            CHECK(recorded.losses[i] == doctest::Approx(plain.losses[i]).epsilon(1e-5));
        }
        CHECK(test::differenceOf(plain, recorded) < 1e-5);
    }
}

TEST_CASE("what has not one size cannot be recorded, and says so")
{
    const test::TemporaryFolder folder;
    test::writeTinyPack(folder / "tiny.safetensors");
    const train::ClipPack pack(folder / "tiny.safetensors");
    train::LiteTraining t;
    t.network = test::tinyConfig();
    t.recorded = true;
    t.batch.longShare = 0.3;
    CHECK_THROWS_AS(train::LiteTrainer(t, pack, nullptr), base::Error);
    t.batch.longShare = 0;
    t.gradient.mode = plan::GradientMode::kChop;
    CHECK_THROWS_AS(train::LiteTrainer(t, pack, nullptr), base::Error);
}
