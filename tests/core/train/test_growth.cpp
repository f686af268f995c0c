#include <doctest/doctest.h>

#include <ATen/Parallel.h>

#include "core/tensor/device.h"
#include "core/tensor/memory_tracker.h"
#include "tests/core/train/tiny_student.h"

using namespace reelmend;
using namespace reelmend::train;

TEST_CASE("ten thousand steps take no more memory than the first hundred")
{
    tensor::setThreads(1);
    test::TinyTeaching scene;
    scene.batches.frames = 5;
    scene.batches.crop = 16;
    scene.teacher.microBatches = 1;
    scene.teacher.rate.peak = 1e-4;
    const test::Lesson lesson(scene);
    const auto advance = [&](int steps) {
        for (int i = 0; i < steps; ++i) {
            lesson.teacher->advance();
        }
    };
    advance(200);
    const std::int64_t before = tensor::processCurrentBytes();
    advance(9800);
    CHECK(lesson.teacher->step() == 10'000);
    CHECK(tensor::processCurrentBytes() < before + (8 << 20));
}
