#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/chopgrad/measure_costs.h"
#include "core/chopgrad/measure_influence.h"
#include "core/chopgrad/measure_step.h"
#include "core/chopgrad/training_step.h"
#include "core/models/lite.h"
#include "core/plan/memory_plan.h"
#include "tests/support/random_decoder.h"

using namespace reelmend;
using chopgrad::Variables;

namespace {

// The bundled network in small: an encoder whose features the decoder takes, and a denoiser.
struct SmallLite {
    explicit SmallLite(at::ScalarType dtype = at::kDouble)
        : options(at::TensorOptions(dtype))
    {
        models::LiteConfig config;
        config.channels = {4, 8, 8};
        config.latentChannels = 16;
        config.transformerBlocks = 1;
        config.heads = 2;
        config.mlpChannels = 16;
        weights = std::make_shared<models::LiteWeights>(config);
        weights->isFolded = true;
        models::initialiseRandomly([&](const models::ParameterVisitor& v) { weights->visit(v); }, 4, options);
        encoder = std::make_unique<models::LiteEncoder>(weights);
        decoder = std::make_unique<models::LiteDecoder>(weights);
        denoiser = std::make_unique<models::LiteDenoiser>(weights);
    }

    chopgrad::StepNetworks networks() const { return {*decoder, encoder.get(), denoiser.get()}; }

    at::TensorOptions options;
    std::shared_ptr<models::LiteWeights> weights;
    std::unique_ptr<models::LiteEncoder> encoder;
    std::unique_ptr<models::LiteDecoder> decoder;
    std::unique_ptr<models::LiteDenoiser> denoiser;
};

chopgrad::StepCase smallCase(plan::GradientMode mode, int distance = 1)
{
    chopgrad::StepCase step;
    step.schedule.mode = mode;
    step.schedule.distance = distance;
    step.frames = 13;
    step.width = step.height = 32;
    return step;
}

} // namespace

TEST_CASE("a decoder that takes features is measured on a clip that its encoder made")
{
    const SmallLite lite;
    const auto step = smallCase(plan::GradientMode::kExact);
    const auto data = chopgrad::stepData(lite.networks(), step, lite.options);
    CHECK(data.clip.latents.size(2) == 4);
    REQUIRE(data.clip.skips.size() == 4);
    CHECK(data.clip.skips[0][0].size(2) == 1);
    CHECK(data.clip.skips[3][0].size(2) == 4);
    const auto again = chopgrad::stepData(lite.networks(), step, lite.options);
    CHECK(at::equal(data.clip.latents, again.clip.latents));
    CHECK_THROWS_WITH_AS(
        chopgrad::stepData(*lite.decoder, step, lite.options), doctest::Contains("features"), base::Error);

    const auto exact = chopgrad::measureStep(lite.networks(), step, lite.options);
    const auto full = chopgrad::measureStep(lite.networks(), smallCase(plan::GradientMode::kFull), lite.options);
    CHECK(exact.gradientNorm == doctest::Approx(full.gradientNorm).epsilon(1e-10));
    CHECK(exact.groups == 4);
    const auto still =
        chopgrad::measureStep(lite.networks(), smallCase(plan::GradientMode::kFramewise), lite.options);
    CHECK(still.groups == 13);
}

TEST_CASE("the plan of a decoder that takes features foretells its peak within a tenth")
{
    const SmallLite lite(at::kFloat);
    const plan::MemoryPlan plan(
        chopgrad::measureCosts(*lite.decoder, lite.options, chopgrad::skipsMaker(lite.networks(), lite.options)));
    for (const auto mode : {plan::GradientMode::kExact, plan::GradientMode::kChop, plan::GradientMode::kFull}) {
        auto step = smallCase(mode);
        step.frames = 29;
        step.width = 128;
        step.height = 96;
        const auto cost = chopgrad::measureStep(lite.networks(), step, lite.options);
        const auto predicted = plan.predict({step.frames, step.width, step.height, step.schedule});
        const double ratio = (predicted.peakBytes - predicted.weightBytes) /
                             static_cast<double>(cost.tensorPeakBytes + cost.latentBytes + cost.frameBytes);
        INFO(plan::scheduleText(step.schedule) << ": ratio " << ratio);
        CHECK(ratio > 0.9);
        CHECK(ratio < 1.1);
    }
}

TEST_CASE("the three-phase step of a denoiser is measured phase by phase")
{
    const SmallLite lite;
    auto step = smallCase(plan::GradientMode::kExact);
    step.variables = Variables::kDenoiser;
    const auto cost = chopgrad::measureStep(lite.networks(), step, lite.options);
    CHECK(cost.gradientNorm > 0);
    std::set<chopgrad::Phase> phases;
    for (const auto& phase : cost.phases) {
        phases.insert(phase.phase);
        CHECK(phase.peakBytes > 0);
    }
    CHECK(phases.size() == 4);
    CHECK(cost.counts.backwards == 4);
    const auto whole = [&] {
        auto full = smallCase(plan::GradientMode::kFull);
        full.variables = Variables::kDenoiser;
        return chopgrad::measureStep(lite.networks(), full, lite.options);
    }();
    CHECK(cost.gradientNorm == doctest::Approx(whole.gradientNorm).epsilon(1e-10));
    lite.denoiser->visit(
        [](const std::string&, at::Tensor& tensor, at::IntArrayRef) { CHECK_FALSE(tensor.requires_grad()); });
    CHECK_THROWS_WITH_AS(chopgrad::measureStep({*lite.decoder, lite.encoder.get()}, step, lite.options),
        doctest::Contains("no denoiser"), base::Error);
}

TEST_CASE("what truncation leaves of a denoiser's gradient comes from one sweep and equals that of separate steps")
{
    const SmallLite lite;
    const auto data = chopgrad::stepData(lite.networks(), smallCase(plan::GradientMode::kExact), lite.options);
    const auto loss = perceptual::makeLoss(perceptual::parseLosses("mse"), {data.target});
    const auto denoise = chopgrad::denoising(*lite.denoiser, lite.decoder->traits(), data.clip.latents, 1);
    const auto weights = chopgrad::trainedWeights(*lite.denoiser);
    chopgrad::InfluenceOptions options;
    options.compared = {0, 1, 3};
    options.denoise = denoise;
    options.weights = weights;
    const auto measure = chopgrad::measureInfluence(*lite.decoder, data.clip, *loss, options);
    REQUIRE(measure.denoiser.size() == 3);

    const auto gradientAt = [&](plan::GradientMode mode, int distance) {
        chopgrad::TrainingStepOptions how;
        how.schedule.mode = mode;
        how.schedule.distance = distance;
        how.skips = data.clip.skips;
        std::vector<at::Tensor> flat;
        for (const auto& g : chopgrad::runTrainingStep(denoise, weights, *lite.decoder, *loss, how).gradients) {
            flat.push_back(g.flatten());
        }
        return at::cat(flat);
    };
    const at::Tensor exact = gradientAt(plan::GradientMode::kExact, 1);
    for (std::size_t i = 0; i < 3; ++i) {
        const int distance = options.compared[i];
        const at::Tensor cut = gradientAt(plan::GradientMode::kChop, distance);
        const double expected = ((cut - exact).norm() / exact.norm()).item<double>();
        CAPTURE(distance);
        CHECK(measure.denoiser[i].relativeError == doctest::Approx(expected).epsilon(1e-8).scale(1e-3));
        CHECK(measure.denoiser[i].norm == doctest::Approx(cut.norm().item<double>()).epsilon(1e-9));
    }
    CHECK(measure.denoiser[0].relativeError > 1e-6); // D = 0 cuts something
    CHECK(measure.denoiser[2].relativeError < 1e-12);
}
