#include <doctest/doctest.h>

#include "core/base/files.h"
#include "tests/core/train/tiny_latent.h"
#include "tests/core/train/tiny_student.h"
#include "tests/support/cuda.h"

using namespace reelmend;
using namespace reelmend::train;
using test::Lesson;
using test::TinyTeaching;

namespace {

const c10::Device kCard(c10::kCUDA, 0);

// The largest difference of any weight, relative to the largest weight.
double differenceOf(const Lesson& a, const Lesson& b)
{
    double most = 0, scale = 0;
    const auto ours = a.teacher->averaged(), theirs = b.teacher->averaged();
    for (const auto& [name, tensor] : ours) {
        most = std::max(most, (tensor.cpu() - theirs.at(name).cpu()).abs().max().item<double>());
        scale = std::max(scale, tensor.abs().max().item<double>());
    }
    return most / scale;
}

void advance(const Lesson& lesson, int steps)
{
    for (int i = 0; i < steps; ++i) {
        CHECK_FALSE(lesson.teacher->advance().rejected);
    }
}

} // namespace

TEST_CASE("a training on CUDA follows the CPU's, whatever the gradient, the weights and the optimizer")
{
    if (!test::cudaIsThere()) {
        return;
    }
    for (const plan::GradientMode mode :
        {plan::GradientMode::kFull, plan::GradientMode::kExact, plan::GradientMode::kChop}) {
        for (const bool adapter : {false, true}) {
            TinyTeaching scene;
            scene.student.gradient.mode = mode;
            scene.teacher.eightBit = adapter;
            if (adapter) {
                scene.student.adapter = models::LoraSettings{.rank = 4, .alpha = 4};
            }
            const Lesson here(scene);
            scene.useDevice(kCard);
            const Lesson there(scene);
            advance(here, 3);
            advance(there, 3);
            INFO("mode " << plan::modeName(mode) << " adapter " << adapter);
            // AdamW divides by the gradient's size: tiny gradients of other rounding move a weight as far as others.
            CHECK(differenceOf(here, there) < 1e-2);
        }
    }
}

TEST_CASE("on CUDA 2 n steps are n steps, a checkpoint and n steps, bit for bit, and the CPU goes on from it")
{
    if (!test::cudaIsThere()) {
        return;
    }
    for (const bool eightBit : {false, true}) {
        TinyTeaching scene;
        scene.teacher.eightBit = eightBit;
        scene.useDevice(kCard);
        const Lesson straight(scene), half(scene), resumed(scene);
        advance(straight, 6);
        straight.teacher->save(scene.folder / "straight.safetensors");
        advance(half, 3);
        half.teacher->save(scene.folder / "half.safetensors");
        resumed.teacher->load(scene.folder / "half.safetensors");
        advance(resumed, 3);
        resumed.teacher->save(scene.folder / "resumed.safetensors");
        CHECK(base::readFile(scene.folder / "straight.safetensors") ==
              base::readFile(scene.folder / "resumed.safetensors"));

        scene.useDevice(c10::Device(c10::kCPU));
        const Lesson elsewhere(scene);
        elsewhere.teacher->load(scene.folder / "half.safetensors");
        CHECK(differenceOf(half, elsewhere) == 0);
        advance(elsewhere, 3);
        CHECK(differenceOf(straight, elsewhere) < 1e-2);
    }
}

TEST_CASE("a step's phases on CUDA tell the card's peaks, and the data waits nowhere")
{
    if (!test::cudaIsThere()) {
        return;
    }
    TinyTeaching scene;
    scene.useDevice(kCard);
    const Lesson lesson(scene);
    const TeachingStep record = lesson.teacher->advance();
    for (const TeachingStep::Phase& phase : record.phases) {
        if (phase.name == "values" || phase.name == "gradient") {
            CHECK(phase.peakBytes > 100'000);
        }
    }
    CHECK(record.loss > 0);
}

TEST_CASE("a batch that was brought to the card is the batch")
{
    if (!test::cudaIsThere()) {
        return;
    }
    const TinyTeaching scene;
    const Batch batch = drawBatch(*scene.pack, scene.batches, 1, 2, 3);
    const BatchUpload upload(kCard);
    const Batch there = upload.there(batch);
    upload.hand(there);
    CHECK(there.input.device() == kCard);
    CHECK(at::equal(there.input.cpu(), batch.input));
    CHECK(at::equal(there.target.cpu(), batch.target));
    CHECK(at::equal(there.weight.cpu(), batch.weight));
}

TEST_CASE("adapters over Wan and VACE get the CPU's gradient on CUDA, the same bits every time")
{
    if (!test::cudaIsThere()) {
        return;
    }
    for (const char* transformer : {"wan_t2v", "wan_vace"}) {
        test::LatentScene scene(transformer);
        scene.settings.gradient = {plan::GradientMode::kChop, 1};
        const Batch batch = scene.batch();
        const test::Gradients wanted = test::gradientsOf(*scene.student(), batch, 1);
        scene.device = kCard;
        for (const bool recompute : {false, true}) {
            scene.settings.recompute = recompute;
            const auto student = scene.student();
            const test::Gradients once = test::gradientsOf(*student, batch, 1),
                                  twice = test::gradientsOf(*student, batch, 1);
            INFO(transformer << " recompute " << recompute);
            CHECK(test::distanceOf(once, wanted) < 1e-3);
            CHECK(test::distanceOf(once, twice) == 0);
            CHECK(student->frames({}, batch).device().is_cpu());
        }
    }
}
