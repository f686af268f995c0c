#include "core/perceptual/lpips.h"

#include <ATen/ATen.h>

#include <string>
#include <utility>

#include "core/models/load.h"

namespace reelmend::perceptual {

namespace {

struct FireShape {
    int index; // position in torchvision's list of layers
    std::int64_t in, squeeze, expand;
    bool poolBefore;
};
// A max-pool stands before layers 3, 6 and 9; the features after layers 4, 7, 9, 10, 11, 12 are compared.
constexpr FireShape kFires[] = {{3, 64, 16, 64, true}, {4, 128, 16, 64, false}, {6, 128, 32, 128, true},
    {7, 256, 32, 128, false}, {9, 256, 48, 192, true}, {10, 384, 48, 192, false}, {11, 384, 64, 256, false},
    {12, 512, 64, 256, false}};
constexpr std::int64_t kTapChannels[] = {64, 128, 256, 384, 384, 512, 512};
constexpr double kEpsilon = 1e-10;

// The trunk's own range. With plain numbers: tensors of constants would have to be copied to the device each time.
at::Tensor normalised(const at::Tensor& picture)
{
    constexpr double kShift[] = {-0.030, -0.088, -0.188}, kScale[] = {0.458, 0.448, 0.450};
    std::vector<at::Tensor> channels;
    for (std::int64_t c = 0; c < 3; ++c) {
        channels.push_back((picture.select(1, c) - kShift[c]) / kScale[c]);
    }
    return at::stack(channels, 1);
}

at::Tensor unitLength(const at::Tensor& x, bool exact)
{
    const at::Tensor squares = x.square().sum(1, true);
    return exact ? x / (squares.sqrt() + kEpsilon) : x / (squares + kEpsilon).sqrt();
}

} // namespace

void Lpips::visit(const models::ParameterVisitor& visitor)
{
    using Shape = std::vector<std::int64_t>;
    visitor("0.weight", stem_, Shape{64, 3, 3, 3});
    visitor("0.bias", stemBias_, Shape{64});
    for (std::size_t i = 0; i < fires_.size(); ++i) {
        const FireShape& s = kFires[i];
        const std::string name = std::to_string(s.index) + ".";
        Fire& f = fires_[i];
        visitor(name + "squeeze.weight", f.squeeze, Shape{s.squeeze, s.in, 1, 1});
        visitor(name + "squeeze.bias", f.squeezeBias, Shape{s.squeeze});
        visitor(name + "expand1x1.weight", f.expand1, Shape{s.expand, s.squeeze, 1, 1});
        visitor(name + "expand1x1.bias", f.expand1Bias, Shape{s.expand});
        visitor(name + "expand3x3.weight", f.expand3, Shape{s.expand, s.squeeze, 3, 3});
        visitor(name + "expand3x3.bias", f.expand3Bias, Shape{s.expand});
    }
    for (std::size_t i = 0; i < heads_.size(); ++i) {
        visitor("lin" + std::to_string(i) + ".model.1.weight", heads_[i], Shape{1, kTapChannels[i], 1, 1});
    }
}

std::vector<at::Tensor> Lpips::features(const at::Tensor& picture, bool exact) const
{
    TORCH_CHECK(picture.dim() == 4 && picture.size(1) == 3, "LPIPS compares RGB pictures [batch, 3, height, width]");
    at::Tensor x = normalised(picture).contiguous(at::MemoryFormat::ChannelsLast);
    x = at::conv2d(x, stem_, stemBias_, 2).relu_();
    std::vector<at::Tensor> taps{unitLength(x, exact)};
    for (std::size_t i = 0; i < fires_.size(); ++i) {
        const Fire& f = fires_[i];
        if (kFires[i].poolBefore) {
            x = at::max_pool2d(x, 3, 2, 0, 1, true);
        }
        x = at::conv2d(x, f.squeeze, f.squeezeBias).relu_();
        x = at::cat({at::conv2d(x, f.expand1, f.expand1Bias), at::conv2d(x, f.expand3, f.expand3Bias, 1, 1)}, 1)
                .relu_();
        const bool tap = i == 1 || i >= 3;
        if (tap) {
            taps.push_back(unitLength(x, exact));
        }
    }
    return taps;
}

at::Tensor Lpips::distance(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) const
{
    at::Tensor sum;
    for (std::size_t i = 0; i < heads_.size(); ++i) {
        const at::Tensor d = ((a[i] - b[i]).square() * heads_[i]).sum(1).mean({1, 2});
        sum = sum.defined() ? sum + d : d;
    }
    return sum;
}

at::Tensor Lpips::distance(const at::Tensor& a, const at::Tensor& b, bool exact) const
{
    return distance(features(a, exact), features(b, exact));
}

std::shared_ptr<Lpips> loadLpips(const std::filesystem::path& file, const at::TensorOptions& options)
{
    auto network = std::make_shared<Lpips>();
    const auto visit = [&](const models::ParameterVisitor& visitor) { network->visit(visitor); };
    const auto store = models::WeightStore::open(file);
    const auto sameName = [](const std::string& name) { return name; };
    models::checkParameters(visit, {}, store, sameName, "LPIPS with SqueezeNet");
    models::LoadOptions how;
    how.device = options.device();
    how.dtype = c10::typeMetaToScalarType(options.dtype());
    models::loadParameters(visit, store, sameName, how);
    return network;
}

std::function<at::Tensor(const at::Tensor& x, const at::Tensor& y)> lpipsDistance(
    std::shared_ptr<const Lpips> network)
{
    return
        [network = std::move(network)](const at::Tensor& x, const at::Tensor& y) { return network->distance(x, y); };
}

} // namespace reelmend::perceptual
