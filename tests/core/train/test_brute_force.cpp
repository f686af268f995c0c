#include <doctest/doctest.h>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/chopgrad/training_step.h"
#include "core/models/lite.h"
#include "core/models/lora.h"
#include "core/models/wan_vae.h"
#include "core/perceptual/losses.h"
#include "core/train/swept_loss.h"
#include "tests/core/train/gradients.h"
#include "tests/core/train/tiny_student.h"

using namespace reelmend;
using namespace reelmend::train;
using test::distanceOf;
using test::Gradients;

namespace {

// The definition of the truncated gradient (chopgrad.md 1.3), with LibTorch's own backward and nothing else: a
// group's frames as a function of the latents of D earlier groups and its own, everything before them without
// gradient. sum over groups of <u_i, x_i>, for `cotangents` u = dL/dx of the whole clip.
at::Tensor truncatedSum(const models::CausalDecoder& decoder, const at::Tensor& latents,
    const std::vector<models::Skips>& skips, const at::Tensor& cotangents, std::int64_t distance)
{
    const auto spans = decoder.groups(latents.size(2));
    at::Tensor sum;
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(spans.size()); ++i) {
        models::DecoderCache cache;
        models::DecodeStep step;
        for (std::int64_t j = 0; j <= i; ++j) {
            const models::GroupSpan& span = spans[static_cast<std::size_t>(j)];
            const bool reaches = j >= i - distance;
            const at::AutoGradMode mode(reaches);
            step = decoder.decode(latents.narrow(2, span.latents.begin, span.latents.size()),
                skips.empty() ? models::Skips() : skips[static_cast<std::size_t>(j)], cache);
            cache = step.cache;
        }
        const base::FrameRange frames = spans[static_cast<std::size_t>(i)].frames;
        const at::Tensor part = (step.frames * cotangents.narrow(2, frames.begin, frames.size())).sum();
        sum = sum.defined() ? sum + part : part;
    }
    return sum;
}

Gradients gradientsOf(models::LiteWeights& master)
{
    Gradients gradients;
    master.visit([&](const std::string& name, at::Tensor& t, at::IntArrayRef) {
        gradients[name] = t.grad().defined() ? t.grad().clone() : at::zeros_like(t);
        t.mutable_grad().reset();
    });
    return gradients;
}

} // namespace

TEST_CASE("a step with D = 1 on lite gives every parameter the gradient of the definition")
{
    at::set_num_threads(1);
    test::TinyTeaching scene;
    scene.batches.frames = 13; // four groups
    const Batch batch = drawBatch(*scene.pack, scene.batches, 1, 2, 0);
    models::LiteWeights master = test::tinyLite(4);
    const at::Generator generator = at::detail::createCPUGenerator(9);
    master.out.weight.normal_(0, 0.05, generator);
    master.velocity.weight.normal_(0, 0.2, generator);
    master.visit([](const std::string&, at::Tensor& t, at::IntArrayRef) { t.requires_grad_(true); });

    plan::GradientSchedule schedule;
    schedule.mode = plan::GradientMode::kChop;
    schedule.distance = 1;
    LossTerms terms;
    sweptLoss(master, batch, {}, nullptr, false, 1, schedule, terms).backward();
    const Gradients swept = gradientsOf(master);

    const auto folded = std::make_shared<models::LiteWeights>(networkOf(master, batch, false));
    const models::LiteEncoder encoder(folded);
    const models::LiteDenoiser denoiser(folded);
    const models::LiteDecoder decoder(folded);
    const models::EncodeStep encoded = encoder.encode(batch.input.transpose(1, 2), {});
    const at::Tensor latents = encoded.latents - denoiser.predict(encoded.latents, {}, {}).prediction;
    std::vector<models::Skips> skips;
    for (const models::GroupSpan& span : decoder.groups(latents.size(2))) {
        skips.emplace_back();
        for (const at::Tensor& level : encoded.skips) {
            skips.back().push_back(level.narrow(2, span.frames.begin, span.frames.size()));
        }
    }
    at::Tensor frames;
    {
        const at::NoGradGuard noGrad;
        frames = chopgrad::decodeClip(decoder, {latents.detach(), skips, {}});
    }
    const at::Tensor leaf = frames.detach().requires_grad_(true);
    LossTerms again;
    pixelLoss(leaf.transpose(1, 2), batch, {}, nullptr, 1, again).backward();
    truncatedSum(decoder, latents, skips, leaf.grad(), 1).backward();
    const Gradients expected = gradientsOf(master);
    CHECK(distanceOf(swept, expected) < 1e-5);
    CHECK(expected.at("encoder.stem.weight").abs().max().item<double>() > 0);
}

TEST_CASE("a step with D = 1 on a tiny Wan decoder gives an adapter of the denoiser the gradient of the definition")
{
    at::set_num_threads(1);
    models::WanVaeConfig config;
    config.latentChannels = 3;
    config.encoderStem = 4;
    config.encoderChannels = config.decoderChannels = {4, 4, 6, 6};
    config.decoderStem = 6;
    config.residualBlocks = 1;
    config.encoderAttention = {false, false, false, false};
    const auto decoder = models::makeWanDecoder(config);
    models::initialiseRandomly(
        [&](const models::ParameterVisitor& v) { decoder->visit(v); }, 7, at::TensorOptions(at::kDouble));

    // A denoiser of one convolution over space and time, taught by an adapter.
    const auto random = [](at::IntArrayRef shape, std::uint64_t seed) {
        return at::empty(shape, at::kDouble).normal_(0, 1, at::detail::createCPUGenerator(seed));
    };
    const at::Tensor degraded = random({1, 3, 4, 4, 4}, 1), target = random({1, 3, 13, 32, 32}, 2);
    at::Tensor weight = random({3, 3, 3, 3, 3}, 3) * 0.2;
    const models::VisitFunction network = [&](const models::ParameterVisitor& v) {
        v("conv.weight", weight, {3, 3, 3, 3, 3});
    };
    models::Lora lora = models::freshLora(network, {.rank = 2, .alpha = 2}, 4);
    std::vector<at::Tensor> trained;
    lora.visit([&](const std::string&, at::Tensor& t, at::IntArrayRef) {
        t = random(t.sizes(), 5 + trained.size()).to(at::kFloat).requires_grad_(true);
        trained.push_back(t);
    });
    const auto denoise = [&] {
        const at::Tensor change = models::loraChange(lora.pairs.front(), weight.sizes());
        return degraded - at::conv3d(degraded, weight + change, {}, 1, 1);
    };
    const auto loss = perceptual::makeLoss({{}}, {target});

    chopgrad::TrainingStepOptions options;
    options.schedule.mode = plan::GradientMode::kChop;
    options.schedule.distance = 1;
    const chopgrad::TrainingStep step = chopgrad::runTrainingStep(denoise, trained, *decoder, *loss, options);

    const at::Tensor latents = denoise();
    at::Tensor frames;
    {
        const at::NoGradGuard noGrad;
        frames = chopgrad::decodeClip(*decoder, {latents.detach(), {}, {}});
    }
    const at::Tensor leaf = frames.detach().requires_grad_(true);
    at::mse_loss(leaf, target).backward();
    truncatedSum(*decoder, latents, {}, leaf.grad(), 1).backward();
    REQUIRE(step.gradients.size() == trained.size());
    for (std::size_t i = 0; i < trained.size(); ++i) {
        const at::Tensor expected = trained[i].grad();
        CHECK(expected.abs().max().item<double>() > 0);
        CHECK((step.gradients[i] - expected).abs().max().item<double>() < 1e-5 * expected.abs().max().item<double>());
    }
}
