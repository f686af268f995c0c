#include "core/text/piece_normalizer.h"

#include <algorithm>

#include "core/base/error.h"

namespace reelmend::text {

namespace {

constexpr std::string_view kEscapedSpace = "\xe2\x96\x81"; // U+2581

// The fields of a unit of the double array.
std::uint32_t offsetOf(std::uint32_t unit)
{
    return (unit >> 10) << ((unit & (1u << 9)) >> 6);
}
bool hasLeaf(std::uint32_t unit)
{
    return (unit >> 8 & 1) != 0;
}
std::uint32_t labelOf(std::uint32_t unit)
{
    return unit & (1u << 31 | 0xff);
}

} // namespace

std::size_t characterBytes(char first)
{
    const auto byte = static_cast<unsigned char>(first);
    return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

PieceNormalizer::PieceNormalizer(const SentencepieceModel& model, const std::string& label)
    : addsPrefix_(model.addsPrefix)
    , removesExtraSpaces_(model.removesExtraSpaces)
    , escapesSpaces_(model.escapesSpaces)
    , spacesBehind_(model.spacesBehind)
{
    for (const Piece& piece : model.pieces) {
        if (piece.kind == PieceKind::kUserDefined && !piece.text.empty()) {
            userDefined_.insert(piece.text);
            longestUserDefined_ = std::max(longestUserDefined_, piece.text.size());
        }
    }
    const std::string& map = model.characterMap;
    if (map.empty()) {
        return;
    }
    const auto number = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            value |= static_cast<std::uint32_t>(static_cast<unsigned char>(map[at + i])) << (8 * i);
        }
        return value;
    };
    const std::size_t bytes = map.size() >= 4 ? number(0) : 0;
    if (bytes == 0 || bytes % 4 != 0 || bytes > map.size() - 4 || map.back() != '\0') {
        throw base::Error(base::ErrorKind::kInput, "\"" + label + "\" cannot be used as a tokenizer.",
            "Its map of characters is damaged.", "Download the file again.");
    }
    for (std::size_t at = 4; at < 4 + bytes; at += 4) {
        units_.push_back(number(at));
    }
    replacements_ = map.substr(4 + bytes);
}

PieceNormalizer::Step PieceNormalizer::next(std::string_view text) const
{
    for (std::size_t size = std::min(longestUserDefined_, text.size()); size > 0; --size) {
        if (userDefined_.contains(text.substr(0, size))) {
            return {text.substr(0, size), size};
        }
    }
    std::size_t longest = 0, replacement = 0;
    std::size_t node = units_.empty() ? 0 : offsetOf(units_[0]);
    for (std::size_t i = 0; i < text.size() && !units_.empty(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        node ^= byte;
        if (node >= units_.size() || labelOf(units_[node]) != byte) {
            break;
        }
        const std::uint32_t unit = units_[node];
        node ^= offsetOf(unit);
        if (hasLeaf(unit)) {
            const std::size_t value = node < units_.size() ? units_[node] & 0x7fffffff : replacements_.size();
            if (value >= replacements_.size()) { // a damaged map replaces nothing
                break;
            }
            longest = i + 1;
            replacement = value;
        }
    }
    if (longest > 0) {
        return {std::string_view(replacements_.c_str() + replacement), longest};
    }
    const std::size_t size = std::min(characterBytes(text.front()), text.size());
    return {text.substr(0, size), size};
}

std::string PieceNormalizer::normalised(std::string_view text) const
{
    const std::string_view space = escapesSpaces_ ? kEscapedSpace : std::string_view(" ");
    if (removesExtraSpaces_) { // what becomes one space at the front
        while (!text.empty()) {
            const Step step = next(text);
            if (step.replacement != " ") {
                break;
            }
            text.remove_prefix(step.consumed);
        }
    }
    std::string result;
    if (text.empty()) {
        return result;
    }
    if (!spacesBehind_ && addsPrefix_) {
        result += space;
    }
    bool isAfterSpace = removesExtraSpaces_;
    while (!text.empty()) {
        const Step step = next(text);
        std::string_view part = step.replacement;
        while (isAfterSpace && part.starts_with(' ')) { // after a space, all others go
            part.remove_prefix(1);
        }
        if (!part.empty()) {
            for (const char c : part) {
                c == ' ' ? result.append(space) : result.append(1, c);
            }
            isAfterSpace = part.ends_with(' ');
        }
        isAfterSpace = isAfterSpace && removesExtraSpaces_;
        text.remove_prefix(step.consumed);
    }
    while (removesExtraSpaces_ && result.ends_with(space)) {
        result.resize(result.size() - space.size());
    }
    if (spacesBehind_ && addsPrefix_) {
        result += space;
    }
    return result;
}

} // namespace reelmend::text
