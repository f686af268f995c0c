#pragma once
#include "core/video/image.h"

namespace reelmend::vision {

// Deviation of the noise in a grey picture, in its own levels, judged from its quietest parts at two scales (the
// second sees noise that compression has softened). Texture everywhere makes it too large, never too small by much:
// within a third of the truth for noise of 5 to 15 levels.
double noiseLevel(const video::Image8& grey);

// Mean over a square of (2 radius + 1) pixels, edges repeated.
video::ImageF boxMean(const video::ImageF& image, int radius);

// Softened for motion search in noise: Gaussian of `sigma` pixels.
video::Image8 softened(const video::Image8& image, double sigma);

} // namespace reelmend::vision
