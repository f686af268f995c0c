#pragma once
#include "core/video/image.h"

// What the makers of networks' frames do to a picture at the end.
namespace reelmend::runner {

bool isNothing(const video::Mask& mask); // 0 everywhere

// picture = start (1 - weight) + picture weight, weight = mask times strength (1 times strength without a mask). Both
// are [height][width][3] of one size.
void blend(video::ImageF& picture, const video::ImageF& start, const video::Mask* mask, double strength);

// The picture's colours with the fourth channel of `alpha`.
video::ImageF withAlpha(const video::ImageF& picture, video::ImageF alpha);

} // namespace reelmend::runner
