#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include "core/base/files.h"
#include "core/models/prompt_embedding.h"
#include "core/models/safetensors.h"
#include "tests/app/cli/cli_process.h"

using namespace reelmend;
using namespace reelmend::test;

namespace {

namespace fs = std::filesystem;

fs::path fixture(const std::string& name)
{
    return sourceFolder() / "tests/fixtures" / name;
}

// A model's folder in diffusers' layout around the tiny encoder.
fs::path modelFolder(const CliPlace& place, const std::string& encoder)
{
    const fs::path folder = place / ("model " + encoder);
    fs::create_directories(folder / "text_encoder");
    fs::create_directories(folder / "tokenizer");
    for (const char* file : {"model.safetensors", "config.json"}) {
        fs::copy_file(fixture("models") / encoder / file, folder / "text_encoder" / file);
    }
    fs::copy_file(fixture("text/tiny.model"), folder / "tokenizer/spiece.model");
    return folder;
}

CliResult prompt(const CliPlace& place, std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), "prompt");
    arguments.insert(arguments.end(), {"-o", text(place / "p.safetensors"), "--device", "cpu", "--json"});
    return place.run(arguments);
}

} // namespace

TEST_CASE("prompt encodes a text once and keeps what made it")
{
    const CliPlace place;
    const std::string model = text(modelFolder(place, "umt5_tiny"));
    const CliResult result =
        prompt(place, {" the &amp;\n old  film ", "--model", model, "--negative", "noise", "--dtype", "float32"});
    REQUIRE_MESSAGE(result.exitCode == 0, (result.err + result.out));
    const auto embedding = models::readPromptEmbedding(place / "p.safetensors");
    CHECK(embedding.encoder == "umt5/24ch/2layers/384tokens");
    CHECK(embedding.negativeText == "noise");
    const auto report = result.last();
    CHECK(static_cast<std::int64_t>(report["tokens"].size()) == embedding.prompt.size(0));
    CHECK(report["tokens"].back() == 1);
    CHECK(embedding.prompt.size(1) == 24);
    CHECK(embedding.negative.size(0) == static_cast<std::int64_t>(report["negative_tokens"].size()));
    // Cleaned, the text is the same prompt.
    const CliResult plain = prompt(place, {"the & old film", "--model", model, "--dtype", "float32"});
    CHECK(plain.last()["tokens"] == report["tokens"]);
    CHECK(at::equal(models::readPromptEmbedding(place / "p.safetensors").prompt, embedding.prompt));
    // A file of the same tokens gives the same, without any tokenizer.
    base::writeFileAtomically(place / "tokens.json", nlohmann::json{{"prompt", report["tokens"]}}.dump());
    const CliResult fromFile = prompt(place, {"", "--model", text(fixture("models/umt5_tiny/original.pth")),
                                                 "--tokens", text(place / "tokens.json"), "--dtype", "float32"});
    REQUIRE_MESSAGE(fromFile.exitCode == 0, (fromFile.err + fromFile.out));
    const at::Tensor again = models::readPromptEmbedding(place / "p.safetensors").prompt;
    CHECK((again - embedding.prompt).abs().max().item<double>() < 1e-6);
}

TEST_CASE("a T5 prompt is filled up, since its models attend to what fills up")
{
    const CliPlace place;
    const std::string model = text(modelFolder(place, "t5_tiny"));
    const CliResult result = prompt(place, {"", "--model", model, "--dtype", "bfloat16"});
    REQUIRE_MESSAGE(result.exitCode == 0, (result.err + result.out));
    CHECK(result.last()["shape"] == nlohmann::json::parse("[226, 20]"));
    CHECK(prompt(place, {"", "--model", model, "--length", "12", "--dtype", "float32"}).last()["shape"][0] == 12);
    const models::SafetensorsFile file(place / "p.safetensors");
    CHECK(file.find("prompt_embedding"));
}

TEST_CASE("a tokenizer inside the weights is used, as ComfyUI's files carry it")
{
    const CliPlace place;
    const models::SafetensorsFile source(fixture("models/umt5_tiny/model.safetensors"));
    models::NamedTensors tensors;
    for (const auto& stored : source.header().tensors) {
        tensors.emplace_back(stored.name, source.read(stored, {}));
    }
    const std::string bytes = base::readFile(fixture("text/tiny.model"));
    const at::Tensor piece = at::empty({static_cast<std::int64_t>(bytes.size())}, at::kByte);
    std::copy(bytes.begin(), bytes.end(), static_cast<char*>(piece.data_ptr()));
    tensors.emplace_back("spiece_model", piece);
    models::writeSafetensors(place / "umt5.safetensors", tensors);
    const CliResult result =
        prompt(place, {"red car", "--model", text(place / "umt5.safetensors"), "--dtype", "float32"});
    REQUIRE_MESSAGE(result.exitCode == 0, (result.err + result.out));
    CHECK(result.last()["tokenizer"] == "in the weights");
}

TEST_CASE("prompts that cannot be made are one error, and no file is left")
{
    const CliPlace place;
    const std::string alone = text(fixture("models/umt5_tiny/model.safetensors"));
    const auto refused = [&](std::vector<std::string> arguments, int code, const std::string& word) {
        arguments.insert(arguments.end(), {"--dtype", "float32"});
        const CliResult result = prompt(place, std::move(arguments));
        CAPTURE(result.out);
        CHECK(result.exitCode == code);
        CHECK(result.out.find(word) != std::string::npos);
        CHECK_FALSE(fs::exists(place / "p.safetensors"));
    };
    refused({"a", "--model", alone}, 3, "spiece.model");
    refused({"a", "--model", text(place / "none")}, 3, "no such");
    refused({"a", "--model", text(fixture("models/wan_tiny"))}, 3, "text encoder");
    base::writeFileAtomically(place / "bad.model", "not a model");
    refused({"a", "--model", alone, "--tokenizer", text(place / "bad.model")}, 3, "bad.model");
    for (const char* tokens : {"[]", "[1.5]", "[-1]", "{\"negative\": [1]}", "tokens", "[[1]]", "{\"prompt\": 1}"}) {
        base::writeFileAtomically(place / "tokens.json", tokens);
        refused({"", "--model", alone, "--tokens", text(place / "tokens.json")}, 3, "tokens.json");
    }
    base::writeFileAtomically(place / "tokens.json", "[384]");
    refused({"", "--model", alone, "--tokens", text(place / "tokens.json")}, 2, "384");
    refused({"", "--model", alone, "--tokens", text(place / "tokens.json"), "--negative", "x"}, 2, "--negative");
    refused({"a"}, 2, "--model");
}
