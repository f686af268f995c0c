#pragma once
#include <memory>

#include "core/classical/enhancer.h"

namespace reelmend::classical {

// Less noise and fewer block edges. The clip's noise is measured once, from five frames at fixed places. Frames are
// averaged with two neighbours to either side (of the same shot) along the motion, as far as those agree, and
// FFmpeg's spp (shifted block transforms) takes away what is left of the noise, and block edges. Strength mixes
// result and source. Any pixel format, at its own depth; alpha stays. See Note [Restoring].
std::unique_ptr<Enhancer> makeRestorer(
    const Settings& settings, video::FrameSource& source, const base::Control& control);

} // namespace reelmend::classical
