#pragma once
#include <optional>

#include "core/chopgrad/sweep.h"
#include "core/plan/influence.h"

namespace reelmend::train {

// The truncation distance that an adaptive schedule asks for, from the decay that is measured on a clip: the smallest
// one up to schedule.last whose relative bias stays within the tolerance (plan::relativeBias()), schedule.last where
// there is none. None for a clip of a single group, where nothing can be measured. Throws what chopgrad::sweep()
// throws.
std::optional<int> probedDistance(models::CausalDecoder& decoder, const chopgrad::ClipLatents& clip,
    const perceptual::FrameLoss& loss, const plan::DistanceSchedule& schedule,
    const base::Control* control = nullptr);

} // namespace reelmend::train
