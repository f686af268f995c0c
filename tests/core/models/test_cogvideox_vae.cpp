#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/base/error.h"
#include "core/models/catalogue.h"
#include "core/models/cogvideox_vae.h"
#include "core/models/evaluate.h"
#include "tests/core/models/against_reference.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::models;

namespace {

CogVideoXVaeConfig smallConfig()
{
    CogVideoXVaeConfig config;
    config.latentChannels = 3;
    config.channels = {4, 6, 6, 8};
    config.residualBlocks = 1;
    config.normGroups = 2;
    return config;
}

} // namespace

TEST_CASE("the CogVideoX decoder and encoder reproduce diffusers")
{
    for (const char* name : {"cogvideox_vae_tiny", "cogvideox_vae_shallow"}) {
        const SafetensorsFile cases(test::modelFixture(name) / "cases.safetensors");
        const auto value = [&](const std::string& key) { return cases.read(*cases.find(key), {}); };
        const Autoencoder model =
            loadAutoencoder(test::modelFixture(name) / "diffusion_pytorch_model.safetensors", {});
        for (const OperatorSet operators : {OperatorSet::kLean, OperatorSet::kStock}) {
            model.decoder->setOperators(operators);
            model.encoder->setOperators(operators);
            for (const std::string clip : {"still", "odd", "even"}) {
                CAPTURE(name);
                CAPTURE(clip);
                CAPTURE(operators == OperatorSet::kLean);
                CHECK(
                    test::relativeError(decoded(*model.decoder, value(clip + ".z")), value(clip + ".sample")) < 1e-5);
                CHECK(test::relativeError(encoded(*model.encoder, value(clip + ".x")), value(clip + ".parameters")) <
                      1e-5);
            }
        }
    }
}

TEST_CASE("bf16 costs the CogVideoX decoder hardly more than it costs diffusers")
{
    for (const char* name : {"cogvideox_vae_tiny", "cogvideox_vae_shallow"}) {
        CAPTURE(name);
        const SafetensorsFile cases(test::modelFixture(name) / "cases.safetensors");
        const auto value = [&](const std::string& key) { return cases.read(*cases.find(key), {}).to(at::kFloat); };
        LoadOptions options;
        options.dtype = at::kBFloat16;
        const Autoencoder model =
            loadAutoencoder(test::modelFixture(name) / "diffusion_pytorch_model.safetensors", options);
        const at::Tensor expected = value("even.sample");
        const auto meanError = [&](const at::Tensor& x) {
            return ((x.to(at::kFloat) - expected).abs().mean() / expected.abs().max()).item<double>();
        };
        const double ours = meanError(decoded(*model.decoder, value("even.z").to(at::kBFloat16)));
        CHECK(ours < 0.02);
        CHECK(ours < 1.3 * meanError(value("even.sample_bf16")));
    }
}

TEST_CASE("CogVideoX clips fall into groups as diffusers cuts them")
{
    const auto decoder = makeCogVideoXDecoder({});
    const auto encoder = makeCogVideoXEncoder({});
    // reference: models.md §2.5
    const std::int64_t frames[] = {1, 8, 9, 16, 17, 24, 25};
    for (std::int64_t latents = 1; latents <= 7; ++latents) {
        CHECK(decoder->groups(latents).back().frames.end == frames[latents - 1]);
    }
    const std::pair<int, int> encodings[] = {{1, 1}, {5, 2}, {8, 2}, {9, 3}, {13, 4}, {17, 5}, {25, 7}, {29, 8}};
    for (const auto& [given, latents] : encodings) {
        CHECK(encoder->groups(given).back().latents.end == latents);
    }
    CHECK(decoder->groups(5).front().latents == base::FrameRange{0, 3});
    CHECK(encoder->groups(29).front().frames == base::FrameRange{0, 13});
    CHECK_THROWS_AS(decoder->groups(0), base::Error);
    CHECK(decoder->localHalo() == -1);
}

TEST_CASE("CogVideoX streams group by group to what a step over the whole clip gives, for any plan of whole groups")
{
    at::manual_seed(1);
    const auto decoder = test::randomised(makeCogVideoXDecoder(smallConfig()), at::kDouble);
    const auto encoder = test::randomised(makeCogVideoXEncoder(smallConfig()), at::kDouble);
    const at::Tensor z = at::randn({2, 3, 7, 2, 3}, at::kDouble);
    const at::Tensor x = at::randn({2, 3, 25, 16, 8}, at::kDouble);
    const at::Tensor wholeFrames = decoder->decode(z.clone().requires_grad_(true), {}, {}).frames.detach();
    const at::Tensor wholeLatents = encoder->encode(x.clone().requires_grad_(true), {}).latents.detach();
    REQUIRE(wholeFrames.size(2) == 25);
    REQUIRE(wholeLatents.size(2) == 7);
    for (const auto& steps : std::vector<std::vector<std::int64_t>>{{}, {3, 4}, {5, 2}, {7}}) {
        EvaluationPlan plan;
        plan.steps = steps;
        CHECK(test::relativeError(decoded(*decoder, z, plan), wholeFrames) < 1e-12);
    }
    for (const auto& steps : std::vector<std::vector<std::int64_t>>{{}, {9, 16}, {17, 8}, {25}}) {
        EvaluationPlan plan;
        plan.steps = steps;
        CHECK(test::relativeError(encoded(*encoder, x, plan), wholeLatents) < 1e-12);
    }
    EvaluationPlan inside;
    inside.steps = {1};
    CHECK_THROWS_AS(decoded(*decoder, z, inside), base::Error);
    EvaluationPlan tiled; // statistics span the picture: only with a halo that the user names
    tiled.tile = parseTile("1x1");
    CHECK_THROWS_AS(decoded(*decoder, z, tiled), base::Error);
    tiled.tile = parseTile("2x2+1");
    CHECK(decoded(*decoder, z, tiled).sizes() == wholeFrames.sizes());
}

TEST_CASE("lean and stock CogVideoX decoders agree in value and in gradient, across hand-offs of the cache")
{
    at::manual_seed(3);
    const auto decoder = test::randomised(makeCogVideoXDecoder(smallConfig()), at::kDouble);
    const at::Tensor cotangent = at::randn({1, 3, 17, 16, 16}, at::kDouble);
    for (const std::int64_t latents : {5, 1}) {
        const at::Tensor z = at::randn({1, 3, latents, 2, 2}, at::kDouble);
        std::vector<at::Tensor> gradients, frames;
        for (const OperatorSet operators : {OperatorSet::kLean, OperatorSet::kStock}) {
            decoder->setOperators(operators);
            const at::Tensor leaf = z.clone().requires_grad_(true);
            DecoderCache cache;
            std::vector<at::Tensor> parts;
            for (const auto& group : decoder->groups(latents)) {
                DecodeStep step =
                    decoder->decode(leaf.narrow(2, group.latents.begin, group.latents.size()), {}, cache);
                cache = step.cache;
                parts.push_back(step.frames);
            }
            // The last cache too: its gradient reaches the latents without the frames.
            at::Tensor loss =
                (at::cat(parts, 2) * cotangent.narrow(2, 0, decoder->groups(latents).back().frames.end)).sum();
            for (const auto& slot : definedSlots(cache)) {
                loss = loss + slot.square().sum();
            }
            frames.push_back(at::cat(parts, 2).detach());
            gradients.push_back(torch::autograd::grad({loss}, {leaf})[0]);
        }
        CHECK(test::relativeError(frames[0], frames[1]) < 1e-12);
        CHECK(test::relativeError(gradients[0], gradients[1]) < 1e-10);
    }
}

TEST_CASE("a CogVideoX checkpoint in SAT's names gives the same pictures; other files are refused with reasons")
{
    const test::TemporaryFolder folder;
    const Autoencoder model = loadAutoencoder(test::modelFixture("cogvideox_vae_tiny"), {});
    NamedTensors tensors;
    DetectedCogVideoXVae sat;
    sat.names = CogVideoXVaeNames::kSat;
    sat.config = detectCogVideoXVae(WeightStore::open(test::modelFixture("cogvideox_vae_tiny"))).config;
    const auto add = [&](const std::string& name, at::Tensor& value, at::IntArrayRef) {
        tensors.emplace_back(cogVideoXVaeStoredName(sat, name), value);
    };
    model.encoder->visit(add);
    model.decoder->visit(add);
    tensors.emplace_back("loss.logvar", at::zeros({1}));
    std::filesystem::copy_file(
        test::modelFixture("cogvideox_vae_tiny") / "config.json", folder.path() / "config.json");
    writeSafetensors(folder.path() / "vae.safetensors", tensors);
    const Autoencoder again = loadAutoencoder(folder.path() / "vae.safetensors", {});
    const at::Tensor z = at::randn({1, 4, 2, 2, 2});
    CHECK(at::equal(decoded(*again.decoder, z), decoded(*model.decoder, z)));
    const at::Tensor x = at::rand({1, 3, 9, 16, 16});
    CHECK(at::equal(encoded(*again.encoder, x), encoded(*model.encoder, x)));

    tensors.erase(tensors.begin());
    tensors.emplace_back("decoder.surplus", at::zeros({1}));
    writeSafetensors(folder.path() / "vae.safetensors", tensors);
    try {
        loadAutoencoder(folder.path() / "vae.safetensors", {});
        FAIL("a tensor was missing");
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::ErrorKind::kInput);
        CHECK(error.why().find("encoder.conv_in.conv.weight") != std::string::npos);
    }
}
