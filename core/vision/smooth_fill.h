#pragma once
#include "core/video/image.h"

namespace reelmend::vision {

// Pixels with unknown > 0 become the smoothest continuation of the others: the solution of Laplace's equation with
// the known pixels as boundary (to about 1 % of their spread), the picture's edges reflecting. Any number of
// channels. Left as they are where nothing at all is known.
void fillSmoothly(video::ImageF& image, const video::Image8& unknown);

} // namespace reelmend::vision
