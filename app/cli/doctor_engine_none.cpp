#include "app/cli/doctor_report.h"

namespace reelmend::cli {

// For a build without the engine column.
Findings checkEngine()
{
    return {{"LibTorch", "version", Finding::Status::kMissing, "this program was built without it",
        "The classical model works. For the others build with -DREELMEND_ENGINE=ON"}};
}

} // namespace reelmend::cli
