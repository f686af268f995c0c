#pragma once
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/models/parameters.h"
#include "core/models/safetensors.h"

// Trunks of classifiers whose features see as people do: the convolutions of AlexNet and VGG-16 as torchvision
// publishes them. The user supplies the weights (trained on ImageNet); frozen.
namespace reelmend::perceptual {

enum class Trunk { kAlexNet, kVgg16 };
enum class Pooling {
    kMaximum,
    kRootMeanSquare, // DISTS: sqrt of the squares under a 3x3 Hann window, stride 2 (Ding et al. 2020, eq. 2)
};

class FeatureNetwork {
public:
    explicit FeatureNetwork(Trunk trunk);

    // torchvision's names, "features.0.weight", with `prefix` before them.
    void visit(const models::ParameterVisitor& visitor, const std::string& prefix = "features.");
    // Channels of the five taps.
    const std::vector<std::int64_t>& channels() const { return tapChannels_; }
    // The outputs of five ReLUs: AlexNet's all, VGG-16's last of each level. `x`: [n, 3, height, width], in the
    // scale that the caller's distance asks for.
    std::vector<at::Tensor> features(const at::Tensor& x, Pooling pooling = Pooling::kMaximum) const;

private:
    struct Layer {
        std::int64_t index = 0, in = 0, out = 0, kernel = 3, stride = 1, padding = 1;
        bool poolBefore = false, tapAfter = false;
        at::Tensor weight, bias;
    };
    Trunk trunk_;
    std::vector<Layer> layers_;
    std::vector<std::int64_t> tapChannels_;
};

// One of torchvision's files (features.N.weight; its classifier is left alone), or one that holds only the trunk.
// Throws base::Error(kInput).
std::shared_ptr<FeatureNetwork> loadTrunk(
    Trunk trunk, const std::filesystem::path& file, const at::TensorOptions& options);

} // namespace reelmend::perceptual
