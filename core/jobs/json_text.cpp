#include "core/jobs/json_text.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

namespace reelmend::jobs {

using nlohmann::json;

namespace {

const json* member(const json& object, const char* name)
{
    if (!object.is_object()) {
        return nullptr;
    }
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
}

// Length of the UTF-8 sequence at the front, 0 when there is none (overlong forms and surrogates are none).
std::size_t sequenceLength(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) {
            return 0;
        }
    }
    const bool isOverlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
    const bool isOutside = (first == 0xED && byte(1) >= 0xA0) || (first == 0xF4 && byte(1) >= 0x90);
    return isOverlong || isOutside ? 0 : length;
}

} // namespace

std::string compactText(const json& value)
{
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string indentedText(const json& value)
{
    return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::optional<json> parseJson(std::string_view text)
{
    json value = json::parse(text.begin(), text.end(), nullptr, false);
    return value.is_discarded() ? std::nullopt : std::optional(std::move(value));
}

bool isUtf8(std::string_view text)
{
    while (!text.empty()) {
        const std::size_t length = sequenceLength(text);
        if (length == 0) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

std::string shortened(std::string_view text, std::size_t maximumBytes)
{
    if (text.size() <= maximumBytes) {
        return std::string(text);
    }
    while (maximumBytes > 0 && (static_cast<unsigned char>(text[maximumBytes]) & 0xC0) == 0x80) {
        --maximumBytes;
    }
    return std::string(text.substr(0, maximumBytes)) + "…";
}

std::string textMember(const json& object, const char* name, std::string fallback)
{
    const json* value = member(object, name);
    return value && value->is_string() ? value->get<std::string>() : std::move(fallback);
}

double numberMember(const json& object, const char* name, double fallback)
{
    const json* value = member(object, name);
    return value && value->is_number() ? value->get<double>() : fallback;
}

std::int64_t integerMember(const json& object, const char* name, std::int64_t fallback)
{
    const json* value = member(object, name);
    return value ? wholeNumber(*value).value_or(fallback) : fallback;
}

std::optional<std::int64_t> wholeNumber(const json& value)
{
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            return std::nullopt;
        }
        return static_cast<std::int64_t>(number);
    }
    if (value.is_number_integer()) {
        return value.get<std::int64_t>();
    }
    if (value.is_number_float()) {
        // Some writers say 2.0 for 2; beyond 2^53 a double no longer says which whole number was meant.
        const double number = value.get<double>();
        if (std::abs(number) <= 9007199254740992.0 && number == std::floor(number)) {
            return static_cast<std::int64_t>(number);
        }
    }
    return std::nullopt;
}

} // namespace reelmend::jobs
