#pragma once
#include <string>
#include <string_view>

namespace reelmend::text {

// As Wan's pipelines prepare a prompt: character references of HTML resolved twice ("&amp;lt;" -> "<"), every run of
// white space one space, none at the ends. Text in a wrong encoding is not mended. Bytes that are not UTF-8 become
// U+FFFD.
std::string cleanPrompt(std::string_view text);

// Character references as HTML5 resolves them (section 13.2.5.72 and following: numbers, names with and without
// semicolon, longest name first, Windows-1252 for 128 to 159).
std::string withoutHtmlReferences(std::string_view text);

// UTF-8 whatever came in: each byte that cannot be read becomes U+FFFD.
std::string validUtf8(std::string_view text);

} // namespace reelmend::text
