#pragma once
#include <optional>
#include <string>

#include "core/plan/gradient_schedule.h"

namespace reelmend::plan {

// What a step can give up when memory ran out, and its name for people.
struct Rung {
    std::string name; // "recompute groups", "caches on disk", "tiles 2x2", …
    GradientSchedule schedule;
    bool sameGradient = true; // false where the gradient itself becomes another
};

struct StepDownLimits {
    bool accelerator = false; // the decoder is on a device whose memory is not main memory
    bool tiles = false;       // the decoder can be tiled exactly (haloCells >= 0)
    int maximumGrid = 4;      // rows and columns
};

// The next cheaper way; none when nothing is left. Time is given up before the gradient.
std::optional<Rung> stepDown(const GradientSchedule& schedule, const StepDownLimits& limits);

} // namespace reelmend::plan
