#pragma once
#include <cstdint>

#include "core/base/control.h"
#include "core/video/image.h"

namespace reelmend::vision {

struct PatchFillSettings {
    int patchRadius = 3;   // 7x7 pixels
    int maximumSide = 480; // the search runs at most at this size; larger pictures copy along what it found
    std::uint64_t seed = 1;
};

// Fills hole > 0 of an RGB picture with pieces of its surroundings: for every patch in the hole the most similar one
// outside (PatchMatch, Barnes et al. 2009), every pixel the weighted mean of the patches over it, from coarse to fine
// until they agree (Wexler et al. 2007; gradient features as Newson et al. 2014). Pieces come only from where
// source > 0 (empty = everywhere outside the hole). The same input gives the same result. Falls back on a smooth
// continuation where there is nothing to copy.
video::Image8 patchFill(const video::Image8& rgb, const video::Image8& hole, const video::Image8& source,
    const PatchFillSettings& settings, const base::Control& control);

} // namespace reelmend::vision
