#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

// What losses are summed of. Pictures: [n, 3, height, width] in [-1, 1]; every function is differentiable with finite
// gradients also on constant and on equal pictures.
namespace reelmend::perceptual {

// The shares of pictures in a loss, [n]. `mask`: [n, 1, height, width] in [0, 1], or undefined = everything counts.
// Unnormalised: whatever a term sums, it is divided by the same sum over the mask of the whole clip (see weight()).
using PictureTerm = std::function<at::Tensor(const at::Tensor& x, const at::Tensor& y, const at::Tensor& mask)>;

// |d| summed over channels and pixels, each pixel counted by the mask.
at::Tensor squaredError(const at::Tensor& x, const at::Tensor& y, const at::Tensor& mask);
at::Tensor absoluteError(const at::Tensor& x, const at::Tensor& y, const at::Tensor& mask);
// sqrt(d^2 + epsilon^2); the smooth relative of |d| (Charbonnier et al. 1994).
at::Tensor charbonnier(const at::Tensor& x, const at::Tensor& y, const at::Tensor& mask, double epsilon);

// 1 - SSIM per position (Wang et al. 2004: 11x11 Gaussian, sigma 1.5, K1 = 0.01, K2 = 0.03, valid positions), channel
// by channel on [0, 1], summed over channels and positions; a position counts by the mask at its centre. Sides of at
// least 11 pixels.
at::Tensor structuralDissimilarity(const at::Tensor& x, const at::Tensor& y, const at::Tensor& mask);

// 1 - MS-SSIM (Wang et al. 2003, five scales), the mean over channels: one number per picture. Negative terms are
// taken as a small positive number, so that the gradient stays finite. Sides of at least 176 pixels.
at::Tensor multiScaleDissimilarity(const at::Tensor& x, const at::Tensor& y);

inline constexpr std::int64_t kStructureBorder = 5; // of the picture that structuralDissimilarity() has no centre in

// Frames moved by a flow: result(p) = picture(p + flow(p)), bilinear, the border repeated. flow: [n, 2, height,
// width], x then y, in pixels.
at::Tensor warped(const at::Tensor& pictures, const at::Tensor& flow);

} // namespace reelmend::perceptual
