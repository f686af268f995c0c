#include "core/perceptual/network_files.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdlib>
#include <initializer_list>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/resources.h"

namespace reelmend::perceptual {

namespace fs = std::filesystem;

namespace {

bool isWeightFile(const fs::path& path)
{
    const auto extension = path.extension();
    return extension == ".pth" || extension == ".pt" || extension == ".safetensors";
}

// The first file, by name, that begins with one of `starts`, the earlier ones first.
fs::path found(std::initializer_list<const char*> starts, const std::string& what)
{
    std::error_code ignored;
    for (const char* start : starts) {
        for (const fs::path& folder : networkFolders()) {
            std::vector<fs::path> matches;
            for (const auto& entry : fs::directory_iterator(folder, ignored)) {
                const bool fits = base::pathText(entry.path().filename()).starts_with(start);
                if (fits && isWeightFile(entry.path()) && entry.is_regular_file(ignored)) {
                    matches.push_back(entry.path());
                }
            }
            if (!matches.empty()) {
                return *std::min_element(matches.begin(), matches.end());
            }
        }
    }
    throw base::Error(base::ErrorKind::kUnavailable, "The distance cannot be measured.",
        "It needs " + what + ", which does not come with this program: no file \"" + *starts.begin() +
            "…\" is in \"" + base::pathText(networkFolders().front()) + "\".",
        "Put the file there, or name its folder with REELMEND_PERCEPTUAL_DIR.");
}

fs::path trunkFile(Trunk trunk)
{
    return trunk == Trunk::kAlexNet ? found({"alexnet"}, "AlexNet's weights as torchvision publishes them")
                                    : found({"vgg16"}, "VGG-16's weights as torchvision publishes them");
}

} // namespace

std::vector<fs::path> networkFolders()
{
    const char* named = std::getenv("REELMEND_PERCEPTUAL_DIR");
    const fs::path top = named && *named ? base::pathFromText(named) : base::dataFolder() / "perceptual";
    std::vector<fs::path> inside;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(top, ignored)) {
        if (entry.is_directory(ignored)) {
            inside.push_back(entry.path());
        }
    }
    std::sort(inside.begin(), inside.end());
    inside.insert(inside.begin(), top);
    return inside;
}

fs::path bundledFile(const std::string& name)
{
    const fs::path file = base::resourceFile("perceptual/" + name);
    if (file.empty()) {
        throw base::Error(base::ErrorKind::kUnavailable, "The distance cannot be measured.",
            "Its numbers (resources/perceptual/" + name + ") are not installed.", "Install the program again.");
    }
    return file;
}

std::shared_ptr<const FeatureNetwork> openVgg(const at::TensorOptions& options)
{
    return loadTrunk(Trunk::kVgg16, trunkFile(Trunk::kVgg16), options);
}

std::shared_ptr<const DeepLpips> openDeepLpips(Trunk trunk, const at::TensorOptions& options)
{
    const fs::path file = trunkFile(trunk);
    return loadDeepLpips(trunk, file,
        trunk == Trunk::kAlexNet ? found({"v0.1_alex", "lpips_alex"}, "LPIPS's heads for AlexNet")
                                 : found({"v0.1_vgg", "lpips_vgg"}, "LPIPS's heads for VGG-16"),
        options);
}

std::shared_ptr<const Dists> openDists(const at::TensorOptions& options)
{
    const fs::path file = trunkFile(Trunk::kVgg16);
    return loadDists(file, found({"dists", "weights.pt"}, "the weights of DISTS"), options);
}

void checkFeatureSize(const at::Tensor& a, const at::Tensor& b)
{
    if (a.sizes() != b.sizes() || a.dim() != 4 || a.size(1) != 3 || a.size(2) < kFeatureMinimumSide ||
        a.size(3) < kFeatureMinimumSide) {
        throw base::Error(base::ErrorKind::kUsage, "These pictures cannot be compared.",
            "Two of one size, with sides of at least " + std::to_string(kFeatureMinimumSide) + " pixels, are needed.",
            "Choose another score.");
    }
}

} // namespace reelmend::perceptual
