#include "core/text/sentencepiece_model.h"

#include <bit>
#include <cmath>
#include <optional>

#include "core/base/error.h"

namespace reelmend::text {

namespace {

constexpr std::size_t kMostPieces = 4'000'000;

[[noreturn]] void fail(const std::string& label, const std::string& why)
{
    throw base::Error(base::ErrorKind::kInput, "\"" + label + "\" cannot be used as a tokenizer.", why,
        "Use the spiece.model or tokenizer.model that belongs to the text encoder.");
}

// One field of a protocol buffer: a number, or bytes.
struct Field {
    std::uint32_t number = 0;
    std::uint64_t value = 0;
    std::string_view bytes;
    bool hasBytes = false;
};

// Reads a message field by field; `isDamaged` where the bytes are no message.
class Message {
public:
    explicit Message(std::string_view bytes)
        : rest_(bytes)
    {}

    bool isDamaged = false;

    std::optional<Field> next()
    {
        if (rest_.empty() || isDamaged) {
            return std::nullopt;
        }
        const std::uint64_t key = variable();
        Field field;
        field.number = static_cast<std::uint32_t>(key >> 3);
        switch (key & 7) {
        case 0:
            field.value = variable();
            break;
        case 1:
            field.value = fixed(8);
            break;
        case 2: {
            const std::uint64_t size = variable();
            if (size > rest_.size()) {
                isDamaged = true;
                break;
            }
            field.bytes = rest_.substr(0, size);
            field.hasBytes = true;
            rest_.remove_prefix(size);
            break;
        }
        case 5:
            field.value = fixed(4);
            break;
        default:
            isDamaged = true;
        }
        return isDamaged || field.number == 0 ? (isDamaged = true, std::nullopt) : std::optional(field);
    }

private:
    std::uint64_t variable()
    {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (rest_.empty()) {
                break;
            }
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if ((byte & 0x80) == 0) {
                return value;
            }
        }
        isDamaged = true;
        return 0;
    }

    std::uint64_t fixed(std::size_t size)
    {
        std::uint64_t value = 0;
        if (rest_.size() < size) {
            isDamaged = true;
            return 0;
        }
        for (std::size_t i = 0; i < size; ++i) {
            value |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
        }
        rest_.remove_prefix(size);
        return value;
    }

    std::string_view rest_;
};

bool readPiece(std::string_view bytes, Piece& piece)
{
    Message message(bytes);
    while (const auto field = message.next()) {
        if (field->number == 1 && field->hasBytes) {
            piece.text = std::string(field->bytes);
        } else if (field->number == 2) {
            piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(field->value));
        } else if (field->number == 3) {
            if (field->value < 1 || field->value > 6) {
                return false;
            }
            piece.kind = static_cast<PieceKind>(field->value);
        }
    }
    return !message.isDamaged && std::isfinite(piece.score);
}

bool readTrainer(std::string_view bytes, SentencepieceModel& model)
{
    Message message(bytes);
    while (const auto field = message.next()) {
        const int value = static_cast<int>(field->value);
        switch (field->number) {
        case 3:
            model.modelType = value;
            break;
        case 24:
            model.spacesBehind = value != 0;
            break;
        case 35:
            model.fallsBackToBytes = value != 0;
            break;
        case 47:
            model.endPiece = std::string(field->bytes);
            break;
        case 48:
            model.paddingPiece = std::string(field->bytes);
            break;
        default:
            break;
        }
    }
    return !message.isDamaged;
}

bool readNormalizer(std::string_view bytes, SentencepieceModel& model)
{
    Message message(bytes);
    while (const auto field = message.next()) {
        switch (field->number) {
        case 2:
            model.characterMap = std::string(field->bytes);
            break;
        case 3:
            model.addsPrefix = field->value != 0;
            break;
        case 4:
            model.removesExtraSpaces = field->value != 0;
            break;
        case 5:
            model.escapesSpaces = field->value != 0;
            break;
        default:
            break;
        }
    }
    return !message.isDamaged;
}

} // namespace

SentencepieceModel parseSentencepieceModel(std::string_view bytes, const std::string& label)
{
    SentencepieceModel model;
    Message message(bytes);
    bool isGood = true;
    while (const auto field = message.next()) {
        if (field->number == 1 && field->hasBytes) {
            if (model.pieces.size() >= kMostPieces) {
                fail(label, "It has too many pieces.");
            }
            isGood = readPiece(field->bytes, model.pieces.emplace_back()) && isGood;
        } else if (field->number == 2 && field->hasBytes) {
            isGood = readTrainer(field->bytes, model) && isGood;
        } else if (field->number == 3 && field->hasBytes) {
            isGood = readNormalizer(field->bytes, model) && isGood;
        }
    }
    if (message.isDamaged || !isGood || model.pieces.empty()) {
        fail(label, "It is not a sentencepiece model, or a damaged one.");
    }
    if (model.modelType != 1) {
        fail(label, "It is not of the unigram kind, the only one that text encoders of video models use.");
    }
    for (std::size_t i = 0; i < model.pieces.size(); ++i) {
        const Piece& piece = model.pieces[i];
        const auto keep = [&](int& id, bool isIt) { id = isIt && id < 0 ? static_cast<int>(i) : id; };
        keep(model.unknownId, piece.kind == PieceKind::kUnknown);
        keep(model.endId, piece.kind == PieceKind::kControl && piece.text == model.endPiece);
        keep(model.paddingId, piece.kind == PieceKind::kControl && piece.text == model.paddingPiece);
    }
    if (model.unknownId < 0) {
        fail(label, "It has no piece for what is not known.");
    }
    if (model.endId < 0 || model.paddingId < 0) {
        fail(label, "It has no piece for the end of a text, or none that fills up.");
    }
    return model;
}

} // namespace reelmend::text
