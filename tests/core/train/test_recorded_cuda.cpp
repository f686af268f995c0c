#include <doctest/doctest.h>

#include "tests/core/train/recorded_steps.h"
#include "tests/support/cuda.h"

using namespace reelmend;

TEST_CASE("recorded steps on CUDA are the plain steps")
{
    if (!test::cudaIsThere()) {
        return;
    }
    const c10::Device device(c10::kCUDA, 0);
    for (const bool withAdapter : {false, true}) {
        const test::RecordedSteps plain = test::recordedSteps(device, false, withAdapter),
                                  recorded = test::recordedSteps(device, true, withAdapter);
        for (std::size_t i = 0; i < plain.losses.size(); ++i) {
            CHECK(recorded.losses[i] == doctest::Approx(plain.losses[i]).epsilon(1e-4));
        }
        CHECK(test::differenceOf(plain, recorded) < 1e-3); // atomic sums differ from run to run
    }
}
