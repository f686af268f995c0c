#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

#include "core/models/lite_config.h"
#include "core/train/clip_pack.h"

namespace reelmend::train {

struct BatchSettings {
    std::int64_t crop = 64;   // pixels, square; a multiple of 8
    std::int64_t clips = 3;   // crops of one micro-batch, which share condition and dial
    std::int64_t frames = 5;  // 1 + 4 n
    double longShare = 0.3;   // share of micro-batches with one group more per clip and fewer clips
    double plainShare = 0.4;  // share with the dial at 0; otherwise it is uniform
    double codecShare = 0.75; // of upscale and restore: damage made by a real codec rather than on the fly
    double fillShare = 0.75;  // of inpaint, where the pack has such: holes that the program's own fill has filled
    std::array<double, models::kLiteConditions> conditions{0.25, 0.2, 0.25, 0.1, 0.1, 0.1, 0, 0}; // relative shares
};

// One micro-batch. Everything in it follows from (seed, step, item): nothing has to be stored to resume.
struct Batch {
    at::Tensor input;  // [clips, frames, 5, crop, crop], see lite_config.h
    at::Tensor target; // [clips, frames, 3, crop, crop] in [-1, 1]
    at::Tensor weight; // [clips, frames, 1, crop, crop], mean about 1
    std::int64_t condition = 0;
    double detail = 0;
};

// Pure; may be called from any thread.
Batch drawBatch(
    const ClipPack& pack, const BatchSettings& settings, std::uint64_t seed, std::uint64_t step, std::uint64_t item);

} // namespace reelmend::train
