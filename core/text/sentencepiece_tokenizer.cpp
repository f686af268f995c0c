#include <algorithm>
#include <utility>

#include <sentencepiece_processor.h>

#include "core/base/error.h"
#include "core/text/clean.h"
#include "core/text/tokenizer.h"

namespace reelmend::text {

namespace fs = std::filesystem;

namespace {

base::Error tokenizerError(const std::string& label, std::string why)
{
    return base::Error(base::ErrorKind::kInput, "\"" + label + "\" cannot be used as a tokenizer.", std::move(why),
        "Use the spiece.model or tokenizer.model that belongs to the text encoder.");
}

class SentencepieceTokenizer final : public Tokenizer {
public:
    SentencepieceTokenizer(std::string_view bytes, std::string label)
        : label_(std::move(label))
    {
        const auto status = bytes.empty()
                                ? sentencepiece::util::Status(sentencepiece::util::StatusCode::kInvalidArgument, "")
                                : processor_.LoadFromSerializedProto(absl::string_view(bytes.data(), bytes.size()));
        if (!status.ok()) {
            throw tokenizerError(label_, "It is not a sentencepiece model.");
        }
        if (processor_.eos_id() < 0 || processor_.pad_id() < 0) {
            throw tokenizerError(label_, "It has no token for the end of a text, or none that fills up.");
        }
    }

    std::vector<std::int64_t> encode(std::string_view text, std::size_t most) const override
    {
        const std::string valid = validUtf8(text);
        std::vector<int> ids;
        if (const auto status = processor_.Encode(valid, &ids); !status.ok()) {
            throw tokenizerError(label_, "It cannot encode this prompt.");
        }
        ids.resize(std::min(ids.size(), most > 0 ? most - 1 : 0));
        std::vector<std::int64_t> tokens(ids.begin(), ids.end());
        tokens.push_back(processor_.eos_id());
        return tokens;
    }

    std::int64_t padding() const override { return processor_.pad_id(); }
    std::int64_t size() const override { return processor_.GetPieceSize(); }

private:
    std::string label_;
    sentencepiece::SentencePieceProcessor processor_;
};

} // namespace

std::unique_ptr<Tokenizer> sentencepieceTokenizer(std::string_view bytes, const std::string& label)
{
    return std::make_unique<SentencepieceTokenizer>(bytes, label);
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
