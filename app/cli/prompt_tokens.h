#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace reelmend::cli {

struct TokenizerChoice {
    std::filesystem::path file;    // empty = the one that belongs to `encoder`
    std::filesystem::path encoder; // the text encoder's file or folder
    std::string embedded;          // a tokenizer that stands in the weights' own file; empty = none does
    bool cleans = false;           // the text as Wan's pipelines do
    std::size_t most = 512;        // tokens of a prompt
};

struct TokenizedPrompts {
    std::vector<std::vector<std::int64_t>> tokens; // of each text, the end included
    std::int64_t padding = 0;                      // the token that fills up
    std::string tokenizer;                         // what made them, for the report
};

// Throws base::Error(kInput) where there is no tokenizer, and says where it was looked for.
TokenizedPrompts tokenized(const std::vector<std::string>& texts, const TokenizerChoice& choice);

} // namespace reelmend::cli
