#include "core/base/error.h"
#include "core/runner/finetune_run.h"

namespace reelmend::runner {

void checkFineTune(const jobs::FineTuneRequest&, const base::Control*)
{
    throw base::Error(base::ErrorKind::kUnavailable, "Nothing can be taught here.",
        "Fine-tuning needs LibTorch, which this program was built without.", "Use a build with LibTorch.");
}

EnhanceResult runFineTune(const jobs::FineTuneRequest& request, const RunContext&)
{
    checkFineTune(request);
    return {};
}

int fineTuneRank()
{
    return 0;
}

void followFineTune(const jobs::FineTuneRequest& request)
{
    checkFineTune(request);
}

} // namespace reelmend::runner
