#pragma once
#include "core/video/image.h"
#include "core/vision/flow.h"

namespace reelmend::vision {

// `image` as seen from where `flow` starts: out(x, y) = image((x, y) + flow(x, y)), bilinear, edges repeated.
// `valid`, where given, becomes 255 where that lies inside the picture and 0 elsewhere. Sizes must be equal, else
// Error(kUsage).
video::ImageF warped(const video::ImageF& image, const FlowField& flow, video::Image8* valid = nullptr);
video::Image8 warped(const video::Image8& image, const FlowField& flow, video::Image8* valid = nullptr);

// The same, bicubic and quick: positions are rounded to 1/32 pixel.
video::ImageF warpedCubic(const video::ImageF& image, const FlowField& flow);

} // namespace reelmend::vision
