#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include "core/base/control.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/models/catalogue.h"
#include "core/models/prompt_embedding.h"
#include "core/models/t5_encoder.h"
#include "tests/core/models/against_reference.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::models;

namespace {

std::filesystem::path fixture(const std::string& name)
{
    return test::sourceFolder() / "tests/fixtures/models" / name;
}

std::vector<std::int64_t> tokensOf(const at::Tensor& tokens)
{
    const at::Tensor flat = tokens.to(at::kLong).contiguous();
    return {flat.const_data_ptr<std::int64_t>(), flat.const_data_ptr<std::int64_t>() + flat.numel()};
}

std::vector<at::Tensor> encoded(const std::filesystem::path& model,
    const std::vector<std::vector<std::int64_t>>& prompts, at::ScalarType dtype = at::kFloat)
{
    const WeightStore store = WeightStore::open(model);
    const DetectedT5 found = detectT5(store);
    checkT5(store, found);
    LoadOptions options;
    options.dtype = dtype;
    return encodeWithT5(store, found, prompts, options, base::Control());
}

// The tensors of a fixture, for files that differ from it.
NamedTensors tensorsOf(const std::string& name)
{
    const SafetensorsFile file(fixture(name) / "model.safetensors");
    NamedTensors tensors;
    for (const auto& stored : file.header().tensors) {
        tensors.emplace_back(stored.name, file.read(stored, {}));
    }
    return tensors;
}

std::string problemOf(const NamedTensors& tensors, const std::string& config = {})
{
    const test::TemporaryFolder folder;
    writeSafetensors(folder / "model.safetensors", tensors);
    if (!config.empty()) {
        base::writeFileAtomically(folder / "config.json", config);
    }
    try {
        const WeightStore store = WeightStore::open(folder / "model.safetensors");
        checkT5(store, detectT5(store));
    } catch (const base::Error& error) {
        return error.what();
    }
    return {};
}

NamedTensors without(NamedTensors tensors, const std::string& part)
{
    std::erase_if(tensors, [&](const auto& entry) { return entry.first.find(part) != std::string::npos; });
    return tensors;
}

} // namespace

TEST_CASE("T5 and UMT5 encoders reproduce transformers, under both spellings of the names")
{
    for (const std::string name : {"t5_tiny", "umt5_tiny"}) {
        CAPTURE(name);
        const SafetensorsFile cases(fixture(name) / "cases.safetensors");
        const auto value = [&](const std::string& key) { return cases.read(*cases.find(key), {}); };
        std::vector<std::vector<std::int64_t>> prompts;
        for (const char* clip : {"one", "short", "long"}) {
            prompts.push_back(tokensOf(value(std::string(clip) + ".tokens")));
        }
        std::vector<std::filesystem::path> files = {fixture(name)};
        if (name == "umt5_tiny") {
            files.push_back(fixture(name) / "original.pth");
        }
        for (const auto& file : files) {
            CAPTURE(file.string());
            const auto states = encoded(file, prompts);
            CHECK(test::relativeError(states[0], value("one.states")) < 1e-5);
            CHECK(test::relativeError(states[1], value("short.states")) < 1e-5);
            CHECK(test::relativeError(states[2], value("long.states")) < 1e-5);
            if (name == "umt5_tiny") { // a mask over what fills up is the same as leaving it out
                CHECK(test::relativeError(states[1], value("short.masked")) < 1e-5);
            }
        }
    }
}

TEST_CASE("bf16 costs no more than it costs transformers, and float16 stays near")
{
    for (const std::string name : {"t5_tiny", "umt5_tiny"}) {
        CAPTURE(name);
        const SafetensorsFile cases(fixture(name) / "cases.safetensors");
        const auto value = [&](const std::string& key) { return cases.read(*cases.find(key), {}).to(at::kFloat); };
        const at::Tensor expected = value("short.states");
        const auto meanError = [&](const at::Tensor& x) {
            return ((x - expected).abs().mean() / expected.abs().max()).item<double>();
        };
        const auto prompt = tokensOf(value("short.tokens"));
        const double narrow = meanError(encoded(fixture(name), {prompt}, at::kBFloat16)[0]);
        CHECK(narrow < 1.1 * meanError(value("short.states_bf16")));
        CHECK(meanError(encoded(fixture(name), {prompt}, at::kHalf)[0]) < 0.3 * narrow);
        CHECK(test::relativeError(encoded(fixture(name), {prompt}, at::kDouble)[0], expected) < 1e-5);
    }
}

TEST_CASE("float16 does not overflow where the last product of a layer is beyond its range")
{
    const test::TemporaryFolder folder;
    NamedTensors tensors = tensorsOf("t5_tiny");
    for (auto& [name, tensor] : tensors) {
        if (name.ends_with("wo.weight")) {
            tensor = tensor * 6e4;
        }
    }
    writeSafetensors(folder / "model.safetensors", tensors);
    const std::vector<std::vector<std::int64_t>> prompt = {{7, 21, 1}};
    const at::Tensor wide = encoded(folder.path(), prompt)[0];
    CHECK(test::relativeError(encoded(folder.path(), prompt, at::kHalf)[0], wide) < 0.02);
}

TEST_CASE("the config is read off names and shapes, and config.json is compared")
{
    const DetectedT5 t5 = detectT5(WeightStore::open(fixture("t5_tiny")));
    CHECK(t5.config == T5Config{300, 20, 3, 8, 36, 3, 8, 20, false, 1e-6});
    CHECK(t5.config.identity() == "t5/20ch/3layers/300tokens");
    const DetectedT5 original = detectT5(WeightStore::open(fixture("umt5_tiny") / "original.pth"));
    CHECK(original.names == T5Names::kOriginal);
    CHECK(original.config == T5Config{384, 24, 4, 6, 40, 2, 32, 128, true, 1e-6});
    CHECK(original.config == detectT5(WeightStore::open(fixture("umt5_tiny"))).config);

    const NamedTensors good = tensorsOf("umt5_tiny");
    CHECK(problemOf(good, R"({"model_type": "umt5", "num_layers": 2})").empty());
    CHECK(problemOf(good, R"({"model_type": "umt5", "num_layers": 3})").find("num_layers") != std::string::npos);
    CHECK(problemOf(good, R"({"model_type": "umt5", "feed_forward_proj": "gated-silu"})").find("gated-silu") !=
          std::string::npos);
    CHECK(problemOf(good, R"({"model_type": "bert", "num_layers": 3})").empty());
}

TEST_CASE("what is missing, too much or of another kind is named")
{
    const NamedTensors good = tensorsOf("umt5_tiny");
    CHECK(problemOf(good).empty());
    NamedTensors whole = good; // a whole T5, with what stands beside an encoder
    whole.emplace_back("decoder.block.0.layer.0.SelfAttention.q.weight", at::zeros({2, 2}));
    whole.emplace_back("lm_head.weight", at::zeros({2, 2}));
    whole.emplace_back("spiece_model", at::zeros({9}, at::kByte));
    CHECK(problemOf(whole).empty());
    CHECK(problemOf(without(good, "block.1.layer.1.DenseReluDense.wo")).find("block.1.layer.1.DenseReluDense.wo") !=
          std::string::npos);
    CHECK(problemOf(without(good, "wi_0")).find("no gate") != std::string::npos);
    CHECK(problemOf(without(good, "shared")).find("missing") != std::string::npos);
    NamedTensors more = good;
    more.emplace_back("encoder.extra", at::zeros({1}));
    CHECK(problemOf(more).find("encoder.extra") != std::string::npos);
    NamedTensors scaled = good;
    scaled.emplace_back("scaled_fp8", at::zeros({2}));
    CHECK(problemOf(scaled).find("scales") != std::string::npos);
    CHECK_FALSE(looksLikeT5(WeightStore::open(fixture("wan_tiny"))));

    CHECK_THROWS_WITH_AS(encoded(fixture("t5_tiny"), {{300}}), doctest::Contains("300"), base::Error);
    base::Control stopped;
    stopped.requestCancel();
    const WeightStore store = WeightStore::open(fixture("t5_tiny"));
    CHECK_THROWS_AS(encodeWithT5(store, detectT5(store), {{1}}, {}, stopped), base::Cancelled);
}

TEST_CASE("models inspect knows a text encoder")
{
    const ModelDescription described = describeModel(fixture("umt5_tiny"));
    CHECK(described.family == "umt5");
    CHECK(described.kind == "text encoder");
    CHECK(described.tensors == 22);
    CHECK(described.problems.empty());
    CHECK(describeModel(fixture("umt5_tiny") / "original.pth").names == "original");
}

TEST_CASE("prompt embeddings come back, and those of others are read")
{
    const test::TemporaryFolder folder;
    PromptEmbedding written;
    written.prompt = at::rand({5, 8}).to(at::kBFloat16);
    written.negative = at::rand({2, 8});
    written.encoder = "umt5/8ch/1layers/9tokens";
    written.text = "ein \"Wort\"";
    written.negativeText = "unscharf";
    writePromptEmbedding(folder / "p.safetensors", written);
    const PromptEmbedding read = readPromptEmbedding(folder / "p.safetensors");
    CHECK(at::equal(read.prompt, written.prompt.to(at::kFloat)));
    CHECK(at::equal(read.negative, written.negative));
    CHECK(read.encoder == written.encoder);
    CHECK(read.text == written.text);
    CHECK(read.negativeText == "unscharf");

    // DOVE's: one tensor of bfloat16 without metadata.
    const at::Tensor dove = at::randn({226, 16}).to(at::kBFloat16);
    writeSafetensors(folder / "e3b0c442.safetensors", {{"prompt_embedding", dove}});
    CHECK(at::equal(readPromptEmbedding(folder / "e3b0c442.safetensors").prompt, dove.to(at::kFloat)));
    CHECK(readPromptEmbedding(folder / "e3b0c442.safetensors").encoder.empty());
    writeSafetensors(folder / "other.safetensors", {{"context", at::ones({1, 3, 4})}});
    CHECK(readPromptEmbedding(folder / "other.safetensors").prompt.sizes() == at::IntArrayRef{3, 4});

    const auto refused = [&](const NamedTensors& tensors) {
        writeSafetensors(folder / "bad.safetensors", tensors);
        CHECK_THROWS_WITH_AS(
            readPromptEmbedding(folder / "bad.safetensors"), doctest::Contains("bad.safetensors"), base::Error);
    };
    refused({{"a", at::ones({2, 4})}, {"b", at::ones({2, 4})}});
    refused({{"prompt_embedding", at::ones({4})}});
    refused({{"prompt_embedding", at::ones({0, 4})}});
    refused({{"prompt_embedding", at::full({2, 4}, std::nan(""))}});
    refused({{"prompt_embedding", at::ones({2, 4})}, {"negative_prompt_embedding", at::ones({2, 5})}});

    const at::Tensor padded = paddedPrompt(read.prompt, 7);
    CHECK(padded.sizes() == at::IntArrayRef{1, 7, 8});
    CHECK(at::equal(padded[0].narrow(0, 0, 5), read.prompt));
    CHECK(padded[0].narrow(0, 5, 2).abs().max().item<float>() == 0);
    CHECK_THROWS_AS(paddedPrompt(read.prompt, 4), base::Error);
}
