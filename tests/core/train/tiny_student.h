#pragma once
#include <ATen/core/grad_mode.h>

#include <memory>
#include <optional>

#include "core/train/lite_student.h"
#include "tests/core/train/tiny_lite.h"
#include "tests/core/train/tiny_pack.h"
#include "tests/support/test_support.h"

// A tiny network over tiny footage, and everything to teach it.
namespace reelmend::test {

struct TinyTeaching {
    TemporaryFolder folder;
    std::unique_ptr<train::ClipPack> pack;
    train::BatchSettings batches;
    train::LiteStudentSettings student;
    train::TeacherSettings teacher;

    TinyTeaching()
    {
        writeTinyPack(folder / "tiny.safetensors");
        pack = std::make_unique<train::ClipPack>(folder / "tiny.safetensors");
        batches.crop = 32;
        batches.clips = 1;
        batches.longShare = 0;
        batches.conditions = {1, 0, 0, 0, 0, 0, 0, 0};
        student.bfloat16 = false;
        teacher.rate = {2e-3, 2, 1000, false};
        teacher.microBatches = 2;
        teacher.optimizer.emaDecay = 0.9;
        teacher.identity = "all weights";
    }

    void useDevice(c10::Device device) { student.device = teacher.device = device; }
};

// A student and its teacher.
struct Lesson {
    std::unique_ptr<train::LiteStudent> student;
    std::unique_ptr<train::Teacher> teacher;

    explicit Lesson(const TinyTeaching& scene, train::ParallelGroup* group = nullptr)
        : student(std::make_unique<train::LiteStudent>(tinyLite(), scene.student, nullptr))
    {
        train::LiteStudent& own = *student;
        const train::ClipPack& pack = *scene.pack;
        const train::BatchSettings batches = scene.batches;
        teacher = std::make_unique<train::Teacher>(
            scene.teacher, [&own](const models::ParameterVisitor& v) { own.visitTrained(v); },
            [&pack, batches](std::int64_t step, std::int64_t item) {
                return train::drawBatch(
                    pack, batches, 1, static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(item));
            },
            [&own](const train::Batch& batch, std::uint64_t key, double share, train::TeachingStep& record,
                train::PhaseClock& clock) { own.backward(batch, key, share, record, clock); },
            group);
    }
};

} // namespace reelmend::test
