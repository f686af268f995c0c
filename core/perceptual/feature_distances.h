#pragma once
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "core/perceptual/feature_network.h"

// Distances of pictures by the features of AlexNet and VGG-16. Pictures: [n, 3, height, width] in [-1, 1], twice ->
// [n]; differentiable, with finite gradients also on constant and on equal pictures. Sides of at least 32 pixels.
namespace reelmend::perceptual {

inline constexpr std::int64_t kFeatureMinimumSide = 32;

// LPIPS v0.1 (Zhang et al. 2018) on one of the trunks.
class DeepLpips {
public:
    // `heads`: [1, channels, 1, 1] of each tap, not negative.
    DeepLpips(std::shared_ptr<const FeatureNetwork> trunk, std::vector<at::Tensor> heads);

    // `exact`: the square root's epsilon outside, as the reference has it, for reported scores; inside for training,
    // where the derivative must be finite at features that are all zero.
    at::Tensor distance(const at::Tensor& a, const at::Tensor& b, bool exact = false) const;

private:
    std::shared_ptr<const FeatureNetwork> trunk_;
    std::vector<at::Tensor> heads_;
};

// DISTS (Ding et al. 2020, eq. 6 to 8) on VGG-16: means and covariances of whole feature maps, so at the pictures'
// own size.
class Dists {
public:
    // `alpha`, `beta`: [1, 1475, 1, 1], of texture and structure of the picture's channels and all taps'.
    Dists(std::shared_ptr<const FeatureNetwork> vgg, const at::Tensor& alpha, const at::Tensor& beta);
    at::Tensor distance(const at::Tensor& a, const at::Tensor& b) const;

private:
    std::shared_ptr<const FeatureNetwork> vgg_;
    std::vector<at::Tensor> alpha_, beta_; // [channels] of the picture and each tap; they sum to 1 in all
};

// Style (Gatys et al. 2016): squared difference of the Gram matrices of VGG-16's five taps, each F F^T / (C H W) as
// Johnson et al. 2016, eq. 4, summed over entries and taps.
class GramDistance {
public:
    explicit GramDistance(std::shared_ptr<const FeatureNetwork> vgg);
    at::Tensor distance(const at::Tensor& a, const at::Tensor& b) const;

private:
    std::shared_ptr<const FeatureNetwork> vgg_;
};

// `heads`: LPIPS's own files (lin0.model.1.weight, …). Throws base::Error(kInput).
std::shared_ptr<const DeepLpips> loadDeepLpips(Trunk trunk, const std::filesystem::path& trunkFile,
    const std::filesystem::path& heads, const at::TensorOptions& options);
// `weights`: alpha and beta as the authors publish them. Throws base::Error(kInput).
std::shared_ptr<const Dists> loadDists(
    const std::filesystem::path& vggFile, const std::filesystem::path& weights, const at::TensorOptions& options);

} // namespace reelmend::perceptual
