#pragma once
#include "core/perceptual/scores.h"

namespace reelmend::runner {

// Dense inverse search (core/vision) as the optical flow of scores. Deterministic, on one thread. Finds no motion in
// pictures of less than 32 pixels a side.
perceptual::FlowFunction disFlow();

} // namespace reelmend::runner
