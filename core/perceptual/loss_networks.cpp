#include "core/perceptual/loss_networks.h"

#include <ATen/ATen.h>

#include <memory>

#include "core/perceptual/lpips.h"
#include "core/perceptual/network_files.h"

namespace reelmend::perceptual {

namespace {

template <class Network> PictureDistance distanceOf(std::shared_ptr<Network> network)
{
    return
        [network = std::move(network)](const at::Tensor& x, const at::Tensor& y) { return network->distance(x, y); };
}

} // namespace

void loadLossNetworks(const std::vector<LossTerm>& terms, const at::TensorOptions& tensors, LossOptions& options)
{
    for (const LossTerm& term : terms) {
        if (term.kind == LossKind::kLpips) {
            if (!options.distance) {
                options.distance = lpipsDistance(loadLpips(bundledFile("lpips_squeeze_v0.1.safetensors"), tensors));
            }
            continue;
        }
        if (options.distances.contains(term.kind)) {
            continue;
        }
        if (term.kind == LossKind::kLpipsAlex) {
            options.distances[term.kind] = distanceOf(openDeepLpips(Trunk::kAlexNet, tensors));
        } else if (term.kind == LossKind::kLpipsVgg) {
            options.distances[term.kind] = distanceOf(openDeepLpips(Trunk::kVgg16, tensors));
        } else if (term.kind == LossKind::kDists) {
            options.distances[term.kind] = distanceOf(openDists(tensors));
        } else if (term.kind == LossKind::kGram) {
            options.distances[term.kind] = distanceOf(std::make_shared<const GramDistance>(openVgg(tensors)));
        }
    }
}

} // namespace reelmend::perceptual
