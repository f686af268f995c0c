#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/text/clean.h"
#include "tests/support/test_support.h"

using namespace reelmend;
using namespace reelmend::text;

TEST_CASE("prompts are cleaned as Wan's pipelines clean them")
{
    const auto cases = nlohmann::json::parse(base::readFile(test::sourceFolder() / "tests/fixtures/text/clean.json"));
    REQUIRE(cases.size() > 10);
    for (const auto& prompt : cases) {
        CAPTURE(prompt.dump());
        CHECK(cleanPrompt(prompt["text"].get<std::string>()) == prompt["clean"].get<std::string>());
    }
}

TEST_CASE("bytes that are not UTF-8 become replacement characters, each by itself")
{
    CHECK(validUtf8("plain \u00e9 \u96e8 \U0001f3ac") == "plain \u00e9 \u96e8 \U0001f3ac");
    CHECK(validUtf8("a\xff\xfe"
                    "b") == "a\ufffd\ufffdb");
    CHECK(validUtf8("\xc3") == "\ufffd");              // cut off
    CHECK(validUtf8("\xc0\x80") == "\ufffd\ufffd");    // longer than need be
    CHECK(validUtf8("\xed\xa0\x80").size() == 9);      // half of a pair
    CHECK(validUtf8("\xf4\x90\x80\x80").size() == 12); // beyond the last one
    CHECK(cleanPrompt(" \xff ") == "\ufffd");
}
