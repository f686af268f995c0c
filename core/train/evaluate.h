#pragma once
#include <string>
#include <vector>

#include "core/models/lite_weights.h"
#include "core/perceptual/lpips.h"
#include "core/perceptual/scores.h"
#include "core/train/clip_pack.h"

namespace reelmend::train {

// Scores over the frames of one clip; flicker: mean |change of result - change of clean| (8-bit levels); ewarp:
// E*warp times 1000 (perceptual::warpingError), 0 where no flow was given.
struct Scores {
    double psnr = 0, lpips = 0, gmsd = 0, flicker = 0, ewarp = 0;
};

struct Evaluation {
    std::string clip, damage; // "x2.18", "restore.34", "inpaint", …
    double detail = 0;
    // before: the network's input (for upscaling, Lanczos), or the baseline that is best in PSNR and, by itself, in
    // LPIPS.
    Scores before, after;
};

struct EvaluationSettings {
    std::vector<double> details{0, 0.6};
    std::int64_t frames = 9;
    perceptual::FlowFunction flow; // for E*warp; empty = that is not measured
    bool synthetic = true;         // inpaint, repair and harmonise too, with damage of a fixed seed
};

// Every packed variant of every segment through the network, whole frames, group by group. Repair is compared with
// its input and a median over five frames, also for a kind of artifact that no training draws ("repair-unseen");
// harmonise with its input, and ("harmonise-transfer") with an object of the surroundings' mean and deviation. PSNR
// over RGB inside the mask (all of the frame where there is none), per frame, then the mean; LPIPS over the whole
// frame.
std::vector<Evaluation> evaluate(const models::LiteWeights& weights, const ClipPack& pack,
    const perceptual::Lpips& lpips, const EvaluationSettings& settings);

// One object per clip, damage and dial, as a JSON list.
std::string jsonText(const std::vector<Evaluation>& all);

// Mean over clips per damage and dial, as a table for people.
std::string summary(const std::vector<Evaluation>& all);

} // namespace reelmend::train
