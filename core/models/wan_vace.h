#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

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

// A video [batch, 3, frames, height, width] to its normalised latents.
using EncodeVideo = std::function<at::Tensor(const at::Tensor& video)>;

// What is known of a video's latents before its context is made, so that nothing is encoded twice.
enum class KnownLatents {
    kNone,
    kInactive, // of the video with the masked part at zero
    kWhole,    // of the video as it is
};

// The context of a video and its mask [batch, 1, frames, height, width], 1 = change, of a stride of `stride` pixels.
// `latents`: those that `known` says, or undefined. Throws what `encode` throws, and base::Error as foldedMask().
at::Tensor vaceContextOf(const at::Tensor& video, const at::Tensor& mask, int stride, const at::Tensor& latents,
    KnownLatents known, const EncodeVideo& encode);

// The context with reference pictures in front: each, [1, 3, 1, height, width] as fittedReference() gives them, is a
// latent of its own that stays (zero reactive part, zero mask). As in the public implementation the last one comes
// first. The denoiser's input then has as many latents more in front, which are dropped from its result.
at::Tensor withReferences(
    const at::Tensor& context, const std::vector<at::Tensor>& references, const EncodeVideo& encode);

// A picture [1, 3, 1, h, w] in [-1, 1] as large as it fits (bilinear) into the middle of a white canvas of this size.
at::Tensor fittedReference(const at::Tensor& picture, std::int64_t height, std::int64_t width);

} // namespace reelmend::models
