#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <unordered_map>
#include <utility>

#include "core/text/clean.h"
#include "core/text/piece_normalizer.h"
#include "core/text/sentencepiece_model.h"
#include "core/text/tokenizer.h"

namespace reelmend::text {

namespace fs = std::filesystem;

namespace {

// Kudo 2018, "Subword regularization", section 3.2: the most probable sequence of pieces, found as Viterbi does.
class UnigramTokenizer final : public Tokenizer {
public:
    UnigramTokenizer(std::string_view bytes, const std::string& label)
        : model_(parseSentencepieceModel(bytes, label))
        , normalizer_(model_, label)
    {
        float least = std::numeric_limits<float>::max(), most = std::numeric_limits<float>::lowest();
        for (const Piece& piece : model_.pieces) {
            if (piece.kind == PieceKind::kNormal) {
                least = std::min(least, piece.score);
                most = std::max(most, piece.score);
            }
        }
        unknownScore_ = least - kUnknownPenalty;
        for (std::size_t i = 0; i < model_.pieces.size(); ++i) {
            add(static_cast<int>(i), most);
        }
    }

    std::vector<std::int64_t> encode(std::string_view text, std::size_t most) const override
    {
        std::vector<std::int64_t> tokens = tokensOf(normalizer_.normalised(validUtf8(text)));
        tokens.resize(std::min(tokens.size(), most > 0 ? most - 1 : 0));
        tokens.push_back(model_.endId);
        return tokens;
    }

    std::int64_t padding() const override { return model_.paddingId; }
    std::int64_t size() const override { return static_cast<std::int64_t>(model_.pieces.size()); }

private:
    static constexpr float kUnknownPenalty = 10;

    struct Entry {
        int id = 0;
        float score = 0;
    };
    struct Ending { // of the best path to a position
        int id = -1;
        std::size_t start = 0;
        float score = 0;
        bool isReached = false;
    };

    void add(int id, float mostScore)
    {
        const Piece& piece = model_.pieces[static_cast<std::size_t>(id)];
        if (piece.kind == PieceKind::kByte) {
            unsigned byte = 0;
            if (std::sscanf(piece.text.c_str(), "<0x%2X>", &byte) == 1) {
                byteIds_[byte & 0xff] = id;
            }
        } else if (piece.kind == PieceKind::kNormal || piece.kind == PieceKind::kUserDefined) {
            // One that the user defined always wins over the pieces that it is made of.
            const float score = piece.kind == PieceKind::kNormal
                                    ? piece.score
                                    : static_cast<float>(piece.text.size()) * mostScore - 0.1f;
            if (!piece.text.empty()) {
                entries_.emplace(piece.text, Entry{id, score});
                longest_ = std::max(longest_, piece.text.size());
            }
        }
    }

    std::vector<std::int64_t> tokensOf(const std::string& text) const
    {
        const std::string_view whole = text;
        std::vector<Ending> best(text.size() + 1);
        best[0].isReached = true;
        for (std::size_t start = 0; start < text.size();) {
            const std::size_t character = std::min(characterBytes(text[start]), text.size() - start);
            const auto offer = [&](std::size_t size, int id, float score) {
                Ending& ending = best[start + size];
                const float sum = best[start].score + score;
                if (!ending.isReached || sum > ending.score) {
                    ending = {id, start, sum, true};
                }
            };
            bool isCovered = false; // the character has a piece of its own
            for (std::size_t size = 1; size <= std::min(longest_, text.size() - start); ++size) {
                if (const auto found = entries_.find(whole.substr(start, size)); found != entries_.end()) {
                    offer(size, found->second.id, found->second.score);
                    isCovered = isCovered || size == character;
                }
            }
            if (!isCovered) {
                offer(character, model_.unknownId, unknownScore_);
            }
            start += character;
        }
        std::vector<std::int64_t> tokens; // from the end
        for (std::size_t end = text.size(); end > 0; end = best[end].start) {
            const Ending& ending = best[end];
            if (ending.id == model_.unknownId && model_.fallsBackToBytes) {
                for (std::size_t i = end; i > ending.start; --i) {
                    const int id = byteIds_[static_cast<unsigned char>(text[i - 1])];
                    tokens.push_back(id >= 0 ? id : model_.unknownId);
                }
            } else if (ending.id != model_.unknownId || tokens.empty() || tokens.back() != model_.unknownId) {
                tokens.push_back(ending.id); // what is not known counts once in a row
            }
        }
        std::reverse(tokens.begin(), tokens.end());
        return tokens;
    }

    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };

    SentencepieceModel model_;
    PieceNormalizer normalizer_;
    std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
    std::array<int, 256> byteIds_ = [] {
        std::array<int, 256> none{};
        none.fill(-1);
        return none;
    }();
    std::size_t longest_ = 0;
    float unknownScore_ = 0;
};

} // namespace

std::unique_ptr<Tokenizer> sentencepieceTokenizer(std::string_view bytes, const std::string& label)
{
    return std::make_unique<UnigramTokenizer>(bytes, label);
}

std::optional<fs::path> findTokenizer(const fs::path& encoder)
{
    std::error_code ignored;
    const fs::path folder = fs::is_directory(encoder, ignored) ? encoder : encoder.parent_path();
    for (const fs::path& place : {folder, folder / "tokenizer", folder / ".." / "tokenizer",
             folder / "google" / "umt5-xxl", folder / ".." / "google" / "umt5-xxl"}) {
        for (const char* name : {"spiece.model", "tokenizer.model"}) {
            if (fs::is_regular_file(place / name, ignored)) {
                return (place / name).lexically_normal();
            }
        }
    }
    return std::nullopt;
}

} // namespace reelmend::text
