#pragma once
#include <memory>

#include "core/classical/enhancer.h"

namespace reelmend::classical {

// Removes noise and block edges frame by frame: shifted-DCT thresholding (FFmpeg's spp, all 16 shifts) whose
// quantiser grows from 2 to 8 with the strength; formats that spp cannot take get a bilateral filter. See Note
// [Restoring].
std::unique_ptr<Enhancer> makeRestorer(
    const Settings& settings, video::FrameSource& source, const base::Control& control);

} // namespace reelmend::classical
