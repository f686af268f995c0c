#pragma once
#include <ATen/core/Tensor.h>

// Losses of texture that need no network. Pictures: [n, 3, height, width] in [-1, 1]; differentiable, with finite
// gradients also on constant and on equal pictures.
namespace reelmend::perceptual {

// Jiang et al. 2021, eq. 8 and 9, alpha = 1: squared differences of the orthonormal spectra of R, G and B on [0, 1],
// each weighted by its own size over the largest of its picture and channel; the mean over frequencies and channels.
// The weights carry no gradient. [n]
at::Tensor focalFrequencyDistance(const at::Tensor& x, const at::Tensor& y);

// |d| of the details of an orthonormal Haar transform on [0, 1]: three levels (fewer where a side ends), the mean
// over the three bands, channels and positions of a level, summed over levels. Odd sides repeat their last line.
// Details only: what is smooth is other losses' matter. [n]
at::Tensor waveletDistance(const at::Tensor& x, const at::Tensor& y);

// Census (Meister et al. 2018, "UnFlow", section 4.1): each pixel's grey differences to its 7x7 neighbours on the
// scale 0…255, soft signs d / sqrt(0.81 + d^2), their distance e^2 / (0.1 + e^2), the mean over the neighbours. Blind
// to brightness. Summed over the positions where the window fits, each counted by `mask` ([n, 1, height, width], or
// undefined). Sides of at least 7 pixels. [n]
at::Tensor censusError(const at::Tensor& x, const at::Tensor& y, const at::Tensor& mask);
inline constexpr std::int64_t kCensusBorder = 3;

} // namespace reelmend::perceptual
