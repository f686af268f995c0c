#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <doctest/doctest.h>
#include <torch/csrc/autograd/autograd.h>

#include <fstream>
#include <map>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/catalogue.h"
#include "core/models/wan_transformer.h"
#include "core/models/wan_transformer_blocks.h"
#include "core/tensor/memory_tracker.h"
#include "tests/core/models/against_reference.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::models;

namespace {

constexpr std::array<const char*, 3> kFixtures = {"wan_t2v", "wan_odd", "wan_vace"};
constexpr const char* kWeights = "diffusion_pytorch_model.safetensors";

// The inputs and outputs of one case.
struct Case {
    SafetensorsFile file;
    std::string name;

    at::Tensor value(const std::string& key, at::ScalarType dtype) const
    {
        const auto* stored = file.find(name + "." + key);
        return stored ? file.read(*stored, {}).to(dtype) : at::Tensor();
    }
    at::Tensor run(const Denoiser& network, at::ScalarType dtype) const
    {
        const c10::AutoGradMode noGradient(false);
        Conditioning given;
        given.timestep = value("timestep", at::kDouble);
        given.text = value("encoder_hidden_states", dtype);
        given.context = value("control_hidden_states", dtype);
        given.contextScale = value("control_hidden_states_scale", at::kDouble);
        return network.predict(value("hidden_states", dtype), given).prediction;
    }
};

Case caseOf(const char* fixtureName, const char* name)
{
    return {SafetensorsFile(test::modelFixture(fixtureName) / "cases.safetensors"), name};
}

LoadOptions as(at::ScalarType dtype)
{
    LoadOptions options;
    options.dtype = dtype;
    return options;
}

WanTransformerConfig smallConfig(bool vace)
{
    WanTransformerConfig config;
    config.inputChannels = config.outputChannels = 3;
    config.heads = 2;
    config.headChannels = 12;
    config.layers = 3;
    config.ffnChannels = 40;
    config.textChannels = 10;
    config.frequencies = 8;
    if (vace) {
        config.contextChannels = 5;
        config.vaceLayers = {0, 2};
    }
    return config;
}

std::unique_ptr<Denoiser> randomised(const WanTransformerConfig& config, at::ScalarType dtype)
{
    auto network = makeWanTransformer(config);
    initialiseRandomly([&](const ParameterVisitor& visitor) { network->visit(visitor); }, 11, dtype);
    return network;
}

Conditioning randomGiven(const WanTransformerConfig& config, at::IntArrayRef latents, at::ScalarType dtype)
{
    Conditioning given;
    given.timestep = at::full({1}, 200.0, at::kDouble);
    given.text = at::randn({latents[0], 4, config.textChannels}, dtype);
    if (config.isVace()) {
        given.context = at::randn({latents[0], config.contextChannels, latents[2], latents[3], latents[4]}, dtype);
    }
    return given;
}

// Writes the tensors of a fixture under other names.
void writeRenamed(const std::filesystem::path& path, const char* name,
    const std::function<std::string(const std::string&)>& renamed)
{
    const SafetensorsFile file(test::modelFixture(name) / kWeights);
    NamedTensors tensors;
    for (const auto& stored : file.header().tensors) {
        const std::string other = renamed(stored.name);
        if (!other.empty()) {
            tensors.emplace_back(other, file.read(stored, {}));
        }
    }
    writeSafetensors(path, tensors);
}

std::string problemOf(const std::filesystem::path& path)
{
    try {
        loadDenoiser(path, {});
    } catch (const base::Error& error) {
        CHECK(error.kind() == base::ErrorKind::kInput);
        return error.what();
    }
    return {};
}

} // namespace

TEST_CASE("Wan's transformer and VACE reproduce diffusers")
{
    for (const char* name : kFixtures) {
        const auto narrow = loadDenoiser(test::modelFixture(name), as(at::kFloat));
        const auto wide = loadDenoiser(test::modelFixture(name), as(at::kDouble));
        for (const char* clip : {"still", "clip", "batch"}) {
            CAPTURE(name);
            CAPTURE(clip);
            const Case given = caseOf(name, clip);
            CHECK(test::relativeError(given.run(*narrow, at::kFloat), given.value("sample", at::kFloat)) < 1e-5);
            CHECK(test::relativeError(given.run(*wide, at::kDouble), given.value("sample_double", at::kDouble)) <
                  1e-12);
        }
    }
}

TEST_CASE("bf16 costs Wan's transformer no more than it costs diffusers")
{
    for (const char* name : kFixtures) {
        CAPTURE(name);
        const Case given = caseOf(name, "clip");
        const at::Tensor expected = given.value("sample_double", at::kDouble);
        const auto meanError = [&](const at::Tensor& x) {
            return ((x.to(at::kDouble) - expected).abs().mean() / expected.abs().max()).item<double>();
        };
        const double ours =
            meanError(given.run(*loadDenoiser(test::modelFixture(name), as(at::kBFloat16)), at::kBFloat16));
        CHECK(ours < 0.01);
        CHECK(ours < 1.1 * meanError(given.value("sample_bf16", at::kDouble)));
    }
}

TEST_CASE("original names and prefixes load the same network, with heads from Wan's own config.json")
{
    const std::map<std::string, std::string> known = {
        {"patch_embedding.weight", "patch_embedding.weight"},
        {"vace_patch_embedding.bias", "vace_patch_embedding.bias"},
        {"condition_embedder.time_embedder.linear_2.bias", "time_embedding.2.bias"},
        {"condition_embedder.time_proj.weight", "time_projection.1.weight"},
        {"condition_embedder.text_embedder.linear_1.weight", "text_embedding.0.weight"},
        {"scale_shift_table", "head.modulation"},
        {"proj_out.bias", "head.head.bias"},
        {"blocks.2.scale_shift_table", "blocks.2.modulation"},
        {"blocks.12.attn1.to_q.weight", "blocks.12.self_attn.q.weight"},
        {"blocks.1.attn1.norm_q.weight", "blocks.1.self_attn.norm_q.weight"},
        {"blocks.1.attn2.to_out.0.bias", "blocks.1.cross_attn.o.bias"},
        {"blocks.3.norm2.weight", "blocks.3.norm3.weight"},
        {"blocks.0.ffn.net.0.proj.weight", "blocks.0.ffn.0.weight"},
        {"blocks.0.ffn.net.2.weight", "blocks.0.ffn.2.weight"},
        {"vace_blocks.0.proj_in.weight", "vace_blocks.0.before_proj.weight"},
        {"vace_blocks.1.proj_out.bias", "vace_blocks.1.after_proj.bias"},
        {"vace_blocks.1.attn2.to_v.weight", "vace_blocks.1.cross_attn.v.weight"},
    };
    DetectedWanTransformer original;
    original.names = WanTransformerNames::kOriginal;
    original.prefix = "model.diffusion_model.";
    for (const auto& [diffusers, stored] : known) {
        CHECK(wanTransformerStoredName(original, diffusers) == original.prefix + stored);
    }
    const test::TemporaryFolder place;
    writeRenamed(place / "vace.safetensors", "wan_vace",
        [&](const std::string& name) { return wanTransformerStoredName(original, name); });
    CHECK(problemOf(place / "vace.safetensors").find("how many heads") != std::string::npos);
    std::ofstream(place / "config.json")
        << R"({"_class_name": "VaceWanModel", "dim": 24, "num_heads": 2, "vace_layers": [0, 1, 3]})";
    const auto network = loadDenoiser(place / "vace.safetensors", as(at::kFloat));
    const Case given = caseOf("wan_vace", "clip");
    const at::Tensor expected = given.run(*loadDenoiser(test::modelFixture("wan_vace"), as(at::kFloat)), at::kFloat);
    CHECK(at::equal(given.run(*network, at::kFloat), expected));
    CHECK(describeModel(place / "vace.safetensors").names == "original");
}

TEST_CASE("checkpoints that do not make a Wan transformer are refused with the tensors' names")
{
    const test::TemporaryFolder place;
    std::filesystem::copy_file(test::modelFixture("wan_t2v") / "config.json", place / "config.json");
    const auto path = place / kWeights;
    writeRenamed(path, "wan_t2v", [](const std::string& name) {
        return name == "blocks.1.attn2.to_k.bias" ? std::string()
               : name == "blocks.1.norm2.bias"    ? std::string("blocks.1.norm7.bias")
                                                  : name;
    });
    const std::string problem = problemOf(path);
    CHECK(problem.find("Missing: blocks.1.attn2.to_k.bias, blocks.1.norm2.bias") != std::string::npos);
    CHECK(problem.find("Not part of the model: blocks.1.norm7.bias") != std::string::npos);

    writeRenamed(path, "wan_t2v", [](const std::string& name) {
        return name == "blocks.0.norm2.bias" ? "condition_embedder.image_embedder.norm1.weight" : name;
    });
    CHECK(problemOf(path).find("image-to-video") != std::string::npos);

    writeRenamed(path, "wan_t2v", [](const std::string& name) { return name; });
    CHECK(problemOf(path).empty());
    std::string config = base::readFile(test::modelFixture("wan_t2v") / "config.json");
    config.replace(config.find("\"ffn_dim\": 56"), 13, "\"ffn_dim\": 57");
    std::ofstream(place / "config.json") << config;
    CHECK(problemOf(path).find("\"ffn_dim\"") != std::string::npos);
    CHECK(problemOf(test::modelFixture("wan_tiny")).find("is not a transformer") != std::string::npos);
}

TEST_CASE("latents that are no whole number of patches are padded by their border")
{
    at::manual_seed(5);
    for (const bool vace : {false, true}) {
        const WanTransformerConfig config = smallConfig(vace);
        const auto network = randomised(config, at::kDouble);
        const c10::AutoGradMode noGradient(false);
        const at::Tensor z = at::randn({1, 3, 2, 3, 5}, at::kDouble);
        const Conditioning given = randomGiven(config, z.sizes(), at::kDouble);
        const auto padded = [](const at::Tensor& x) {
            const at::Tensor tall = at::cat({x, x.narrow(3, 2, 1)}, 3);
            return at::cat({tall, tall.narrow(4, 4, 1)}, 4);
        };
        Conditioning whole = given;
        whole.context = vace ? padded(given.context) : at::Tensor();
        const at::Tensor expected = network->predict(padded(z), whole).prediction;
        CHECK(test::relativeError(network->predict(z, given).prediction, expected.narrow(3, 0, 3).narrow(4, 0, 5)) ==
              0);
    }
}

TEST_CASE("inputs that do not belong to the transformer are refused")
{
    const WanTransformerConfig config = smallConfig(true);
    const auto network = randomised(config, at::kFloat);
    const at::Tensor z = at::randn({1, 3, 2, 2, 4});
    const Conditioning good = randomGiven(config, z.sizes(), at::kFloat);
    CHECK_NOTHROW(network->predict(z, good));
    const auto refuses = [&](const at::Tensor& latents, const Conditioning& given) {
        CHECK_THROWS_AS(network->predict(latents, given), base::Error);
    };
    refuses(at::randn({1, 4, 2, 2, 4}), good);
    Conditioning bad = good;
    bad.text = at::randn({1, 4, 11});
    refuses(z, bad);
    bad = good;
    bad.context = good.context.narrow(4, 0, 2);
    refuses(z, bad);
    bad = good;
    bad.contextScale = at::ones({3});
    refuses(z, bad);
    bad = good;
    bad.timestep = at::ones({2});
    refuses(z, bad);
}

TEST_CASE("one scale stands for all of them, and a scale of zero leaves the context out")
{
    at::manual_seed(6);
    WanTransformerConfig config = smallConfig(true);
    const auto network = randomised(config, at::kDouble);
    const c10::AutoGradMode noGradient(false);
    const at::Tensor z = at::randn({1, 3, 2, 2, 4}, at::kDouble);
    Conditioning given = randomGiven(config, z.sizes(), at::kDouble);
    const at::Tensor whole = network->predict(z, given).prediction;
    given.contextScale = at::ones({1});
    CHECK(test::relativeError(network->predict(z, given).prediction, whole) == 0);
    given.contextScale = at::zeros({2});
    const at::Tensor without = network->predict(z, given).prediction;
    given.context = given.context * 3;
    CHECK(test::relativeError(network->predict(z, given).prediction, without) == 0);
    CHECK(test::relativeError(whole, without) > 1e-3);
}

TEST_CASE("recomputed blocks give the gradients of kept ones for a fraction of the memory")
{
    at::manual_seed(7);
    for (const bool vace : {false, true}) {
        const WanTransformerConfig config = smallConfig(vace);
        const auto network = randomised(config, at::kDouble);
        const at::Tensor z = at::randn({2, 3, 3, 4, 4}, at::kDouble).requires_grad_(true);
        const Conditioning given = randomGiven(config, z.sizes(), at::kDouble);
        for (const bool trained : {false, true}) {
            setRequiresGrad([&](const ParameterVisitor& visitor) { network->visit(visitor); }, trained);
            std::vector<at::Tensor> asked = {z};
            network->visit([&](const std::string&, at::Tensor& tensor, at::IntArrayRef) {
                if (trained) {
                    asked.push_back(tensor);
                }
            });
            std::vector<at::Tensor> expected;
            double keptBytes = 0;
            for (const Activations activations : {Activations::kKept, Activations::kRecomputed}) {
                network->setActivations(activations);
                tensor::MemoryTracker tracker;
                const at::Tensor made = network->predict(z, given).prediction;
                const auto bytes = static_cast<double>(tracker.currentBytes());
                const auto found = torch::autograd::grad({made.square().sum()}, asked);
                if (activations == Activations::kKept) {
                    expected = found;
                    keptBytes = bytes;
                    continue;
                }
                CHECK(bytes < 0.35 * keptBytes);
                for (std::size_t i = 0; i < asked.size(); ++i) {
                    CHECK(test::relativeError(found[i], expected[i]) < 1e-10);
                }
            }
        }
    }
}

TEST_CASE("the published sizes have the published numbers of parameters and tensors")
{
    WanTransformerConfig small; // the defaults are T2V-1.3B's
    WanTransformerConfig large;
    large.heads = 40;
    large.layers = 40;
    large.ffnChannels = 13824;
    WanTransformerConfig smallVace = small, largeVace = large;
    smallVace.contextChannels = largeVace.contextChannels = 96;
    for (int i = 0; i < 15; ++i) {
        smallVace.vaceLayers.push_back(2 * i);
    }
    for (int i = 0; i < 8; ++i) {
        largeVace.vaceLayers.push_back(5 * i);
    }
    const std::vector<std::tuple<WanTransformerConfig, std::int64_t, int>> published = {{small, 1'418'996'800, 825},
        {large, 14'288'491'584, 1095}, {smallVace, 2'153'972'032, 1264}, {largeVace, 17'337'592'896, 1331}};
    for (const auto& [config, parameters, tensors] : published) {
        const auto network = makeWanTransformer(config);
        CHECK(network->footprint().parameters == parameters);
        int count = 0;
        network->visit([&](const std::string&, at::Tensor&, at::IntArrayRef) { ++count; });
        CHECK(count == tensors);
    }
}

TEST_CASE("the footprint is what a run keeps and needs")
{
    for (const bool vace : {false, true}) {
        WanTransformerConfig config = smallConfig(vace);
        config.headChannels = 48;
        config.ffnChannels = 500;
        config.layers = 4;
        const auto network = randomised(config, at::kFloat);
        const auto footprint = network->footprint();
        // Elements at two lengths of clip: their difference leaves out what does not grow.
        struct Counts {
            double saved, work;
        };
        const auto count = [&](std::int64_t time) {
            const at::Tensor z = at::randn({1, 3, time, 16, 16}).requires_grad_(true);
            const Conditioning given = randomGiven(config, z.sizes(), at::kFloat);
            setRequiresGrad([&](const ParameterVisitor& visitor) { network->visit(visitor); }, true);
            Counts counts{};
            {
                tensor::MemoryTracker tracker;
                const at::Tensor made = network->predict(z, given).prediction;
                counts.saved = static_cast<double>(tracker.currentBytes()) / 4;
            }
            const c10::AutoGradMode noGradient(false);
            tensor::MemoryTracker tracker;
            network->predict(z, given);
            counts.work = static_cast<double>(tracker.peakBytes()) / 4;
            return counts;
        };
        const Counts few = count(4), many = count(8);
        const double tokens = 4.0 * 8 * 8;
        CAPTURE(vace);
        CHECK((many.saved - few.saved) / tokens == doctest::Approx(footprint.saved).epsilon(0.1));
        CHECK((many.work - few.work) / tokens == doctest::Approx(footprint.workElements).epsilon(0.2));
    }
}
