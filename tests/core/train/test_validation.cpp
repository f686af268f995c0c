#include <doctest/doctest.h>

#include <ATen/ATen.h>

#include <cmath>

#include "core/base/control.h"
#include "core/base/error.h"
#include "core/train/validation.h"
#include "tests/core/train/tiny_student.h"

using namespace reelmend;
using namespace reelmend::train;

namespace {

// One clip: the target is grey, what is given is off by a tenth, in the right half only where `masked`.
Batch greyBatch(bool masked)
{
    Batch batch;
    batch.target = at::zeros({1, 5, 3, 48, 64});
    batch.input = at::ones({1, 5, 5, 48, 64});
    batch.input.narrow(2, 0, 3).fill_(0.2); // 0.1 in [0, 1]
    if (masked) {
        batch.input.narrow(2, 3, 1).narrow(4, 0, 32).fill_(0);
    }
    batch.weight = at::ones({1, 5, 1, 48, 64});
    batch.conditions = {0};
    batch.details = {0};
    return batch;
}

Validation run(const Batch& batch, double value)
{
    return validate(
        {batch}, [&](const Batch& b) { return at::full_like(b.target, value); }, nullptr, base::Control());
}

} // namespace

TEST_CASE("scores are those of the given frames and of the result")
{
    const Validation v = run(greyBatch(false), 0.02);
    REQUIRE(v.clips.size() == 1);
    CHECK(v.before.psnr == doctest::Approx(20).epsilon(1e-4));
    CHECK(v.after.psnr == doctest::Approx(40).epsilon(1e-4));
    CHECK(v.after.flicker == doctest::Approx(0));
    CHECK(v.after.gmsd < 1e-3);
    CHECK(v.after.ssim > v.before.ssim);
    CHECK(std::isnan(v.after.lpips)); // no network was given
    CHECK(run(greyBatch(false), 0).after.psnr == 100);
}

TEST_CASE("outside the mask the given frames stay, and do not count")
{
    const Validation v = run(greyBatch(true), 0);
    CHECK(v.after.psnr == 100);
    CHECK(v.before.psnr == doctest::Approx(20).epsilon(1e-4));
    CHECK(v.clips[0].result[0][0][0][0].item<double>() == doctest::Approx(0.6)); // as given
    CHECK(v.clips[0].result[0][0][0][63].item<double>() == doctest::Approx(0.5));
}

TEST_CASE("flicker is the change of the result that the clean clip does not have")
{
    const Validation v = validate(
        {greyBatch(false)},
        [](const Batch& b) {
            const at::Tensor wobble = at::tensor({0.f, 0.2f, 0.f, 0.2f, 0.f}).view({1, 5, 1, 1, 1});
            return at::zeros_like(b.target) + wobble;
        },
        nullptr, base::Control());
    CHECK(v.after.flicker == doctest::Approx(25.5).epsilon(1e-3));
    CHECK(v.before.flicker == doctest::Approx(0));
}

TEST_CASE("pictures and the sheet have everything side by side")
{
    const Validation v = validate(
        {greyBatch(false), greyBatch(true)}, [](const Batch& b) { return at::zeros_like(b.target); }, nullptr,
        base::Control());
    CHECK(framePicture(v.clips[0].given, 0).sizes() == at::IntArrayRef{48, 64, 3});
    CHECK(framePicture(v.clips[0].given, 0)[0][0][0].item<int>() == 153);
    CHECK(differencePicture(v.clips[0]).max().item<int>() == 0);
    CHECK(differencePicture(v.clips[1])[0][0][0].item<int>() == 102); // four times 0.1
    CHECK(timeSlice(v.clips[0]).sizes() == at::IntArrayRef{3 * 5 * 4 + 2 * 4, 64, 3});
    CHECK(contactSheet(v).sizes() == at::IntArrayRef{2 * 48 + 4, 4 * 64 + 3 * 4, 3});
}

TEST_CASE("validation sees the same crops every time, no larger than the clips")
{
    const test::TinyTeaching scene;
    BatchSettings settings = scene.batches;
    settings.crop = 512;
    const auto a = validationBatches(*scene.pack, settings, 2), b = validationBatches(*scene.pack, settings, 2);
    CHECK(a[0].input.size(3) == 72);
    CHECK(at::equal(a[1].input, b[1].input));
    CHECK_FALSE(at::equal(a[0].input, a[1].input));
    CHECK(a[0].details.front() == 0);
    base::Control control;
    control.requestCancel();
    CHECK_THROWS_AS(validate(
                        a, [](const Batch& batch) { return batch.target; }, nullptr, control),
        base::Cancelled);
}
