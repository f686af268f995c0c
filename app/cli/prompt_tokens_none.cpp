#include "app/cli/prompt_tokens.h"
#include "core/base/error.h"

namespace reelmend::cli {

TokenizedPrompts tokenized(const std::vector<std::string>&, const TokenizerChoice&)
{
    throw base::Error(base::ErrorKind::kUnavailable, "The prompt cannot be turned into tokens.",
        "This build has no tokenizers.", "Give the tokens with --tokens, or use the full build.");
}

} // namespace reelmend::cli
