#pragma once
#include <algorithm>

#include "core/video/frame.h"
#include "core/video/image.h"

namespace reelmend::media {

// Luma of a frame, nominal [0, 1]; grey as it is, RGB weighted by its matrix. Internal.
video::ImageF lumaOf(const video::Frame& frame);
// Luma as 16-bit mask; alpha instead where the colour is one value throughout and alpha is not.
video::Mask lumaMask(const video::Frame& frame);

inline int roundedTo(float nominal, int maximum)
{
    return static_cast<int>(std::clamp(nominal, 0.0F, 1.0F) * static_cast<float>(maximum) + 0.5F);
}

} // namespace reelmend::media
