#include <doctest/doctest.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "core/models/evaluate.h"
#include "core/models/wan_vace.h"
#include "core/train/latent_student.h"
#include "tests/core/train/gradients.h"
#include "tests/core/train/tiny_latent.h"

using namespace reelmend;
using namespace reelmend::train;
using test::distanceOf;
using test::Gradients;
using test::gradientsOf;
using Scene = test::LatentScene;

namespace {

// The definition: the recipe written out once more, the whole clip decoded at once, LibTorch's own backward.
Gradients definition(const Scene& scene, LatentStudent& student, const Batch& batch)
{
    const LatentModel model = test::latentModel(scene.folder / "model", scene.isInpaint);
    Gradients leaves;
    student.visitTrained([&](const std::string& name, at::Tensor& t, at::IntArrayRef) {
        leaves[name] = t.detach().clone().requires_grad_(true);
    });
    const auto apply = [&](auto& network, models::LoraSettings settings, const std::string& prefix) {
        const auto visit = [&](const models::ParameterVisitor& visitor) { network.visit(visitor); };
        models::setRequiresGrad(visit, false);
        models::Lora lora = models::freshLora(visit, settings, 1);
        lora.visit([&](const std::string& name, at::Tensor& t, at::IntArrayRef) { t = leaves.at(prefix + name); });
        models::applyLora(visit, lora);
    };
    apply(*model.denoiser, scene.settings.adapter, "denoiser.");
    apply(*model.decoder, *scene.settings.decoderAdapter, "decoder.");
    models::Conditioning given;
    at::Tensor degraded;
    {
        const at::NoGradGuard noGrad;
        const auto latentsOf = [&](const at::Tensor& video) {
            return models::normalised(
                model.codec, models::posteriorMean(model.codec, models::encoded(*model.encoder, video)));
        };
        const at::Tensor video = batch.input.narrow(2, 0, 3).transpose(1, 2);
        const at::Tensor mask = batch.input.narrow(2, 3, 1).transpose(1, 2).gt(0).to(at::kFloat);
        degraded = latentsOf(scene.isInpaint ? video * (1 - mask) : video);
        if (scene.isInpaint) {
            const at::Tensor folded = // one latent of a group of four frames takes the mask of its middle
                models::foldedMask(mask, model.codec.spatialStride, degraded.size(2));
            given.context = at::cat({degraded, latentsOf(video * mask), folded}, 1);
        }
    }
    given.timestep = at::full({2}, 200.0, at::kDouble);
    given.text = model.text.expand({2, -1, -1});
    const at::Tensor clean = degraded - model.denoiser->predict(degraded, given).prediction;
    const at::Tensor z = models::denormalised(model.codec, clean);
    std::vector<at::Tensor> parts;
    models::DecoderCache cache;
    for (const models::GroupSpan& span : model.decoder->groups(z.size(2))) {
        models::DecodeStep step =
            model.decoder->decode(z.narrow(2, span.latents.begin, span.latents.size()), {}, std::move(cache));
        parts.push_back(step.frames);
        cache = std::move(step.cache);
    }
    LossTerms terms;
    pixelLoss(at::cat(parts, 2).transpose(1, 2), batch, scene.settings.losses, nullptr, 5, terms).backward();
    Gradients gradients;
    for (const auto& [name, leaf] : leaves) {
        gradients[name] = leaf.grad();
    }
    return gradients;
}

} // namespace

TEST_CASE("adapters over Wan and VACE get the gradient of the definition, through transformer and decoder")
{
    for (const char* transformer : {"wan_t2v", "wan_vace"}) {
        Scene scene(transformer);
        const Batch batch = scene.batch();
        const Gradients wanted = definition(scene, *scene.student(), batch);
        for (const plan::GradientMode mode :
            {plan::GradientMode::kFull, plan::GradientMode::kExact, plan::GradientMode::kChop}) {
            for (const bool recompute : {false, true}) {
                scene.settings.gradient.mode = mode;
                scene.settings.gradient.distance = 2; // reaches all three groups
                scene.settings.recompute = recompute;
                const double apart = distanceOf(gradientsOf(*scene.student(), batch, 1), wanted);
                INFO(transformer << " mode " << plan::modeName(mode) << " recompute " << recompute << ": " << apart);
                CHECK(apart < 2e-4);
            }
        }
        scene.settings.gradient = {plan::GradientMode::kChop, 0};
        CHECK(distanceOf(gradientsOf(*scene.student(), batch, 1), wanted) > 1e-3); // what is cut is missing
    }
}

TEST_CASE("shares add up, the base stays as it is, and fresh adapters change nothing")
{
    Scene scene("wan_t2v");
    scene.settings.gradient = {plan::GradientMode::kChop, 1};
    const Batch batch = scene.batch();
    const auto student = scene.student();
    const Gradients whole = gradientsOf(*student, batch, 1);
    TeachingStep record;
    PhaseClock clock(record);
    student->backward(batch, 5, 0.25, record, clock);
    CHECK(distanceOf(gradientsOf(*student, batch, 0.75), whole) < 1e-6); // on top of the quarter

    Scene plain("wan_t2v");
    const LatentStudent::Values none;
    auto fresh = LatentStudent(test::latentModel(plain.folder / "model", false), plain.settings, nullptr);
    const at::Tensor before = fresh.frames(none, batch);
    CHECK(before.sizes() == batch.target.sizes());
    LatentStudent::Values ones;
    fresh.visitTrained([&](const std::string& name, at::Tensor& t, at::IntArrayRef) { ones[name] = t + 0.2; });
    CHECK_FALSE(at::allclose(fresh.frames(ones, batch), before, 1e-4, 1e-4));
    CHECK(at::equal(fresh.frames(none, batch), before));
}

TEST_CASE("latent-only compares latents, and the decoder's adapter is left alone")
{
    Scene scene("wan_t2v");
    scene.settings.gradient = {plan::GradientMode::kLatentOnly};
    scene.settings.decoderAdapter.reset();
    const Batch batch = scene.batch();
    const auto student = scene.student();
    TeachingStep record;
    PhaseClock clock(record);
    student->backward(batch, 5, 1, record, clock);
    CHECK(record.terms.loss.item<double>() > 0);
    double size = 0;
    student->visitTrained([&](const std::string&, at::Tensor& t, at::IntArrayRef) {
        size += t.grad().defined() ? t.grad().square().sum().item<double>() : 0;
    });
    CHECK(size > 0);
}

TEST_CASE("networks that are idle wait in host memory, and nothing else changes")
{
    for (const char* transformer : {"wan_t2v", "wan_vace"}) {
        Scene scene(transformer);
        scene.settings.gradient = {plan::GradientMode::kChop, 1};
        scene.settings.recompute = true;
        const Batch batch = scene.batch();
        const auto plain = scene.student();
        const Gradients wanted = gradientsOf(*plain, batch, 1);
        scene.settings.offload = true;
        const auto student = scene.student();
        CHECK(distanceOf(gradientsOf(*student, batch, 1), wanted) == 0);
        CHECK(distanceOf(gradientsOf(*student, batch, 1), wanted) == 0); // and once more
        CHECK(at::equal(student->frames({}, batch), plain->frames({}, batch)));
    }
}

TEST_CASE("a shelf takes a network's weights away and brings them back")
{
    Scene scene("wan_t2v");
    const auto network = models::loadDenoiser(scene.folder / "model" / "transformer", {});
    const auto visit = [&](const models::ParameterVisitor& visitor) { network->visit(visitor); };
    std::vector<at::Tensor> before;
    visit([&](const std::string&, at::Tensor& t, at::IntArrayRef) { before.push_back(t); });
    const std::int64_t bytes = models::parameterBytes(visit);
    WeightShelf shelf(visit, c10::Device(c10::kCPU));
    CHECK(models::parameterBytes(visit) == 0);
    tensor::MemoryTracker tracker;
    for (int round = 0; round < 2; ++round) {
        shelf.bring();
        shelf.bring(); // is there already
        CHECK(tracker.currentBytes() >= bytes);
        CHECK(tracker.currentBytes() < bytes * 11 / 10 + 65'536); // each block is rounded up
        std::size_t next = 0;
        visit([&](const std::string&, at::Tensor& t, at::IntArrayRef) { CHECK(at::equal(t, before[next++])); });
        shelf.park();
        CHECK(tracker.currentBytes() == 0);
    }
}

TEST_CASE("the step's D goes before the settings', and a step's phases are all told")
{
    Scene scene("wan_t2v");
    scene.settings.gradient = {plan::GradientMode::kChop, 0};
    const Batch batch = scene.batch();
    const Gradients wanted = gradientsOf(*scene.student(), batch, 1);
    scene.settings.gradient.distance = 2;
    const auto student = scene.student();
    TeachingStep record;
    record.distance = 0;
    PhaseClock clock(record);
    student->backward(batch, 5, 1, record, clock);
    Gradients gradients;
    student->visitTrained(
        [&](const std::string& name, at::Tensor& t, at::IntArrayRef) { gradients[name] = t.grad(); });
    CHECK(distanceOf(gradients, wanted) == 0);
    std::string names;
    for (const TeachingStep::Phase& phase : record.phases) {
        names += phase.name + " ";
        CHECK(phase.peakBytes > 0);
    }
    CHECK(names == "encode denoise values sweep denoise-gradient adapters ");
}

TEST_CASE("the decay that is measured on a batch chooses D: the less is allowed to be missing, the more")
{
    Scene scene("wan_t2v");
    scene.settings.gradient = {plan::GradientMode::kChop, 1};
    const auto student = scene.student();
    const Batch batch = scene.batch();
    plan::DistanceSchedule schedule{plan::DistanceSchedule::Kind::kAdaptive, 0, 2, 0, 1e-9, 1};
    CHECK(student->distance(batch, 5, schedule) == 2);
    int before = 2;
    for (const double tolerance : {0.01, 0.3, 1e9}) {
        schedule.tolerance = tolerance;
        const auto found = student->distance(batch, 5, schedule);
        REQUIRE(found);
        CHECK(*found <= before);
        before = *found;
    }
    bool isUntouched = true;
    student->visitTrained([&](const std::string&, at::Tensor& t, at::IntArrayRef) {
        isUntouched = isUntouched && !t.grad().defined();
    });
    CHECK(isUntouched);
}
