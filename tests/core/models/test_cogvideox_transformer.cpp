#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/base/error.h"
#include "core/models/catalogue.h"
#include "core/models/cogvideox_transformer.h"
#include "tests/core/models/against_reference.h"

using namespace reelmend;
using namespace reelmend::models;

namespace {

constexpr const char* kFixtures[] = {
    "cogvideox_2b_tiny", "cogvideox_5b_tiny", "cogvideox_1_5_tiny", "cogvideox_i2v_tiny"};

struct Case {
    at::Tensor latents, sample;
    Conditioning given;
};

// diffusers lays clips out as [batch, time, channels, height, width].
Case readCase(const SafetensorsFile& file, int index)
{
    const auto value = [&](const std::string& key) -> at::Tensor {
        const auto* stored = file.find("case" + std::to_string(index) + "." + key);
        return stored ? file.read(*stored, {}) : at::Tensor();
    };
    Case read;
    read.latents = value("hidden_states").transpose(1, 2);
    read.sample = value("sample").transpose(1, 2);
    read.given.text = value("encoder_hidden_states");
    read.given.timestep = value("timestep");
    read.given.offset = value("ofs");
    return read;
}

} // namespace

TEST_CASE("every kind of CogVideoX transformer reproduces diffusers, with and without gradient")
{
    for (const char* name : kFixtures) {
        CAPTURE(name);
        const SafetensorsFile cases(test::modelFixture(name) / "cases.safetensors");
        const auto network = loadCogVideoXTransformer(WeightStore::open(test::modelFixture(name)), {});
        for (int i = 0; i < 3; ++i) {
            CAPTURE(i);
            const Case given = readCase(cases, i);
            for (const bool gradient : {false, true}) {
                const c10::AutoGradMode mode(gradient);
                CHECK(test::relativeError(network->predict(given.latents, given.given).prediction, given.sample) <
                      1e-4);
            }
        }
    }
}

TEST_CASE("bf16 moves the CogVideoX transformer by a few percent at most")
{
    for (const char* name : kFixtures) {
        CAPTURE(name);
        const SafetensorsFile cases(test::modelFixture(name) / "cases.safetensors");
        LoadOptions options;
        options.dtype = at::kBFloat16;
        const auto network = loadCogVideoXTransformer(WeightStore::open(test::modelFixture(name)), options);
        const Case given = readCase(cases, 1);
        const at::Tensor got = network->predict(given.latents.to(at::kBFloat16), given.given).prediction;
        CHECK((got.scalar_type() == at::kBFloat16));
        CHECK(((got.to(at::kFloat) - given.sample).abs().mean() / given.sample.abs().max()).item<double>() < 0.02);
    }
}

TEST_CASE("odd sizes are padded to whole tokens and cropped, as a caller would do by hand")
{
    const SafetensorsFile cases(test::modelFixture("cogvideox_1_5_tiny") / "cases.safetensors");
    const auto network = loadCogVideoXTransformer(WeightStore::open(test::modelFixture("cogvideox_1_5_tiny")), {});
    Case given = readCase(cases, 1);
    const at::NoGradGuard none;
    const at::Tensor odd = given.latents.narrow(2, 0, 3).narrow(4, 0, 7);
    const at::Tensor padded = at::cat({odd, odd.narrow(4, 6, 1)}, 4);
    const at::Tensor even = at::cat({padded.narrow(2, 0, 1), padded}, 2);
    const at::Tensor expected = network->predict(even, given.given).prediction.narrow(2, 1, 3).narrow(4, 0, 7);
    CHECK(at::equal(network->predict(odd, given.given).prediction, expected));
}

TEST_CASE("the CogVideoX transformer's gradient is that of finite differences")
{
    CogVideoXConfig config;
    config.inputChannels = config.outputChannels = 2;
    config.heads = 2;
    config.headChannels = 16;
    config.layers = 2;
    config.ffnChannels = 24;
    config.timeChannels = 6;
    config.textChannels = 5;
    config.textTokens = 3;
    const auto network = makeCogVideoXTransformer(config);
    initialiseRandomly([&](const ParameterVisitor& visitor) { network->visit(visitor); }, 3, at::kDouble);
    at::manual_seed(5);
    const at::Tensor x = at::randn({1, 2, 2, 4, 4}, at::kDouble).requires_grad_(true);
    Conditioning given;
    given.text = at::randn({1, 3, 5}, at::kDouble);
    given.timestep = at::tensor({399.0});
    const at::Tensor direction = at::randn({1, 2, 2, 4, 4}, at::kDouble);
    const at::Tensor cotangent = at::randn({1, 2, 2, 4, 4}, at::kDouble);
    const at::Tensor y = network->predict(x, given).prediction;
    network->setActivations(Activations::kRecomputed);
    const at::Tensor again = network->predict(x, given).prediction;
    const auto apart = [](const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); };
    CHECK(apart(again, y) < 1e-12);
    CHECK(apart(torch::autograd::grad({again}, {x}, {cotangent}, true)[0],
              torch::autograd::grad({y}, {x}, {cotangent}, true)[0]) < 1e-12);
    const double analytic = (torch::autograd::grad({y}, {x}, {cotangent})[0] * direction).sum().item<double>();
    const at::NoGradGuard none;
    const double h = 1e-5;
    const at::Tensor above = network->predict(x + h * direction, given).prediction;
    const at::Tensor below = network->predict(x - h * direction, given).prediction;
    const double numeric = ((above - below) / (2 * h) * cotangent).sum().item<double>();
    CHECK(analytic == doctest::Approx(numeric).epsilon(1e-6));
}

TEST_CASE("the published CogVideoX transformers have as many parameters as their files")
{
    // reference: models.md §1.1
    CogVideoXConfig five;
    five.patchTime = 0;
    CogVideoXConfig two = five;
    two.heads = 30;
    two.layers = 30;
    two.ffnChannels = 7680;
    two.positions = CogVideoXPositions::kSinusoids;
    CogVideoXConfig image;
    image.inputChannels = 32;
    image.offsetChannels = 512;
    const std::pair<CogVideoXConfig, std::int64_t> expected[] = {
        {two, 1'693'783'872}, {five, 5'570'283'072}, {{}, 5'570'676'352}, {image, 5'571'594'880}};
    const int tensors[] = {736, 1024, 1024, 1028};
    for (int i = 0; i < 4; ++i) {
        const auto network = makeCogVideoXTransformer(expected[i].first);
        int count = 0;
        network->visit([&](const std::string&, at::Tensor&, at::IntArrayRef) { ++count; });
        CHECK(network->footprint().parameters == expected[i].second);
        CHECK(count == tensors[i]);
    }
}

TEST_CASE("the catalogue knows CogVideoX transformers and tells what they are")
{
    const ModelDescription told = describeModel(test::modelFixture("cogvideox_i2v_tiny"));
    CHECK(told.problems.empty());
    CHECK(told.kind == "denoiser");
    CHECK(told.title == "CogVideoX 1.5 transformer (image to video), 2 layers of 32 channels");
    CHECK(told.footprint.denoiser->patchTime == 2);
    CHECK(denoiserTraits(test::modelFixture("cogvideox_2b_tiny")).framesFirst);
    CHECK(loadDenoiser(test::modelFixture("cogvideox_5b_tiny"), {})->traits().prediction == Prediction::kVelocity);
}

TEST_CASE("inputs and files that do not fit a CogVideoX transformer are refused with reasons")
{
    const SafetensorsFile cases(test::modelFixture("cogvideox_i2v_tiny") / "cases.safetensors");
    const auto network = loadCogVideoXTransformer(WeightStore::open(test::modelFixture("cogvideox_i2v_tiny")), {});
    Case given = readCase(cases, 0);
    given.given.offset = at::Tensor();
    try {
        network->predict(given.latents, given.given);
        FAIL("the offset was missing");
    } catch (const base::Error& error) {
        CHECK(error.why().find("needs an offset") != std::string::npos);
    }
    given = readCase(cases, 0);
    CHECK_THROWS_AS(network->predict(given.latents.narrow(1, 0, 4), given.given), base::Error);
    given.given.text = given.given.text.narrow(2, 0, 3);
    CHECK_THROWS_AS(network->predict(given.latents, given.given), base::Error);
    CHECK_THROWS_AS(
        loadCogVideoXTransformer(WeightStore::open(test::modelFixture("cogvideox_vae_tiny")), {}), base::Error);
}
