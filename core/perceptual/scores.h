#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

// Scores that need no network. One implementation serves `compare`, validation during training and the window.
//
// Pictures are [n, 3, height, width], R'G'B' in [0, 1]; results are [n], one score per picture, on the pictures'
// device. `weight`, where given, is [n, 1, height, width] in [0, 1] and says how much a pixel counts; undefined = all
// count. Every function checks shapes and throws base::Error(kUsage).
namespace reelmend::perceptual {

// 10 log10(1 / MSE) over R, G and B together, in dB; equal pictures give +infinity.
at::Tensor psnr(const at::Tensor& a, const at::Tensor& b, const at::Tensor& weight = {});

// The same over studio luma (filters.h), on the scale 0…255.
at::Tensor psnrLuma(const at::Tensor& a, const at::Tensor& b, const at::Tensor& weight = {});

// Structural similarity of studio luma: Wang, Bovik, Sheikh, Simoncelli 2004, Gaussian window 11x11 with sigma 1.5,
// K1 = 0.01, K2 = 0.03, L = 255, mean over the positions where the window fits. Sides of at least 11 pixels.
// With `weight`, a position counts by the weight at the window's centre.
at::Tensor ssim(const at::Tensor& a, const at::Tensor& b, const at::Tensor& weight = {});

// Wang, Simoncelli, Bovik 2003, five scales with the paper's weights, 2x2 mean between them, negative terms taken as
// 0. Sides of at least 176 pixels. No weights: the scales would mix inside and outside.
inline constexpr std::int64_t kMsSsimMinimumSide = 176;
at::Tensor msSsim(const at::Tensor& a, const at::Tensor& b);

// Gradient magnitude similarity deviation: Xue, Zhang, Mou, Bovik 2014, luma on 0…255 halved once, c = 170. 0 =
// equal; larger is worse. With `weight`, mean and deviation are weighted.
at::Tensor gmsd(const at::Tensor& a, const at::Tensor& b, const at::Tensor& weight = {});

// Visual information fidelity in the pixel domain, four scales: Sheikh, Bovik 2006. `reference` is the clean picture;
// 1 = equal, may exceed 1. Sides of at least 41 pixels. Computed in double.
inline constexpr std::int64_t kVifMinimumSide = 41;
at::Tensor vif(const at::Tensor& reference, const at::Tensor& distorted);

// Flicker of a clip against the clean one: mean |change of result - change of clean| between neighbouring frames, in
// units of the 0…255 scale: [t, 3, h, w] twice -> [t - 1]. 0 = the result moves exactly as the clean clip does.
at::Tensor flicker(const at::Tensor& result, const at::Tensor& clean, const at::Tensor& weight = {});

// Where the pixels of `from` went in `to`: [1, 3, h, w] in [0, 1] twice -> [1, 2, h, w], x then y, in pixels. What
// makes it (DIS, RAFT) is the caller's.
using FlowFunction = std::function<at::Tensor(const at::Tensor& from, const at::Tensor& to)>;

// E*warp as DOVE reports it (EvalCrafter's warping error; DOVE's table shows it times 1000): on pictures halved once,
// the mean squared difference of each frame and its successor moved onto it along the flow, where forward and
// backward flow agree (Sundaram et al. 2010: |f + b|^2 <= 0.01 (|f|^2 + |b|^2) + 0.5) and the successor has a pixel.
// [t, 3, h, w] -> [t - 1]; a pair where nothing counts gives 0.
at::Tensor warpingError(const at::Tensor& clip, const FlowFunction& flow);

} // namespace reelmend::perceptual
