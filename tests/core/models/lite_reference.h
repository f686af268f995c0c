#pragma once
#include <ATen/ATen.h>

#include "core/models/lite_weights.h"

// The lite network over a whole clip at once, written for plainness: every layer sees all frames, time is shifted
// over the whole clip, attention looks up the previous latent. No caches, no groups handed on. What the program runs
// group by group must equal it.
namespace reelmend::test {

// pixels: [frames, 5, height, width] with 1 + 4 n frames -> RGB [frames, 3, height, width].
at::Tensor wholeClip(const models::LiteWeights& folded, const at::Tensor& pixels);

} // namespace reelmend::test
