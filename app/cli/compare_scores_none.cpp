#include "app/cli/compare_scores.h"
#include "core/base/error.h"

namespace reelmend::cli {

std::unique_ptr<FrameScorer> makeFrameScorer(const std::string&, bool, int)
{
    throw base::Error(base::ErrorKind::kUnavailable, "The clips cannot be measured.",
        "Scores are part of the engine, and this program was built without it (LibTorch).",
        "Use a build with the engine, or --metrics none with --picture to look at both side by side.");
}

} // namespace reelmend::cli
