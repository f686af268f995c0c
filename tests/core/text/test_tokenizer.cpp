#include <doctest/doctest.h>

#include <random>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/text/tokenizer.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::text;

namespace {

std::string modelBytes()
{
    return base::readFile(test::sourceFolder() / "tests/fixtures/text/tiny.model");
}

} // namespace

TEST_CASE("tokens are those of the public sentencepiece, with the end behind them")
{
    const auto tokenizer = sentencepieceTokenizer(modelBytes(), "tiny.model");
    const auto cases =
        nlohmann::json::parse(base::readFile(test::sourceFolder() / "tests/fixtures/text/tokens.json"));
    REQUIRE(cases.size() > 10);
    for (const auto& line : cases) {
        CAPTURE(line.dump());
        CHECK(tokenizer->encode(line["text"].get<std::string>(), 4096) ==
              line["tokens"].get<std::vector<std::int64_t>>());
    }
    CHECK(tokenizer->padding() == 0);
    CHECK(tokenizer->size() == 76);
}

TEST_CASE("a long text is cut and keeps its end")
{
    const auto tokenizer = sentencepieceTokenizer(modelBytes(), "tiny.model");
    const auto whole = tokenizer->encode("the old film of a red car", 100);
    REQUIRE(whole.size() > 6);
    const auto cut = tokenizer->encode("the old film of a red car", 5);
    REQUIRE(cut.size() == 5);
    CHECK(cut.back() == whole.back());
    CHECK(std::vector(cut.begin(), cut.end() - 1) == std::vector(whole.begin(), whole.begin() + 4));
    CHECK(tokenizer->encode("the", 1) == std::vector<std::int64_t>{1});
    CHECK(tokenizer->encode("\xff\xc3", 100).back() == 1); // not UTF-8, and still a text
}

TEST_CASE("what is no sentencepiece model is refused by name, whatever is in it")
{
    const std::string good = modelBytes();
    for (const std::string& bad : {std::string(), std::string("not a model"), good.substr(0, good.size() / 2)}) {
        CHECK_THROWS_WITH_AS(sentencepieceTokenizer(bad, "x.model"), doctest::Contains("x.model"), base::Error);
    }
    std::mt19937 random(5);
    for (int i = 0; i < 300; ++i) { // damaged ones are refused or work; neither crashes
        std::string damaged = good;
        for (int k = 0; k < 3; ++k) {
            damaged[random() % damaged.size()] = static_cast<char>(random());
        }
        try {
            CHECK(sentencepieceTokenizer(damaged, "x.model")->encode("a red car", 20).size() <= 20);
        } catch (const base::Error& error) {
            CHECK(error.kind() == base::ErrorKind::kInput);
        }
    }
}

TEST_CASE("the tokenizer of a text encoder is found where the published folders keep it")
{
    const test::TemporaryFolder place;
    const auto put = [&](const std::string& name) {
        std::filesystem::create_directories((place / name).parent_path());
        base::writeFileAtomically(place / name, "x");
    };
    put("diffusers/tokenizer/spiece.model");
    put("diffusers/text_encoder/model.safetensors");
    put("wan/google/umt5-xxl/spiece.model");
    put("wan/models_t5_umt5-xxl-enc-bf16.pth");
    put("alone/umt5.safetensors");
    put("beside/t5.safetensors");
    put("beside/tokenizer.model");
    CHECK(findTokenizer(place / "diffusers/text_encoder") == place / "diffusers/tokenizer/spiece.model");
    CHECK(findTokenizer(place / "wan/models_t5_umt5-xxl-enc-bf16.pth") == place / "wan/google/umt5-xxl/spiece.model");
    CHECK(findTokenizer(place / "beside/t5.safetensors") == place / "beside/tokenizer.model");
    CHECK_FALSE(findTokenizer(place / "alone/umt5.safetensors"));
}
