#include "core/text/clean.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

#include "core/text/html_entities.h"

namespace reelmend::text {

namespace {

constexpr char32_t kReplacement = 0xfffd;
constexpr std::size_t kLongestName = 32;
constexpr std::size_t kMostDigits = 12; // more cannot be a code point

void append(std::string& text, char32_t point)
{
    const auto byte = [&](char32_t value) { text.push_back(static_cast<char>(value)); };
    if (point < 0x80) {
        byte(point);
    } else if (point < 0x800) {
        byte(0xc0 | point >> 6);
        byte(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
        byte(0xe0 | point >> 12);
        byte(0x80 | (point >> 6 & 0x3f));
        byte(0x80 | (point & 0x3f));
    } else {
        byte(0xf0 | point >> 18);
        byte(0x80 | (point >> 12 & 0x3f));
        byte(0x80 | (point >> 6 & 0x3f));
        byte(0x80 | (point & 0x3f));
    }
}

struct Read {
    char32_t point = kReplacement;
    std::size_t bytes = 1;
    bool isValid = false;
};

// One character; a byte that begins none is one character of its own.
Read readPoint(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) {
        return {first, 1, true};
    }
    const std::size_t length = first >= 0xf0 && first < 0xf5   ? 4
                               : first >= 0xe0 && first < 0xf0 ? 3
                               : first >= 0xc2 && first < 0xe0 ? 2
                                                               : 0;
    if (length == 0 || text.size() < length) {
        return {};
    }
    char32_t point = first & (0xff >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) {
            return {};
        }
        point = point << 6 | (byte(i) & 0x3f);
    }
    const bool isLong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    const bool isSurrogate = point >= 0xd800 && point < 0xe000;
    return isLong || isSurrogate || point > 0x10ffff ? Read{} : Read{point, length, true};
}

// What Python's str.split and Unicode's White_Space call white space.
bool isSpace(char32_t point)
{
    return (point >= 0x09 && point <= 0x0d) || (point >= 0x1c && point <= 0x20) || point == 0x85 || point == 0xa0 ||
           point == 0x1680 || (point >= 0x2000 && point <= 0x200a) || point == 0x2028 || point == 0x2029 ||
           point == 0x202f || point == 0x205f || point == 0x3000;
}

struct Entity {
    std::string value; // UTF-8
    bool needsSemicolon = true;
};

std::map<std::string, Entity, std::less<>> readTable()
{
    std::map<std::string, Entity, std::less<>> table;
    std::string_view rest = htmlEntityTable();
    while (!rest.empty()) {
        const auto end = rest.find(' ');
        const std::string_view word = rest.substr(0, end);
        const auto mark = word.find_first_of("!=");
        Entity entity;
        entity.needsSemicolon = word[mark] == '=';
        char32_t point = 0;
        for (const char c : word.substr(mark + 1)) {
            if (c == '-') {
                append(entity.value, point);
                point = 0;
            } else {
                point = point * 16 + static_cast<char32_t>(c <= '9' ? c - '0' : c - 'a' + 10);
            }
        }
        append(entity.value, point);
        table.emplace(std::string(word.substr(0, mark)), std::move(entity));
        rest.remove_prefix(end + 1);
    }
    return table;
}

// The character of a number, as HTML5's table says: 128 to 159 are Windows-1252's, what is no character is U+FFFD or
// nothing.
void appendNumbered(std::string& text, std::uint64_t number)
{
    static constexpr char32_t kWindows[32] = {0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,
        0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
        0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178};
    if (number == 0 || (number >= 0xd800 && number < 0xe000) || number > 0x10ffff) {
        append(text, kReplacement);
    } else if (number >= 0x80 && number < 0xa0) {
        append(text, kWindows[number - 0x80]);
    } else {
        const bool isNone = (number >= 0x01 && number <= 0x08) || number == 0x0b ||
                            (number >= 0x0e && number <= 0x1f) || number == 0x7f ||
                            (number >= 0xfdd0 && number <= 0xfdef) || (number & 0xfffe) == 0xfffe;
        if (!isNone) {
            append(text, static_cast<char32_t>(number));
        }
    }
}

// `text` begins with "&#": appends what it means and returns its length, 0 where it means nothing.
std::size_t numberReference(std::string_view text, std::string& result)
{
    const bool isHexadecimal = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
    std::size_t at = isHexadecimal ? 3 : 2;
    const std::size_t first = at;
    std::uint64_t number = 0;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        const int digit = c >= '0' && c <= '9'                    ? c - '0'
                          : isHexadecimal && c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : isHexadecimal && c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                                  : -1;
        if (digit < 0) {
            break;
        }
        number = at - first < kMostDigits ? number * (isHexadecimal ? 16 : 10) + static_cast<std::uint64_t>(digit)
                                          : UINT64_MAX;
    }
    if (at == first) {
        return 0;
    }
    appendNumbered(result, number);
    return at < text.size() && text[at] == ';' ? at + 1 : at;
}

// The same for "&" and a name.
std::size_t namedReference(std::string_view text, std::string& result)
{
    static const auto table = readTable();
    const auto isName = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    };
    std::size_t end = 1;
    while (end < text.size() && end <= kLongestName && isName(text[end])) {
        ++end;
    }
    const bool hasSemicolon = end < text.size() && text[end] == ';';
    for (std::size_t length = end - 1; length > 0; --length) {
        const auto found = table.find(text.substr(1, length));
        const bool isWhole = length == end - 1 && hasSemicolon;
        if (found != table.end() && (isWhole || !found->second.needsSemicolon)) {
            result += found->second.value;
            return 1 + length + (isWhole ? 1 : 0);
        }
    }
    return 0;
}

} // namespace

std::string validUtf8(std::string_view text)
{
    std::string result;
    while (!text.empty()) {
        const Read read = readPoint(text);
        append(result, read.point);
        text.remove_prefix(read.bytes);
    }
    return result;
}

std::string withoutHtmlReferences(std::string_view text)
{
    std::string result;
    while (!text.empty()) {
        const std::size_t length = text[0] != '&'           ? 0
                                   : text.starts_with("&#") ? numberReference(text, result)
                                                            : namedReference(text, result);
        if (length == 0) {
            result.push_back(text[0]);
        }
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return result;
}

std::string cleanPrompt(std::string_view text)
{
    const std::string plain = withoutHtmlReferences(withoutHtmlReferences(validUtf8(text)));
    std::string result;
    bool isBetween = false; // a space is due before the next character
    for (std::string_view rest = plain; !rest.empty();) {
        const Read read = readPoint(rest);
        if (isSpace(read.point)) {
            isBetween = !result.empty();
        } else {
            if (isBetween) {
                result.push_back(' ');
            }
            isBetween = false;
            append(result, read.point);
        }
        rest.remove_prefix(read.bytes);
    }
    return result;
}

} // namespace reelmend::text
