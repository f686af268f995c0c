#pragma once
#include <string>
#include <vector>

#include "core/models/lite_weights.h"
#include "core/perceptual/lpips.h"
#include "core/train/clip_pack.h"

namespace reelmend::train {

// Scores over the frames of one clip; flicker: mean |change of result - change of clean| (8-bit levels).
struct Scores {
    double psnr = 0, lpips = 0, flicker = 0;
};

struct Evaluation {
    std::string clip, damage; // "x2.18", "restore.34", "inpaint", …
    double detail = 0;
    Scores before, after; // before: the network's input (for upscaling, Lanczos)
};

struct EvaluationSettings {
    std::vector<double> details{0, 0.6};
    std::int64_t frames = 9;
    bool synthetic = true; // inpaint, repair and harmonise too, with damage of a fixed seed
};

// Every packed variant of every segment through the network, whole frames, group by group. PSNR over RGB inside the
// mask (all of the frame where there is none), per frame, then the mean; LPIPS over the whole frame.
std::vector<Evaluation> evaluate(const models::LiteWeights& weights, const ClipPack& pack,
    const perceptual::Lpips& lpips, const EvaluationSettings& settings);

// Mean over clips per damage and dial, as a table for people.
std::string summary(const std::vector<Evaluation>& all);

} // namespace reelmend::train
