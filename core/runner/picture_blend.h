#pragma once
#include "core/runner/frame_maker.h"
#include "core/video/image.h"

// What the makers of networks' frames do to a picture at the end.
namespace reelmend::runner {

bool isNothing(const video::Mask& mask); // 0 everywhere

// picture = start (1 - weight) + picture weight, weight = mask times strength (1 times strength without a mask). Both
// are [height][width][3] of one size.
void blend(video::ImageF& picture, const video::ImageF& start, const video::Mask* mask, double strength);

// The frame of a network's picture: blended with made.source where made.changed or the strength asks for it, with the
// format, transparency and time of `start`, and the source's own samples where nothing was to change. made.source and
// made.changed are there already; a picture of another size than the source has neither mask nor strength below 1.
void finish(MadeFrame& made, video::ImageF picture, const video::Frame& start, double strength);

} // namespace reelmend::runner
