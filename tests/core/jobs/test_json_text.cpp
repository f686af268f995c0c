#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/jobs/json_text.h"

using namespace reelmend::jobs;
using nlohmann::json;

TEST_CASE("UTF-8 is told from other bytes")
{
    CHECK(isUtf8(""));
    CHECK(isUtf8("plain"));
    CHECK(isUtf8("日本語 é 😀"));
    CHECK_FALSE(isUtf8("\xff"));
    CHECK_FALSE(isUtf8("\xc3"));             // torn
    CHECK_FALSE(isUtf8("\xc0\xaf"));         // overlong slash
    CHECK_FALSE(isUtf8("\xe0\x80\xaf"));     // overlong slash
    CHECK_FALSE(isUtf8("\xed\xa0\x80"));     // surrogate
    CHECK_FALSE(isUtf8("\xf4\x90\x80\x80")); // beyond U+10FFFF
    CHECK_FALSE(isUtf8("\x80"));
}

TEST_CASE("shortening cuts between characters")
{
    CHECK(shortened("short", 5) == "short");
    CHECK(shortened("日本語", 4) == "日…");
    CHECK(shortened("日本語", 3) == "日…");
    CHECK(shortened("日本語", 2) == "…");
}

TEST_CASE("text that is not one JSON value gives none")
{
    for (const char* text : {"", "{", "{} x", "nul", "1e999", "\"\xff\"", "[1,]", "{\"a\":1"}) {
        CHECK_MESSAGE(!parseJson(text), text);
    }
    CHECK(parseJson(" {\"a\": [1, null]} "));
    CHECK(parseJson(std::string(500'000, '[') + std::string(500'000, ']')).has_value()); // deep, not fatal
}

TEST_CASE("a dumped line has no line break and is UTF-8 whatever went in")
{
    const std::string line = compactText({{"text", "a\nb \xff end"}});
    CHECK(line.find('\n') == std::string::npos);
    CHECK(isUtf8(line));
}

TEST_CASE("whole numbers are whole and fit")
{
    CHECK(wholeNumber(json(5)) == 5);
    CHECK(wholeNumber(json(-5)) == -5);
    CHECK(wholeNumber(json(2.0)) == 2);
    CHECK_FALSE(wholeNumber(json(2.5)));
    CHECK_FALSE(wholeNumber(json(1e300)));
    CHECK_FALSE(wholeNumber(json(18446744073709551615u)));
    CHECK_FALSE(wholeNumber(json("5")));
    CHECK_FALSE(wholeNumber(json(true)));
    CHECK_FALSE(wholeNumber(json()));
}
