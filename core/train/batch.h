#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

#include "core/models/lite_config.h"
#include "core/train/clip_pack.h"
#include "core/train/codec_damage.h"
#include "core/train/pixels.h"

namespace reelmend::train {

struct BatchSettings {
    std::int64_t crop = 64;   // pixels, square; a multiple of 8
    std::int64_t clips = 3;   // crops of one micro-batch
    std::int64_t frames = 5;  // 1 + 4 n
    double longShare = 0.3;   // share of micro-batches with one group more per clip and fewer clips
    double plainShare = 0.4;  // share with the dial at 0; otherwise it is uniform
    double codecShare = 0.75; // of upscale and restore: damage made by a real codec rather than on the fly
    double fillShare = 0.75;  // of inpaint, where the pack has such: holes that the program's own fill has filled
    Filter enlargement = Filter::kLanczos; // what the model is given for upscale; lite's
    const CodecDamage* codec = nullptr;    // of damage made on the fly; null = block quantisation alone
    double codecChance = 0.5;              // that such damage goes through it
    std::array<double, models::kLiteConditions> conditions{0.25, 0.2, 0.25, 0.1, 0.1, 0.1, 0, 0}; // relative shares
    bool mixed = false; // every clip draws its own condition and dial; otherwise a micro-batch shares them
};

// One micro-batch. Everything in it follows from (seed, step, item): nothing has to be stored to resume.
struct Batch {
    at::Tensor input;                     // [clips, frames, 5, crop, crop], see lite_config.h
    at::Tensor target;                    // [clips, frames, 3, crop, crop] in [-1, 1]
    at::Tensor weight;                    // [clips, frames, 1, crop, crop], mean about 1
    std::vector<std::int64_t> conditions; // of every clip
    std::vector<double> details;

    // All clips share one condition and dial position, so that the weights can be folded.
    bool isUniform() const;
    Batch to(c10::Device device) const;
    // In memory that `device` copies from without waiting; itself for the CPU.
    Batch pinned(c10::Device device) const;
};

// Pure; may be called from any thread.
Batch drawBatch(
    const ClipPack& pack, const BatchSettings& settings, std::uint64_t seed, std::uint64_t step, std::uint64_t item);

} // namespace reelmend::train
