#pragma once
#include <vector>

#include "core/video/frame.h"
#include "core/video/image.h"

namespace reelmend::classical {

// A frame's colour components (Y U V, R G B or Y; never alpha), each of its own size, as floats in 8-bit units: a
// 10-bit 512 is 128, a float 0.5 is 127.5. Range and matrix stay the frame's own.
using Planes = std::vector<video::ImageF>;

Planes planesOf(const video::Frame& frame);

// `source` with its components moved towards `planes` by `share` (0 = its own samples, 1 = planes, rounded).
video::Frame withPlanes(const video::Frame& source, const Planes& planes, double share);

// Planes as a 10-bit planar frame of the same model and subsampling as `like`, for filters that know few formats.
video::Frame workingFrame(const Planes& planes, const video::Frame& like);

} // namespace reelmend::classical
