#pragma once
#include <cstdint>

#include <ATen/core/Tensor.h>

namespace reelmend::tensor {

// Channels moved one frame on (Lin, Gan and Han, "TSM", arXiv 1811.08383, in one direction): of x [batch * frames, C,
// H, W], frame after frame, the first s channels are those of the frame before; of each batch item's first frame they
// are `before` [batch, s, H, W]. channels_last. One pass over memory where nothing is recorded for a gradient, on the
// CPU.
at::Tensor shiftedInTime(const at::Tensor& x, const at::Tensor& before, std::int64_t frames);

} // namespace reelmend::tensor
