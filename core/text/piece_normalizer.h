#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/sentencepiece_model.h"

namespace reelmend::text {

// What sentencepiece does to a text before it looks for pieces: characters replaced by the model's map (NFKC with
// its additions, as a rule), white space made one U+2581 each. The map: bytes of a double array (Yata's darts-clone),
// the array, then the replacements, each ended by a zero.
class PieceNormalizer {
public:
    // Throws base::Error(kInput) for a map whose array points outside itself.
    PieceNormalizer(const SentencepieceModel& model, const std::string& label);

    std::string normalised(std::string_view validUtf8) const;

private:
    struct Step {
        std::string_view replacement;
        std::size_t consumed = 0;
    };
    Step next(std::string_view text) const;

    std::vector<std::uint32_t> units_;
    std::string replacements_;
    std::set<std::string, std::less<>> userDefined_; // stand as they are
    std::size_t longestUserDefined_ = 0;
    bool addsPrefix_, removesExtraSpaces_, escapesSpaces_, spacesBehind_;
};

// Bytes of the UTF-8 character that begins with `first`.
std::size_t characterBytes(char first);

} // namespace reelmend::text
