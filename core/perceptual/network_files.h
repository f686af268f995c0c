#pragma once
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/perceptual/feature_distances.h"

// Where the weights of distances are: some come with the program, the large ones the user supplies.
namespace reelmend::perceptual {

// Folders that are searched for networks, and the folders in them: the one that REELMEND_PERCEPTUAL_DIR names, else
// "perceptual" in base::dataFolder().
std::vector<std::filesystem::path> networkFolders();

// resources/perceptual/NAME. Throws base::Error(kUnavailable) where it was not installed.
std::filesystem::path bundledFile(const std::string& name);

// From networkFolders(), by the names under which they are published:
//   AlexNet "alexnet….pth" and VGG-16 "vgg16….pth" (torchvision), heads "v0.1_alex.pth" and "v0.1_vgg.pth" (LPIPS),
//   "dists….pt" or "weights.pt" (DISTS); .safetensors instead is as good.
// Throws base::Error(kUnavailable) that names the file that is missing and the folder it is looked for in, kInput for
// one that is something else.
std::shared_ptr<const FeatureNetwork> openVgg(const at::TensorOptions& options);
std::shared_ptr<const DeepLpips> openDeepLpips(Trunk trunk, const at::TensorOptions& options);
std::shared_ptr<const Dists> openDists(const at::TensorOptions& options);

// Two times [n, 3, height, width] of one size, sides of at least kFeatureMinimumSide; else base::Error(kUsage).
void checkFeatureSize(const at::Tensor& a, const at::Tensor& b);

} // namespace reelmend::perceptual
