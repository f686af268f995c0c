#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reelmend::text {

// A sentencepiece model as its file describes it (github.com/google/sentencepiece, sentencepiece_model.proto).
enum class PieceKind { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5, kByte = 6 };

struct Piece {
    std::string text; // UTF-8, spaces as U+2581
    float score = 0;  // logarithm of its probability
    PieceKind kind = PieceKind::kNormal;
};

struct SentencepieceModel {
    std::vector<Piece> pieces; // by their number
    std::string characterMap;  // compiled: a double array and the replacements (piece_normalizer.h)
    int modelType = 1;         // 1 = unigram
    int endId = -1, paddingId = -1, unknownId = -1; // found by kind and name
    std::string endPiece = "</s>", paddingPiece = "<pad>";
    bool addsPrefix = true;         // a space in front
    bool removesExtraSpaces = true; // at the ends, and all but one of a run
    bool escapesSpaces = true;      // as U+2581
    bool spacesBehind = false;      // the space of a word stands behind it
    bool fallsBackToBytes = false;  // what no piece covers becomes <0x..>
};

// Nothing in `bytes` is believed before it was checked. Throws base::Error(kInput) that names `label` and the reason.
SentencepieceModel parseSentencepieceModel(std::string_view bytes, const std::string& label);

} // namespace reelmend::text
