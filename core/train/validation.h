#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "core/base/control.h"
#include "core/perceptual/lpips.h"
#include "core/train/batch.h"

namespace reelmend::train {

// Scores over the frames of one clip, or their means over clips. Not a number where one cannot be computed (LPIPS
// without its weights or below 32 pixels, flicker of a single frame). PSNR and SSIM inside the mask, where there is
// one.
struct ClipScores {
    double psnr = 0;  // dB, at most 100
    double ssim = 0;  // of luma
    double lpips = 0; // lower is better, also below
    double gmsd = 0;
    double flicker = 0; // mean |change of result - change of clean|, 8-bit levels
};

struct ValidatedClip {
    at::Tensor given, result, target; // [frames, 3, height, width] in [0, 1]
    ClipScores before, after;         // of what is given, of the result
};

struct Validation {
    std::vector<ValidatedClip> clips;
    ClipScores before, after; // means
};

// Batches that are the same at every validation: `count` crops of `settings.crop` or of the smallest clip's side, one
// clip each, with the dial at 0.
std::vector<Batch> validationBatches(const ClipPack& pack, BatchSettings settings, int count);

// `run`: a batch to frames [clips, frames, 3, height, width] in [-1, 1]; outside the mask the given frames stay.
// `lpips` may be null. Throws Cancelled.
using RunBatch = std::function<at::Tensor(const Batch&)>;
Validation validate(const std::vector<Batch>& batches, const RunBatch& run, const perceptual::Lpips* lpips,
    const base::Control& control);

// Pictures to look at, uint8 [height, width, 3].
at::Tensor differencePicture(const ValidatedClip& clip); // |result - target| x 4 of the middle frame
at::Tensor framePicture(const at::Tensor& frames, std::int64_t frame);
// One row of the picture over time, given above result above target; every frame is four pixels high.
at::Tensor timeSlice(const ValidatedClip& clip);
// Given, result, target and difference side by side, one row for every clip.
at::Tensor contactSheet(const Validation& validation);

} // namespace reelmend::train
