#include <ATen/ATen.h>
#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/base/error.h"
#include "core/chopgrad/sweep.h"
#include "core/models/cogvideox_vae.h"
#include "core/perceptual/losses.h"
#include "tests/support/random_decoder.h"

using namespace reelmend;
using plan::CacheStore;
using plan::ChopForm;
using plan::GradientMode;
using plan::GradientSchedule;

namespace {

std::unique_ptr<models::CausalDecoder> decoder()
{
    models::CogVideoXVaeConfig config;
    config.latentChannels = 2;
    config.channels = {4, 4, 6};
    config.residualBlocks = 1;
    config.normGroups = 2;
    auto made = models::makeCogVideoXDecoder(config);
    models::initialiseRandomly([&](const models::ParameterVisitor& v) { made->visit(v); }, 5, at::kDouble);
    return made;
}

double relativeError(const at::Tensor& got, const at::Tensor& expected)
{
    REQUIRE(got.sizes() == expected.sizes());
    return ((got - expected).abs().max() / expected.abs().max()).item<double>();
}

} // namespace

TEST_CASE(
    "every schedule sweeps CogVideoX's groups: exact forms give the gradient of the whole clip, chopped ones D's")
{
    const auto network = decoder();
    for (const std::int64_t latents : {5, 6}) {
        CAPTURE(latents);
        const at::Tensor z = test::randomTensor({1, 2, latents, 2, 3}, 1);
        const std::int64_t frames = network->groups(latents).back().frames.end;
        const auto loss = perceptual::makeLoss({{}}, {test::randomTensor({1, 3, frames, 8, 12}, 2)});
        const auto gradient = [&](const GradientSchedule& schedule) {
            chopgrad::ClipLatents clip;
            clip.latents = z;
            return chopgrad::sweep(*network, clip, *loss, schedule).latents;
        };
        const at::Tensor whole = gradient({GradientMode::kFull});
        GradientSchedule disk, recompute, host;
        disk.store = CacheStore::kDisk;
        recompute.store = CacheStore::kRecompute;
        host.store = CacheStore::kHost;
        for (const auto& schedule : {GradientSchedule{GradientMode::kExact}, disk, recompute, host,
                 GradientSchedule{GradientMode::kCheckpoint}, GradientSchedule{GradientMode::kChop, 9},
                 GradientSchedule{GradientMode::kChop, 9, ChopForm::kRecomputing}}) {
            INFO(plan::scheduleText(schedule));
            CHECK(relativeError(gradient(schedule), whole) < 1e-10);
        }
        const at::Tensor chopped = gradient({GradientMode::kChop, 0});
        CHECK(relativeError(chopped, whole) > 1e-4);
        CHECK(relativeError(gradient({GradientMode::kChop, 0, ChopForm::kRecomputing}), chopped) < 1e-10);
        // The last group's loss reaches back one hand-off: its own latents get the same from both.
        CHECK(relativeError(chopped.narrow(2, latents - 2, 2), whole.narrow(2, latents - 2, 2)) < 1e-10);
        CHECK(gradient({GradientMode::kChop, 1, ChopForm::kDelayed}).isfinite().all().item<bool>());
    }
    GradientSchedule tiled;
    tiled.tiles = {2, 1};
    chopgrad::ClipLatents clip;
    clip.latents = test::randomTensor({1, 2, 2, 2, 4}, 1);
    const auto loss = perceptual::makeLoss({{}}, {test::randomTensor({1, 3, 8, 8, 16}, 2)});
    CHECK_THROWS_AS(chopgrad::sweep(*network, clip, *loss, tiled), base::Error); // no tile would be exact
}
