#include "core/perceptual/feature_network.h"

#include <ATen/ATen.h>

#include <utility>

#include "core/base/error.h"
#include "core/models/load.h"

namespace reelmend::perceptual {

namespace {

// Squares under a Hann window of five whose zero ends are left out, every second position.
at::Tensor rootMeanSquarePool(const at::Tensor& x)
{
    const std::int64_t channels = x.size(1);
    const at::Tensor row = at::tensor({0.25, 0.5, 0.25}, x.options().dtype(at::kDouble)).to(x.scalar_type());
    const at::Tensor window = (row.view({3, 1}) * row.view({1, 3})).expand({channels, 1, 3, 3});
    const at::Tensor squares =
        at::conv2d(x.square(), window, {}, at::IntArrayRef{2}, at::IntArrayRef{1}, at::IntArrayRef{1}, channels);
    return (squares + 1e-12).sqrt();
}

} // namespace

FeatureNetwork::FeatureNetwork(Trunk trunk)
    : trunk_(trunk)
{
    if (trunk == Trunk::kAlexNet) {
        layers_ = {{0, 3, 64, 11, 4, 2, false, true}, {3, 64, 192, 5, 1, 2, true, true},
            {6, 192, 384, 3, 1, 1, true, true}, {8, 384, 256, 3, 1, 1, false, true},
            {10, 256, 256, 3, 1, 1, false, true}};
    } else {
        constexpr std::int64_t kLevels[5][2] = {{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}}; // channels, depth
        std::int64_t index = 0, in = 3;
        for (std::size_t level = 0; level < 5; ++level) {
            const auto [channels, depth] = std::pair(kLevels[level][0], kLevels[level][1]);
            for (std::int64_t i = 0; i < depth; ++i, index += 2) {
                layers_.push_back({index, in, channels, 3, 1, 1, level > 0 && i == 0, i + 1 == depth});
                in = channels;
            }
            ++index; // the pooling
        }
    }
    for (const Layer& layer : layers_) {
        if (layer.tapAfter) {
            tapChannels_.push_back(layer.out);
        }
    }
}

void FeatureNetwork::visit(const models::ParameterVisitor& visitor, const std::string& prefix)
{
    using Shape = std::vector<std::int64_t>;
    for (Layer& layer : layers_) {
        const std::string name = prefix + std::to_string(layer.index);
        visitor(name + ".weight", layer.weight, Shape{layer.out, layer.in, layer.kernel, layer.kernel});
        visitor(name + ".bias", layer.bias, Shape{layer.out});
    }
}

std::vector<at::Tensor> FeatureNetwork::features(const at::Tensor& x, Pooling pooling) const
{
    std::vector<at::Tensor> taps;
    at::Tensor y = x.contiguous(at::MemoryFormat::ChannelsLast);
    for (const Layer& layer : layers_) {
        if (layer.poolBefore) {
            y = pooling == Pooling::kRootMeanSquare ? rootMeanSquarePool(y)
                : trunk_ == Trunk::kAlexNet         ? at::max_pool2d(y, 3, 2)
                                                    : at::max_pool2d(y, 2, 2);
        }
        y = at::conv2d(y, layer.weight, layer.bias, layer.stride, layer.padding).relu();
        if (layer.tapAfter) {
            taps.push_back(y);
        }
    }
    return taps;
}

std::shared_ptr<FeatureNetwork> loadTrunk(
    Trunk trunk, const std::filesystem::path& file, const at::TensorOptions& options)
{
    auto network = std::make_shared<FeatureNetwork>(trunk);
    const auto store = models::WeightStore::open(file);
    const auto visit = [&](const models::ParameterVisitor& visitor) { network->visit(visitor); };
    const auto others = [&](const models::ParameterVisitor& visitor) { // a classifier, heads: not the trunk's
        at::Tensor none;
        for (const auto& [name, place] : store.places()) {
            if (!name.starts_with("features.")) {
                visitor(name, none, place.tensor->shape);
            }
        }
    };
    const auto sameName = [](const std::string& name) { return name; };
    models::checkParameters(visit, others, store, sameName,
        trunk == Trunk::kAlexNet ? "the AlexNet of torchvision" : "the VGG-16 of torchvision");
    models::LoadOptions how;
    how.device = options.device();
    how.dtype = c10::typeMetaToScalarType(options.dtype());
    models::loadParameters(visit, store, sameName, how);
    return network;
}

} // namespace reelmend::perceptual
