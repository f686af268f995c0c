#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include "core/chopgrad/measure_step.h"
#include "core/models/wan_vae.h"
#include "core/perceptual/losses.h"
#include "core/tensor/device.h"
#include "tests/support/cuda.h"

using namespace reelmend;
using plan::CacheStore;
using plan::ChopForm;
using plan::GradientMode;
using plan::GradientSchedule;

namespace {

models::WanVaeConfig smallConfig()
{
    models::WanVaeConfig config;
    config.latentChannels = 4;
    config.decoderChannels = {8, 8, 16, 16};
    config.decoderStem = 16;
    config.residualBlocks = 1;
    return config;
}

std::vector<GradientSchedule> everySchedule()
{
    std::vector<GradientSchedule> all;
    const auto add = [&](GradientMode mode, CacheStore store, ChopForm form, plan::TileGrid tiles) {
        GradientSchedule schedule;
        schedule.mode = mode;
        schedule.store = store;
        schedule.form = form;
        schedule.tiles = tiles;
        all.push_back(schedule);
    };
    for (const auto store : {CacheStore::kDevice, CacheStore::kHost, CacheStore::kDisk, CacheStore::kRecompute}) {
        add(GradientMode::kExact, store, ChopForm::kSliding, {});
        if (store != CacheStore::kRecompute) { // recomputing chop keeps its few caches
            add(GradientMode::kChop, store, ChopForm::kRecomputing, {});
        }
    }
    plan::TileGrid halves;
    halves.columns = 2;
    add(GradientMode::kExact, CacheStore::kHost, ChopForm::kSliding, halves);
    add(GradientMode::kChop, CacheStore::kDevice, ChopForm::kSliding, {});
    add(GradientMode::kChop, CacheStore::kDevice, ChopForm::kDelayed, {});
    add(GradientMode::kFull, CacheStore::kDevice, ChopForm::kSliding, {});
    add(GradientMode::kCheckpoint, CacheStore::kDevice, ChopForm::kSliding, {});
    return all;
}

double apart(const at::Tensor& got, const at::Tensor& expected)
{
    const at::Tensor wide = expected.to(at::kDouble).cpu();
    return ((got.to(at::kDouble).cpu() - wide).norm() / wide.norm()).item<double>();
}

} // namespace

TEST_CASE("every schedule's gradient on CUDA is the CPU's, at the latents and at trained weights")
{
    if (!test::cudaIsThere()) {
        return;
    }
    const auto device = tensor::deviceFromText("cuda");
    for (const bool trained : {false, true}) {
        const auto decoder = models::makeWanDecoder(smallConfig());
        const auto visit = [&](const models::ParameterVisitor& visitor) { decoder->visit(visitor); };
        chopgrad::StepCase step;
        step.frames = 21;
        step.width = 48;
        step.height = 32;
        const auto gradientAt = [&](c10::Device place, const GradientSchedule& schedule) {
            const auto options = at::TensorOptions(place).dtype(at::kFloat);
            models::initialiseRandomly(visit, 3, options);
            models::setRequiresGrad(visit, trained);
            const auto data = chopgrad::stepData(*decoder, step, options);
            const auto loss = perceptual::makeLoss(perceptual::parseLosses("mse+0.5*charbonnier"), {data.target});
            return chopgrad::sweep(*decoder, data.clip, *loss, schedule);
        };
        for (const auto& schedule : everySchedule()) {
            CAPTURE(trained);
            CAPTURE(plan::scheduleText(schedule));
            const auto expected = gradientAt(c10::kCPU, schedule), got = gradientAt(device, schedule);
            CHECK(got.latents.device() == device);
            CHECK(apart(got.latents, expected.latents) < 1e-3);
            CHECK(got.loss == doctest::Approx(expected.loss).epsilon(1e-4));
            REQUIRE(got.parameters.size() == expected.parameters.size());
            CHECK(got.parameters.empty() == !trained);
            for (std::size_t i = 0; i < got.parameters.size(); ++i) {
                CAPTURE(got.parameters[i].name);
                CHECK(apart(got.parameters[i].gradient, expected.parameters[i].gradient) < 1e-2);
            }
        }
    }
}

TEST_CASE("on CUDA the caches of the host store lie in main memory, and a step's peak is the allocator's")
{
    if (!test::cudaIsThere()) {
        return;
    }
    const auto options = at::TensorOptions(tensor::deviceFromText("cuda")).dtype(at::kFloat);
    const auto decoder = models::makeWanDecoder(smallConfig());
    models::initialiseRandomly([&](const models::ParameterVisitor& v) { decoder->visit(v); }, 3, options);
    const auto cost = [&](CacheStore store) {
        chopgrad::StepCase step;
        step.schedule.mode = GradientMode::kExact;
        step.schedule.store = store;
        step.frames = 61;
        step.width = step.height = 64;
        return chopgrad::measureStep(*decoder, step, options);
    };
    const auto host = cost(CacheStore::kHost), onCard = cost(CacheStore::kDevice);
    CHECK(host.held.host > 0);
    CHECK(host.held.device < onCard.held.device / 4);
    CHECK(onCard.held.device == host.held.host);
    CHECK(host.tensorPeakBytes + onCard.held.device / 2 < onCard.tensorPeakBytes);
}
