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

namespace {

// A diffusers checkpoint as SAT spells it: the public converter's replacements, backwards.
NamedTensors asSat(const WeightStore& store, const std::string& prefix)
{
    const std::pair<std::string, std::string> kParts[] = {{"norm_final.", "transformer.final_layernorm."},
        {"time_embedding.linear_1.", "time_embed.0."}, {"time_embedding.linear_2.", "time_embed.2."},
        {"ofs_embedding.linear_1.", "ofs_embed.0."}, {"ofs_embedding.linear_2.", "ofs_embed.2."},
        {"patch_embed.", "mixins.patch_embed."}, {"norm_out.norm.", "mixins.final_layer.norm_final."},
        {"norm_out.linear.", "mixins.final_layer.adaLN_modulation.1."}, {"proj_out.", "mixins.final_layer.linear."},
        {"attn1.to_out.0.", "attention.dense."}, {"ff.net.0.proj.", "mlp.dense_h_to_4h."},
        {"ff.net.2.", "mlp.dense_4h_to_h."}, {"norm1.norm.", "input_layernorm."},
        {"norm2.norm.", "post_attention_layernorm."}, {"transformer_blocks.", "transformer.layers."}};
    const auto value = [&](const std::string& name) { return store.read(name, {}); };
    NamedTensors tensors;
    for (const auto& [name, place] : store.places()) {
        const auto block = name.substr(0, name.find('.', std::string("transformer_blocks.").size()));
        const auto number = block.substr(block.rfind('.') + 1), ending = name.substr(name.rfind('.') + 1);
        const auto has = [&name = name](const char* part) { return name.find(part) != std::string::npos; };
        if (has(".attn1.norm_")) {
            const std::string which = has("norm_q.") ? "query" : "key";
            tensors.emplace_back(
                prefix + "mixins.adaln_layer." + which + "_layernorm_list." + number + "." + ending, value(name));
        } else if (has(".attn1.to_q.")) {
            const auto part = [&](const char* letter) { return value(block + ".attn1.to_" + letter + "." + ending); };
            tensors.emplace_back(prefix + "transformer.layers." + number + ".attention.query_key_value." + ending,
                at::cat({part("q"), part("k"), part("v")}, 0));
        } else if (has(".norm1.linear.")) {
            const auto a = value(name).chunk(2, 0), b = value(block + ".norm2.linear." + ending).chunk(2, 0);
            tensors.emplace_back(prefix + "mixins.adaln_layer.adaLN_modulations." + number + ".1." + ending,
                at::cat({a[0], b[0], a[1], b[1]}, 0));
        } else if (!has(".attn1.to_k.") && !has(".attn1.to_v.") && !has(".norm2.linear.")) {
            std::string renamed = name;
            for (const auto& [from, to] : kParts) {
                if (const auto at = renamed.find(from); at != std::string::npos) {
                    renamed.replace(at, from.size(), to);
                }
            }
            tensors.emplace_back(prefix + renamed, value(name));
        }
    }
    tensors.emplace_back(prefix + "mixins.pos_embed.freqs_sin", at::zeros({2, 3}));
    tensors.emplace_back(prefix + "transformer.position_embeddings.weight", at::zeros({1}));
    tensors.emplace_back("first_stage_model.encoder.conv_in.conv.bias", at::zeros({1}));
    return tensors;
}

} // namespace

TEST_CASE("CogVideoX's original checkpoints, in SAT's names, give the same predictions")
{
    for (const char* name : {"cogvideox_5b_tiny", "cogvideox_1_5_tiny", "cogvideox_i2v_tiny"}) {
        CAPTURE(name);
        const test::TemporaryFolder folder;
        const WeightStore store = WeightStore::open(test::modelFixture(name));
        NamedTensors tensors = asSat(store, "model.diffusion_model.");
        const auto path = folder / "sat.safetensors";
        writeSafetensors(path, tensors);
        std::filesystem::copy_file(test::modelFixture(name) / "config.json", folder / "config.json");
        const ModelDescription told = describeModel(path);
        CHECK(told.problems.empty());
        CHECK(told.names == "original");
        CHECK(told.title == describeModel(test::modelFixture(name)).title);

        const Case given = readCase(SafetensorsFile(test::modelFixture(name) / "cases.safetensors"), 0);
        const c10::AutoGradMode noGradient(false);
        CHECK(loadDenoiser(path, {})
                  ->predict(given.latents, given.given)
                  .prediction.equal(
                      loadCogVideoXTransformer(store, {})->predict(given.latents, given.given).prediction));

        for (auto& [tensorName, value] : tensors) {
            if (tensorName.ends_with("layers.1.attention.query_key_value.weight")) {
                value = value.narrow(0, 0, value.size(0) - 1).clone();
            }
        }
        writeSafetensors(path, tensors);
        CHECK_THROWS_WITH_AS(
            loadDenoiser(path, {}), doctest::Contains("layers.1.attention.query_key_value.weight"), base::Error);
    }
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
