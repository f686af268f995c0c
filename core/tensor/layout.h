#pragma once
#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

#include "core/video/image.h"

// Frame to tensor and back happens here and nowhere else.
namespace reelmend::tensor {

// Display-encoded RGB in [0, 1], one image per frame, all of one size -> [1, 3, time, height, width] in [-1, 1] on
// the CPU in float32, channels_last_3d. Values outside [0, 1] keep their place outside [-1, 1]. Images may have 3 or
// 4 channels; the fourth is left out. Throws base::Error(kUsage) when sizes differ or there is no image.
at::Tensor videoFromImages(std::span<const video::ImageF> images);

// One picture as scores take it: display-encoded RGB as it is -> [1, 3, height, width] on the CPU in float32. Three
// or four channels; the fourth is left out. Throws base::Error(kUsage).
at::Tensor pictureFromImage(const video::ImageF& image);

// [1, 3, time, height, width] on any device in any floating type -> images in [0, 1], not clamped.
std::vector<video::ImageF> imagesFromVideo(const at::Tensor& video);

// 16-bit mattes (65535 = change), all of one size -> [1, 1, time, height, width] in [0, 1], float32.
at::Tensor matteFromMasks(std::span<const video::Mask> masks);

// Pads height and width at the right and bottom to multiples of `multiple` by repeating the border.
at::Tensor padToMultiple(const at::Tensor& video, int multiple);
// Repeats the last frame until (time - first) is a multiple of `group`: what causal autoencoders ask for.
at::Tensor padFrames(const at::Tensor& video, int first, int group);

} // namespace reelmend::tensor
