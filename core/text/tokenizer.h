#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Prompts into the numbers that a text encoder reads. Behind an interface: the engine knows tokens, not how they are
// made.
namespace reelmend::text {

class Tokenizer {
public:
    virtual ~Tokenizer() = default;

    // UTF-8 -> tokens, the last of them the end of the text; bytes that are not UTF-8 count as U+FFFD. Longer than
    // `most`: cut, the end kept. Throws base::Error(kInput) where the text cannot be encoded.
    virtual std::vector<std::int64_t> encode(std::string_view text, std::size_t most) const = 0;
    virtual std::int64_t padding() const = 0; // the token that fills up
    virtual std::int64_t size() const = 0;    // of the vocabulary
};

// `bytes`: a whole sentencepiece model (spiece.model, tokenizer.model), unigram or another of its kinds. `label`
// names it in messages. Throws base::Error(kInput) for what is none, or one without an end or a filler.
std::unique_ptr<Tokenizer> sentencepieceTokenizer(std::string_view bytes, const std::string& label);

// The tokenizer's file that belongs to the text encoder `encoder` (a file or a folder): beside it, in the folder
// "tokenizer" next to it or in it, or where Wan keeps it ("google/umt5-xxl"). None where there is no such file.
std::optional<std::filesystem::path> findTokenizer(const std::filesystem::path& encoder);

} // namespace reelmend::text
