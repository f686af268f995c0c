#pragma once
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

// JSON to and from text without exceptions: what arrives was written by others, what leaves must fit one line.
namespace reelmend::jobs {

// One line without a line break. Bytes that are not UTF-8 become U+FFFD.
std::string compactText(const nlohmann::json& json);
// For files that people may open.
std::string indentedText(const nlohmann::json& json);

// None when the text is not one complete JSON value (numbers that no double can hold included).
std::optional<nlohmann::json> parseJson(std::string_view text);

bool isUtf8(std::string_view text);

// Shortened to `maximumBytes` on a character border, for quoting what somebody sent.
std::string shortened(std::string_view text, std::size_t maximumBytes = 60);

// Members of an object, or the fallback where the member is missing, of another type, or out of range.
std::string textMember(const nlohmann::json& object, const char* name, std::string fallback = {});
double numberMember(const nlohmann::json& object, const char* name, double fallback = 0);
std::int64_t integerMember(const nlohmann::json& object, const char* name, std::int64_t fallback = 0);

// The value as a whole number of that range; none for fractions, other types and what does not fit.
std::optional<std::int64_t> wholeNumber(const nlohmann::json& value);

} // namespace reelmend::jobs
