#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/perceptual/losses.h"
#include "core/perceptual/lpips.h"
#include "core/train/batch.h"

namespace reelmend::train {

struct LossWeights {
    double charbonnier = 1;
    double charbonnierEpsilon = 0.01; // in the range [-1, 1]
    double frameDifference = 0.2;     // Charbonnier of (change of result - change of clean)
    // Of ln(1 + mean squared error / logErrorFloor) of every clip where it may change: what PSNR measures, so that a
    // clip counts by its own scale and not by how badly it is damaged. Squares of values in [-1, 1].
    double logError = 0;
    double logErrorFloor = 1e-4;
    double perceptual = 0.1;          // LPIPS times the dial squared
    double perceptualShare = 1.0 / 3; // of the frames, drawn anew each time
    // How much more, or less, LPIPS counts for a condition: what is filled in has no single right answer.
    std::array<double, models::kLiteConditions> perceptualOf{1, 1, 1, 1, 1, 1, 1, 1};
    // Terms of perceptual::makeLoss() beside these, over all clips alike, and the networks that they need
    // (perceptual::loadLossNetworks()).
    std::vector<perceptual::LossTerm> more;
    perceptual::LossOptions networks;
};

// Sums of a step's loss terms, without their weights, where the network is: reading each at once would make a GPU
// wait.
struct LossTerms {
    at::Tensor loss, charbonnier, frameDifference, logError, perceptual; // scalars; undefined = 0
    std::map<std::string, double> named;                                 // of LossWeights::more

    void add(at::Tensor LossTerms::*term, const at::Tensor& value);
    void add(const LossTerms& other); // copies: the other's tensors may be written over later
};

// The frames that LPIPS looks at: a random share of those whose clip's dial is up. The sum of distance times weight
// is an unbiased estimate of the mean, over all frames, of the distance weighted by the square of the clip's dial.
struct PerceptualSample {
    at::Tensor frames;  // int64 [n], over clips * frames
    at::Tensor weights; // float32 [n]; all 0 where no dial is up
    bool isEmpty = true;

    PerceptualSample to(c10::Device device) const;
};
PerceptualSample drawPerceptualSample(const Batch& batch, const LossWeights& losses, std::uint64_t key);

// Throws base::Error(kUsage) for terms that batches of this size, or without a flow, cannot have.
void checkMoreTerms(const LossWeights& losses, std::int64_t frames, std::int64_t side);

// Loss of a batch's frames, `result` [clips, frames, 3, height, width]; terms are added to `terms`. `lpips` may be
// null, and the sample then is not used. Without the terms of LossWeights::more: what is recorded once and launched
// again cannot hold them.
at::Tensor pixelLoss(const at::Tensor& result, const Batch& batch, const PerceptualSample& sample,
    const LossWeights& losses, const perceptual::Lpips* lpips, LossTerms& terms);
// The same with the sample that follows from `key`, and all terms.
at::Tensor pixelLoss(const at::Tensor& result, const Batch& batch, const LossWeights& losses,
    const perceptual::Lpips* lpips, std::uint64_t key, LossTerms& terms);

} // namespace reelmend::train
