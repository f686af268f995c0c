#pragma once
#include "core/video/frame.h"
#include "core/video/image.h"

// How near one picture comes to another, without a network. The same definitions, on tensors, are in core/perceptual.
namespace reelmend::video {

// Mean squared error of R', G' and B' together, nominal range [0, 1]. Throws Error(kUsage) for different sizes.
double meanSquaredError(const ImageF& a, const ImageF& b);

// 10 log10(1 / MSE) in dB; +infinity for 0.
double psnrOf(double meanSquaredError);

// (16 + 65.481 R + 128.553 G + 24.966 B), from 16 to 235: studio-range luma of BT.601, as the super-resolution
// literature measures Y, whatever the clip's own matrix is. One channel out of three.
ImageF studioLuma(const ImageF& rgb);

// Mean structural similarity of two one-channel pictures on the scale 0…255: Wang, Bovik, Sheikh, Simoncelli 2004,
// equation 13, Gaussian window 11x11 with sigma 1.5, K1 = 0.01, K2 = 0.03, L = 255, at the positions where the window
// fits. A side below 11 pixels takes a window of the largest odd size that fits. Throws Error(kUsage) for different
// sizes.
double ssim(const ImageF& a, const ImageF& b);

struct FrameScores {
    double psnr = 0; // dB over R'G'B', +infinity for equal pictures
    double ssim = 0; // over studio luma
    bool isEqual = false;
};

// Both frames as RGB of the deeper one's depth (8 or 16 bits). Throws Error(kUsage) for different sizes.
FrameScores scoreFrames(const Frame& a, const Frame& b);

} // namespace reelmend::video
