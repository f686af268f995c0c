#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/perceptual/frame_loss.h"

// Losses of clips for training: named terms, summed with weights.
namespace reelmend::perceptual {

enum class LossKind {
    kMse,             // mean of d^2
    kL1,              // mean of |d|
    kCharbonnier,     // mean of sqrt(d^2 + epsilon^2)
    kSsim,            // 1 - SSIM of R, G and B
    kMsSsim,          // 1 - MS-SSIM; sides of at least 176 pixels
    kLpips,           // distance of a network's features
    kFrameDifference, // mean of |(x[t+1] - x[t]) - (y[t+1] - y[t])|
    kWarp,            // the same with frame t moved along the flow first; only where the flow holds
    kLpipsAlex,       // LPIPS on AlexNet: the user supplies the weights, as for the next three
    kLpipsVgg,        // LPIPS on VGG-16
    kDists,           // structure and texture of VGG-16's features
    kGram,            // style: Gram matrices of VGG-16's features
    kFocalFrequency,  // of spectra, the worst frequencies counting most
    kWavelet,         // mean of |d| of Haar details
    kCensus,          // of grey differences to neighbours; blind to brightness; sides of at least 7 pixels
};

std::string_view lossName(LossKind kind); // "mse", "l1", "charbonnier", "ssim", "ms-ssim", "lpips",
                                          // "frame-difference", "warp", "lpips-alex", "lpips-vgg", "dists",
                                          // "gram", "focal-frequency", "wavelet", "census"

struct LossTerm {
    LossKind kind = LossKind::kMse;
    double weight = 1;
    double epsilon = 1e-3; // of Charbonnier, in the range [-1, 1]
    // Of the frames (for coupled terms: of the pairs of neighbours), drawn anew for each seed and counted 1 / share
    // times: the expected gradient is that of all frames.
    double share = 1;

    bool operator==(const LossTerm&) const = default;
};

// "mse", "charbonnier+0.1*lpips", "mse+frame-difference@0.5" (@ = share of the frames). Throws base::Error(kUsage)
// that lists the names.
std::vector<LossTerm> parseLosses(std::string_view text);
std::string lossText(const std::vector<LossTerm>& terms);

// A distance of pictures by a network: [n, 3, height, width] in [-1, 1], twice -> [n].
using PictureDistance = std::function<at::Tensor(const at::Tensor& x, const at::Tensor& y)>;

// What the clip is compared with.
struct LossTarget {
    at::Tensor frames; // [batch, 3, time, height, width] in [-1, 1]
    // [batch or 1, 1, time or 1, height, width] in [0, 1]: what counts; undefined = all. Terms of networks and of
    // several scales see the target where the mask is 0, so that the context is natural.
    at::Tensor mask;
    // For kWarp: where the pixel of frame t + 1 lay in frame t, [time - 1, 2, height, width] in pixels, and where
    // that is true, [time - 1, 1, height, width] in [0, 1] (undefined = everywhere).
    at::Tensor flow, flowHolds;
};

struct LossOptions {
    std::int64_t sliceFrames = 4;                  // evaluated at once
    std::uint64_t seed = 0;                        // of the frames drawn for shares below 1
    PictureDistance distance;                      // of kLpips
    std::map<LossKind, PictureDistance> distances; // of kLpipsAlex, kLpipsVgg, kDists, kGram (loss_networks.h)
};

// Throws base::Error(kUsage) when a term lacks what it needs (network, flow, size).
std::unique_ptr<FrameLoss> makeLoss(const std::vector<LossTerm>& terms, LossTarget target, LossOptions options = {});

} // namespace reelmend::perceptual
