#include "core/base/error.h"
#include "core/train/parallel.h"

namespace reelmend::train {

std::unique_ptr<ParallelGroup> ParallelGroup::join(const ParallelPlace&, c10::Device)
{
    throw base::Error(base::ErrorKind::kUnavailable, "Several processes cannot train together here.",
        "This program was built without Gloo's headers.", "Install them (libgloo-dev) and build again.");
}

} // namespace reelmend::train
