#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "core/chopgrad/sweep.h"

// How far back in time the loss of a group reaches, and what truncation leaves of the gradient: measurements on a
// clip, all distances from one sweep.
namespace reelmend::chopgrad {

struct InfluenceOptions {
    int distances = -1; // largest distance to look at; -1 = all of the clip
    // One graph at a time, groups recomputed; else the graphs of the last `distances` + 1 groups stay in memory.
    bool leastMemory = true;
    SweepOptions sweep; // its listener and onScale are not looked at
    // Distances D whose gradients are compared with the whole one; ascending. Empty = all up to `distances`.
    std::vector<int> compared;
    // Where given, the clip's latents are what this makes (as runTrainingStep() calls it), and what truncation leaves
    // of the gradients at `weights` is told too.
    std::function<at::Tensor()> denoise;
    std::vector<at::Tensor> weights;
};

// What is left of a gradient at truncation distance D, against the gradient with all distances that were looked at.
struct TruncationError {
    int distance = 0;
    double relativeError = 0; // |g(D) - g| / |g|
    double absoluteError = 0;
    double meanAbsoluteError = 0; // mean |g(D) - g| / mean |g|: the paper's normalised error of its figure 4
    double normRatio = 0;         // |g(D)| / |g|
    double cosine = 0;
    double norm = 0; // |g(D)|
};

// Influence by distance at one resolution: of the cotangents of the cached tensors there.
struct LevelInfluence {
    int cellScale = 1;            // height and width are those of the latent grid times this
    std::vector<double> relative; // [distance - 1] of distance 1, 2, …: norm over that of distance 1
};

struct InfluenceMeasure {
    std::int64_t groups = 0;
    std::vector<double> norms;    // [distance]: mean over loss groups i of |G[i][i - distance]|
    std::vector<double> relative; // [distance]: mean of |G[i][i - distance]| / |G[i][i]|; the influence
    std::vector<LevelInfluence> levels;
    std::vector<TruncationError> latents;    // of the gradient at the latents
    std::vector<TruncationError> parameters; // of the decoder's trained parameters, where there are any
    std::vector<TruncationError> denoiser;   // of the weights behind the latents, where they were given
    at::Tensor gradient;                     // at the latents, all distances
    double loss = 0;
    SweepCounts counts;
    bool isWhole = true; // all distances of the clip were looked at: errors are against the exact gradient
};

// G[i][j] = (dx_i / dz_j)^T u_i of every loss group i and group j within the distance, by a chop sweep that is
// listened to. Throws what sweep() throws, and base::Error(kUsage) for fewer than two groups.
InfluenceMeasure measureInfluence(models::CausalDecoder& decoder, const ClipLatents& clip,
    const perceptual::FrameLoss& loss, const InfluenceOptions& options = {});

// How a loss on a few pixels spreads over the picture's latents: ChopGrad's figure 7 as numbers. `share[r]`: the part
// of the squared gradient that lies at most r cells (the larger of rows and columns) from the cell whose pixels the
// loss saw; its last entry is 1.
struct LocalityMeasure {
    std::int64_t row = 0, column = 0; // of the cell
    std::vector<double> share;
    double loss = 0;
};
LocalityMeasure measureLocality(models::CausalDecoder& decoder, const ClipLatents& clip, const at::Tensor& target,
    const plan::GradientSchedule& schedule, const SweepOptions& options = {});

} // namespace reelmend::chopgrad
