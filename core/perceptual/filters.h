#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

// What several scores and losses are made of. Pictures are [n, channels, height, width]; every function is
// differentiable and works in the dtype and on the device of its input.
namespace reelmend::perceptual {

// [n, 3, h, w] in [0, 1] -> [n, 1, h, w] in [0, 1]: studio-range luma of BT.601 scaled by 1/255,
// (16 + 65.481 R + 128.553 G + 24.966 B) / 255, as the super-resolution literature measures Y.
at::Tensor studioLuma(const at::Tensor& rgb);

// Normalised Gaussian, [size], double sums to 1.
at::Tensor gaussianWindow(std::int64_t size, double sigma, const at::Tensor& like);

// Each channel convolved with window x window, valid positions only: [n, c, h - size + 1, w - size + 1].
at::Tensor filterValid(const at::Tensor& pictures, const at::Tensor& window);

// 2x2 mean, stride 2; a last odd row or column is dropped.
at::Tensor halved(const at::Tensor& pictures);

// Gradient magnitude with Prewitt kernels divided by 3, zeros outside the picture: [n, 1, h, w] -> the same shape.
at::Tensor prewittMagnitude(const at::Tensor& luma);

} // namespace reelmend::perceptual
