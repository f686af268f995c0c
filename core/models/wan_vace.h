#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

// What VACE reads beside the latent (Jiang et al. 2025, section 3.2): the part of the video that stays, the part that
// is to change, and the mask, all on the latent grid.
namespace reelmend::models {

// Of `latents` time places, the frame whose mask each one takes: the nearest to its middle ("nearest-exact"; plain
// nearest would be off by up to half a group). 81 frames in 21 places: 1, 5, 9, …, 25, 28, …, 79.
std::int64_t maskFrame(std::int64_t place, std::int64_t latents, std::int64_t frames);

// The mask [batch, 1, frames, height, width], 1 = change, folded onto the latent grid: each block of stride x stride
// pixels becomes stride² channels, row by row. [batch, stride², latents, height / stride, width / stride]. Throws
// base::Error(kUsage) when the size is no multiple of the stride.
at::Tensor foldedMask(const at::Tensor& mask, int stride, std::int64_t latents);

// inactive | reactive | mask along channels. `inactive`: latents of the video outside of the mask, `reactive`: inside
// of it; both normalised, [batch, channels, time, height, width], the other part at zero, which is mid-grey, when
// they were encoded.
at::Tensor vaceContext(const at::Tensor& inactive, const at::Tensor& reactive, const at::Tensor& folded);

} // namespace reelmend::models
