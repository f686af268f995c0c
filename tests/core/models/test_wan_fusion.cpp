#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/base/error.h"
#include "core/models/catalogue.h"
#include "core/models/evaluate.h"
#include "core/models/wan_vae.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::models;

// Mirage's convolution over features of single frames: Note [Fused frames].
namespace {

double relativeError(const at::Tensor& got, const at::Tensor& expected)
{
    REQUIRE(got.sizes() == expected.sizes());
    return ((got - expected).abs().max() / expected.abs().max()).item<double>();
}

WanVaeConfig fusedConfig()
{
    WanVaeConfig config;
    config.latentChannels = 3;
    config.encoderStem = 4;
    config.encoderChannels = {4, 5, 6, 6};
    config.decoderChannels = {4, 6, 8, 8};
    config.decoderStem = 8;
    config.residualBlocks = 1;
    config.encoderAttention = {false, false, false, false};
    config.fusesFrames = true;
    return config;
}

struct Codec {
    std::unique_ptr<CausalEncoder> encoder;
    std::unique_ptr<CausalDecoder> decoder;
};

Codec randomCodec(const WanVaeConfig& config)
{
    Codec codec{makeWanEncoder(config), makeWanDecoder(config)};
    initialiseRandomly([&](const ParameterVisitor& v) { codec.encoder->visit(v); }, 5, at::kDouble);
    initialiseRandomly([&](const ParameterVisitor& v) { codec.decoder->visit(v); }, 6, at::kDouble);
    return codec;
}

struct Encoded {
    at::Tensor latents;
    std::vector<Skips> skips; // per step
};

Encoded encodedBy(const CausalEncoder& encoder, const at::Tensor& x, const EvaluationPlan& plan = {})
{
    Encoded all;
    std::vector<at::Tensor> parts;
    encodeClip(encoder, x, plan, base::Control(), [&](const at::Tensor& latents, const Skips& skips) {
        parts.push_back(posteriorMean(encoder.traits(), latents));
        all.skips.push_back(skips);
    });
    all.latents = at::cat(parts, 2);
    return all;
}

at::Tensor decodedBy(const CausalDecoder& decoder, const Encoded& given, const EvaluationPlan& plan = {})
{
    std::vector<at::Tensor> parts;
    decodeClip(decoder, given.latents, given.skips, plan, base::Control(),
        [&](const at::Tensor& frames) { parts.push_back(frames); });
    return at::cat(parts, 2);
}

} // namespace

TEST_CASE("a frame's features hold no other frame, and each is what the frame alone gives")
{
    at::manual_seed(1);
    const Codec codec = randomCodec(fusedConfig());
    const at::Tensor x = at::randn({2, 3, 9, 16, 24}, at::kDouble);
    REQUIRE(codec.encoder->traits().skipLevels == 1);
    const Encoded whole = encodedBy(*codec.encoder, x, {{}, true, {}});
    REQUIRE(whole.skips[0][0].sizes() == at::IntArrayRef({2, 5, 9, 8, 12})); // half the size: time is halved after it
    for (const std::int64_t frame : {0, 1, 5, 8}) {
        const Encoded alone = encodedBy(*codec.encoder, x.narrow(2, frame, 1));
        CHECK(relativeError(alone.skips[0][0], whole.skips[0][0].narrow(2, frame, 1)) < 1e-12);
    }
}

TEST_CASE("fused frames: steps and tiles give what the whole clip gives, and features reach their own frames alone")
{
    at::manual_seed(2);
    const Codec codec = randomCodec(fusedConfig());
    const at::Tensor x = at::randn({1, 3, 9, 16, 240}, at::kDouble);
    const Encoded encoded = encodedBy(*codec.encoder, x);
    const at::Tensor expected = decodedBy(*codec.decoder, encoded);
    EvaluationPlan plan;
    plan.steps = {1, 2};
    CHECK(relativeError(decodedBy(*codec.decoder, encoded, plan), expected) < 1e-12);
    plan.steps.clear();
    plan.tile = parseTile("4x1");
    CHECK(relativeError(decodedBy(*codec.decoder, encoded, plan), expected) < 1e-12);
    CHECK(relativeError(encodedBy(*codec.encoder, x, plan).skips[1][0], encoded.skips[1][0]) < 1e-12);

    // With gradient a step is one graph over all its frames.
    const at::Tensor atOnce =
        codec.decoder
            ->decode(
                encoded.latents, {at::cat({encoded.skips[0][0], encoded.skips[1][0], encoded.skips[2][0]}, 2)}, {})
            .frames.detach();
    CHECK(relativeError(atOnce, expected) < 1e-12);

    // Another last group's features change nothing before it, and something in it.
    Encoded other = encoded;
    other.skips[2] = {encoded.skips[2][0] + 1};
    const at::Tensor changed = (decodedBy(*codec.decoder, other) - expected).abs();
    CHECK(changed.narrow(2, 0, 5).max().item<double>() == 0);
    CHECK(changed.narrow(2, 5, 4).max().item<double>() > 1e-3);

    CHECK_THROWS_AS(decodedBy(*codec.decoder, {encoded.latents, {}}), base::Error);
    other.skips[1] = {encoded.skips[1][0].narrow(2, 0, 3)};
    CHECK_THROWS_AS(decodedBy(*codec.decoder, other), base::Error);
}

TEST_CASE("the fusion's gradient with our operators is that with LibTorch's")
{
    at::manual_seed(3);
    const Codec codec = randomCodec(fusedConfig());
    const at::Tensor z = at::randn({1, 3, 2, 2, 3}, at::kDouble).requires_grad_(true);
    const at::Tensor features = at::randn({1, 5, 5, 8, 12}, at::kDouble).requires_grad_(true);
    std::vector<at::Tensor> asked = {z, features};
    codec.decoder->visit([&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        if (name.starts_with("decoder.fusion.")) {
            asked.push_back(tensor.requires_grad_(true));
        }
    });
    REQUIRE(asked.size() == 4);
    std::vector<at::Tensor> expected;
    for (const OperatorSet operators : {OperatorSet::kStock, OperatorSet::kLean}) {
        codec.decoder->setOperators(operators);
        const at::Tensor frames = codec.decoder->decode(z, {features}, {}).frames;
        const auto found = torch::autograd::grad({frames.square().sum()}, asked);
        for (std::size_t i = 0; i < expected.size(); ++i) {
            CHECK(relativeError(found[i], expected[i]) < 1e-10);
        }
        expected = found;
    }
}

TEST_CASE("a plain autoencoder gets its fusion at zero, which changes nothing; a trained one is read back")
{
    const auto source = test::sourceFolder() / "tests/fixtures/models/wan_tiny/diffusion_pytorch_model.safetensors";
    LoadOptions options;
    const Autoencoder plain = loadAutoencoder(source, options);
    options.fusesFrames = true;
    const Autoencoder fused = loadAutoencoder(source, options);
    at::manual_seed(4);
    const at::Tensor x = at::randn({1, 3, 5, 16, 16});
    const c10::AutoGradMode noGradient(false);
    const Encoded given = encodedBy(*fused.encoder, x);
    const at::Tensor expected = decoded(*plain.decoder, given.latents);
    CHECK(at::equal(decodedBy(*fused.decoder, given), expected));

    const test::TemporaryFolder place;
    NamedTensors tensors;
    const auto add = [&](const std::string& name, at::Tensor& tensor, at::IntArrayRef) {
        if (name == "decoder.fusion.weight") {
            tensor.normal_(0, 0.1);
        }
        tensors.emplace_back(name, tensor);
    };
    fused.encoder->visit(add);
    fused.decoder->visit(add);
    writeSafetensors(place / "mirage.safetensors", tensors);
    const Autoencoder again = loadAutoencoder(place / "mirage.safetensors", {});
    CHECK(again.traits.skipLevels == 1);
    const at::Tensor trained = decodedBy(*again.decoder, encodedBy(*again.encoder, x));
    CHECK(at::equal(trained, decodedBy(*fused.decoder, given)));
    CHECK(relativeError(trained, expected) > 1e-3);
}
