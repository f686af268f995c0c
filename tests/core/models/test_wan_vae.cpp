#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <doctest/doctest.h>

#include "core/models/catalogue.h"
#include "core/models/evaluate.h"
#include "core/models/wan_vae.h"
#include "tests/core/models/against_reference.h"

using namespace reelmend;
using namespace reelmend::models;

namespace {

WanVaeConfig smallConfig()
{
    WanVaeConfig config;
    config.latentChannels = 3;
    config.encoderStem = 4;
    config.encoderChannels = config.decoderChannels = {4, 4, 6, 6};
    config.decoderStem = 6;
    config.residualBlocks = 1;
    config.encoderAttention = {false, false, false, false};
    return config;
}

at::Tensor random(at::IntArrayRef shape, at::ScalarType dtype)
{
    return at::randn(shape, at::TensorOptions(dtype));
}

} // namespace

TEST_CASE("the Wan decoder and encoder reproduce diffusers")
{
    for (const char* name : {"wan_tiny", "wan_shallow"}) {
        const SafetensorsFile cases(test::modelFixture(name) / "cases.safetensors");
        const auto value = [&](const std::string& key) { return cases.read(*cases.find(key), {}); };
        const Autoencoder model =
            loadAutoencoder(test::modelFixture(name) / "diffusion_pytorch_model.safetensors", {});
        for (const OperatorSet operators : {OperatorSet::kLean, OperatorSet::kStock}) {
            model.decoder->setOperators(operators);
            model.encoder->setOperators(operators);
            for (const std::string clip : {"still", "clip", "wide"}) {
                CAPTURE(name);
                CAPTURE(clip);
                CHECK(test::relativeError(decoded(*model.decoder, value(clip + ".z")), value(clip + ".raw")) < 1e-5);
                if (cases.find(clip + ".x")) {
                    CHECK(test::relativeError(
                              encoded(*model.encoder, value(clip + ".x")), value(clip + ".parameters")) < 1e-5);
                }
            }
        }
    }
}

TEST_CASE("bf16 costs hardly more than it costs diffusers, at most 1 % of the output's scale on average")
{
    for (const char* name : {"wan_tiny", "wan_shallow"}) {
        CAPTURE(name);
        const SafetensorsFile cases(test::modelFixture(name) / "cases.safetensors");
        const auto value = [&](const std::string& key) { return cases.read(*cases.find(key), {}).to(at::kFloat); };
        LoadOptions options;
        options.dtype = at::kBFloat16;
        const Autoencoder model =
            loadAutoencoder(test::modelFixture(name) / "diffusion_pytorch_model.safetensors", options);
        const at::Tensor expected = value("clip.raw");
        const auto meanError = [&](const at::Tensor& x) {
            return ((x.to(at::kFloat) - expected).abs().mean() / expected.abs().max()).item<double>();
        };
        const double ours = meanError(decoded(*model.decoder, value("clip.z").to(at::kBFloat16)));
        CHECK(ours < 0.01);
        CHECK(ours < 1.3 * meanError(value("clip.raw_bf16")));
    }
}

TEST_CASE("streaming equals the whole clip for any chunk plan")
{
    at::manual_seed(1);
    const auto decoder = test::randomised(makeWanDecoder(smallConfig()), at::kDouble);
    const auto encoder = test::randomised(makeWanEncoder(smallConfig()), at::kDouble);
    const at::Tensor z = random({2, 3, 5, 2, 2}, at::kDouble);
    const at::Tensor x = random({2, 3, 17, 16, 16}, at::kDouble);

    // The whole clip in one step with gradient is the parallel form: every layer sees all frames at once.
    const at::Tensor wholeFrames = decoder->decode(z.clone().requires_grad_(true), {}, {}).frames.detach();
    const at::Tensor wholeLatents = encoder->encode(x.clone().requires_grad_(true), {}).latents.detach();
    REQUIRE(wholeFrames.size(2) == 17);
    REQUIRE(wholeLatents.size(2) == 5);

    for (const auto& steps : std::vector<std::vector<std::int64_t>>{{}, {1, 2}, {5}, {3, 1, 1}, {2, 3}}) {
        EvaluationPlan plan;
        plan.steps = steps;
        CHECK(test::relativeError(decoded(*decoder, z, plan), wholeFrames) < 1e-12);
    }
    for (const auto& steps : std::vector<std::vector<std::int64_t>>{{}, {1, 8}, {17}, {5, 4, 8}, {9, 4}}) {
        EvaluationPlan plan;
        plan.steps = steps;
        CHECK(test::relativeError(encoded(*encoder, x, plan), wholeLatents) < 1e-12);
    }
}

TEST_CASE("tiles with the network's halo equal the whole picture, smaller halos do not")
{
    at::manual_seed(2);
    const auto decoder = test::randomised(makeWanDecoder(smallConfig()), at::kDouble);
    const auto encoder = test::randomised(makeWanEncoder(smallConfig()), at::kDouble);
    CHECK(decoder->localHalo() <= 13);
    const at::Tensor z = random({1, 3, 2, 2, 24}, at::kDouble);
    const at::Tensor whole = decoded(*decoder, z);
    EvaluationPlan plan;
    plan.tile = parseTile("4x1");
    CHECK(test::relativeError(decoded(*decoder, z, plan), whole) < 1e-12);
    plan.tile = parseTile("4x1+1");
    CHECK(test::relativeError(decoded(*decoder, z, plan), whole) > 1e-6);

    const at::Tensor x = random({1, 3, 5, 16, 160}, at::kDouble);
    const at::Tensor latents = encoded(*encoder, x);
    plan.tile = parseTile("5x1");
    CHECK(test::relativeError(encoded(*encoder, x, plan), latents) < 1e-12);
    plan.tile = parseTile("5x1+1");
    CHECK(test::relativeError(encoded(*encoder, x, plan), latents) > 1e-6);
}
