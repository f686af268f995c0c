#include "core/perceptual/feature_distances.h"

#include <ATen/ATen.h>

#include <array>
#include <string>
#include <utility>

#include "core/models/load.h"

namespace reelmend::perceptual {

namespace {

constexpr double kEpsilon = 1e-10;  // LPIPS: of the length of a feature vector
constexpr double kStability = 1e-6; // DISTS: c1 and c2

at::Tensor perChannel(const std::array<double, 3>& values, const at::Tensor& like)
{
    return at::tensor(at::ArrayRef<double>(values), like.options().dtype(at::kDouble))
        .to(like.scalar_type())
        .view({1, 3, 1, 1});
}

// [-1, 1] as torchvision's classifiers were trained on it.
at::Tensor imageNetScale(const at::Tensor& picture)
{
    return (picture * 0.5 + 0.5 - perChannel({0.485, 0.456, 0.406}, picture)) /
           perChannel({0.229, 0.224, 0.225}, picture);
}

at::Tensor unitLength(const at::Tensor& x, bool exact)
{
    const at::Tensor squares = x.square().sum(1, /*keepdim=*/true);
    return exact ? x / (squares.sqrt() + kEpsilon) : x / (squares + kEpsilon).sqrt();
}

void loadAll(const models::VisitFunction& visit, const std::filesystem::path& file, const std::string& model,
    const at::TensorOptions& options)
{
    const auto store = models::WeightStore::open(file);
    const auto others = [&](const models::ParameterVisitor& visitor) { // one file may hold the trunk too
        at::Tensor none;
        for (const auto& [name, place] : store.places()) {
            if (name.starts_with("features.") || name.starts_with("classifier.")) {
                visitor(name, none, place.tensor->shape);
            }
        }
    };
    const auto sameName = [](const std::string& name) { return name; };
    models::checkParameters(visit, others, store, sameName, model);
    models::LoadOptions how;
    how.device = options.device();
    how.dtype = c10::typeMetaToScalarType(options.dtype());
    models::loadParameters(visit, store, sameName, how);
}

} // namespace

DeepLpips::DeepLpips(std::shared_ptr<const FeatureNetwork> trunk, std::vector<at::Tensor> heads)
    : trunk_(std::move(trunk))
    , heads_(std::move(heads))
{}

at::Tensor DeepLpips::distance(const at::Tensor& a, const at::Tensor& b, bool exact) const
{
    const auto scaled = [](const at::Tensor& picture) {
        return (picture - perChannel({-0.030, -0.088, -0.188}, picture)) / perChannel({0.458, 0.448, 0.450}, picture);
    };
    const auto x = trunk_->features(scaled(a)), y = trunk_->features(scaled(b));
    at::Tensor sum;
    for (std::size_t i = 0; i < heads_.size(); ++i) {
        const at::Tensor apart = (unitLength(x[i], exact) - unitLength(y[i], exact)).square();
        const at::Tensor distance = (apart * heads_[i]).sum(1).mean({1, 2});
        sum = sum.defined() ? sum + distance : distance;
    }
    return sum;
}

Dists::Dists(std::shared_ptr<const FeatureNetwork> vgg, const at::Tensor& alpha, const at::Tensor& beta)
    : vgg_(std::move(vgg))
{
    const at::Tensor total = alpha.sum() + beta.sum();
    std::vector<std::int64_t> sizes = {3};
    sizes.insert(sizes.end(), vgg_->channels().begin(), vgg_->channels().end());
    alpha_ = (alpha.flatten() / total).split_with_sizes(sizes);
    beta_ = (beta.flatten() / total).split_with_sizes(sizes);
}

at::Tensor Dists::distance(const at::Tensor& a, const at::Tensor& b) const
{
    const auto featuresOf = [&](const at::Tensor& picture) {
        auto taps = vgg_->features(imageNetScale(picture), Pooling::kRootMeanSquare);
        taps.insert(taps.begin(), picture * 0.5 + 0.5);
        return taps;
    };
    const auto x = featuresOf(a), y = featuresOf(b);
    at::Tensor similarity;
    for (std::size_t i = 0; i < alpha_.size(); ++i) {
        const at::Tensor meanX = x[i].mean({2, 3}, true), meanY = y[i].mean({2, 3}, true);
        const at::Tensor dx = x[i] - meanX, dy = y[i] - meanY;
        const at::Tensor texture = (2 * meanX * meanY + kStability) / (meanX.square() + meanY.square() + kStability);
        const at::Tensor structure = (2 * (dx * dy).mean({2, 3}) + kStability) /
                                     (dx.square().mean({2, 3}) + dy.square().mean({2, 3}) + kStability);
        const at::Tensor part = (alpha_[i] * texture.flatten(1)).sum(1) + (beta_[i] * structure).sum(1);
        similarity = similarity.defined() ? similarity + part : part;
    }
    return 1 - similarity;
}

GramDistance::GramDistance(std::shared_ptr<const FeatureNetwork> vgg)
    : vgg_(std::move(vgg))
{}

at::Tensor GramDistance::distance(const at::Tensor& a, const at::Tensor& b) const
{
    const auto gram = [](const at::Tensor& tap) { // [n, c, h, w] -> [n, c, c]
        const at::Tensor rows = tap.flatten(2);
        return at::matmul(rows, rows.transpose(1, 2)) / static_cast<double>(rows.size(1) * rows.size(2));
    };
    const auto x = vgg_->features(imageNetScale(a)), y = vgg_->features(imageNetScale(b));
    at::Tensor sum;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const at::Tensor apart = (gram(x[i]) - gram(y[i])).square().sum({1, 2});
        sum = sum.defined() ? sum + apart : apart;
    }
    return sum;
}

std::shared_ptr<const DeepLpips> loadDeepLpips(Trunk trunk, const std::filesystem::path& trunkFile,
    const std::filesystem::path& heads, const at::TensorOptions& options)
{
    const auto network = loadTrunk(trunk, trunkFile, options);
    std::vector<at::Tensor> read(network->channels().size());
    loadAll(
        [&](const models::ParameterVisitor& visitor) {
            for (std::size_t i = 0; i < read.size(); ++i) {
                visitor("lin" + std::to_string(i) + ".model.1.weight", read[i],
                    std::vector<std::int64_t>{1, network->channels()[i], 1, 1});
            }
        },
        heads, trunk == Trunk::kAlexNet ? "LPIPS's heads for AlexNet" : "LPIPS's heads for VGG-16", options);
    return std::make_shared<DeepLpips>(network, std::move(read));
}

std::shared_ptr<const Dists> loadDists(
    const std::filesystem::path& vggFile, const std::filesystem::path& weights, const at::TensorOptions& options)
{
    const auto network = loadTrunk(Trunk::kVgg16, vggFile, options);
    std::int64_t channels = 3;
    for (const std::int64_t tap : network->channels()) {
        channels += tap;
    }
    at::Tensor alpha, beta;
    loadAll(
        [&](const models::ParameterVisitor& visitor) {
            visitor("alpha", alpha, std::vector<std::int64_t>{1, channels, 1, 1});
            visitor("beta", beta, std::vector<std::int64_t>{1, channels, 1, 1});
        },
        weights, "the weights of DISTS", options);
    return std::make_shared<Dists>(network, alpha, beta);
}

} // namespace reelmend::perceptual
