#include "app/cli/prompt_tokens.h"

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/text/clean.h"
#include "core/text/tokenizer.h"

namespace reelmend::cli {

TokenizedPrompts tokenized(const std::vector<std::string>& texts, const TokenizerChoice& choice)
{
    std::filesystem::path file = choice.file;
    if (file.empty() && choice.embedded.empty()) {
        const auto found = text::findTokenizer(choice.encoder);
        if (!found) {
            throw base::Error(base::ErrorKind::kInput, "The prompt cannot be turned into tokens.",
                "There is no spiece.model or tokenizer.model beside \"" + base::pathText(choice.encoder) +
                    "\", nor in a folder tokenizer or google/umt5-xxl there.",
                "Put the model's tokenizer there, name it with --tokenizer, or give the tokens with --tokens.");
        }
        file = *found;
    }
    TokenizedPrompts result;
    const std::string bytes = file.empty() ? choice.embedded : base::readFile(file);
    result.tokenizer = file.empty() ? "in the weights" : base::pathText(file);
    const auto tokenizer =
        text::sentencepieceTokenizer(bytes, file.empty() ? "spiece_model" : base::pathText(file.filename()));
    result.padding = tokenizer->padding();
    for (const auto& prompt : texts) {
        result.tokens.push_back(tokenizer->encode(choice.cleans ? text::cleanPrompt(prompt) : prompt, choice.most));
    }
    return result;
}

} // namespace reelmend::cli
