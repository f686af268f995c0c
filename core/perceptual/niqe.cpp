#include "core/perceptual/niqe.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/models/load.h"
#include "core/perceptual/filters.h"

namespace reelmend::perceptual {

namespace {

constexpr std::int64_t kBlock = 96, kFeatures = 18; // of one block at one size
constexpr double kFirstShape = 0.2, kShapeStep = 0.001;
constexpr int kShapes = 9801; // 0.2 to 10

// An asymmetric generalised Gaussian: shape and the scales of its two sides.
struct Fit {
    double shape = 0, left = 0, right = 0;
};

// Gamma(2/a)^2 / (Gamma(1/a) Gamma(3/a)) for each shape a; grows with it.
const std::array<double, kShapes>& ratios()
{
    static const auto table = [] {
        std::array<double, kShapes> values{};
        for (int i = 0; i < kShapes; ++i) {
            const double shape = kFirstShape + kShapeStep * i;
            values[static_cast<std::size_t>(i)] =
                std::exp(2 * std::lgamma(2 / shape) - std::lgamma(1 / shape) - std::lgamma(3 / shape));
        }
        return values;
    }();
    return table;
}

// Moments matched as in Lasmar, Stitou, Berthoumieu 2009. Not a number where one side has no values.
Fit fitted(const at::Tensor& values)
{
    const at::Tensor negative = values<0, positive = values> 0;
    const at::Tensor squares = values.square();
    const auto sigma = [&](const at::Tensor& where) {
        return std::sqrt((squares * where).sum().item<double>() / where.sum().item<double>());
    };
    const double left = sigma(negative), right = sigma(positive), ratio = left / right;
    const double mean = values.abs().mean().item<double>();
    const double wanted = mean * mean / squares.mean().item<double>() * (std::pow(ratio, 3) + 1) * (ratio + 1) /
                          std::pow(ratio * ratio + 1, 2);
    if (!std::isfinite(wanted)) {
        constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
        return {kNone, kNone, kNone};
    }
    const auto& table = ratios();
    auto best = std::lower_bound(table.begin(), table.end(), wanted);
    if (best == table.end() || (best != table.begin() && wanted - *(best - 1) <= *best - wanted)) {
        --best;
    }
    const double shape = kFirstShape + kShapeStep * static_cast<double>(best - table.begin());
    const double scale = std::exp((std::lgamma(1 / shape) - std::lgamma(3 / shape)) / 2);
    return {shape, left * scale, right * scale};
}

// A block's 18 numbers: its own fit, and those of its products with four neighbours, which wrap around.
std::vector<double> featuresOf(const at::Tensor& block)
{
    std::vector<double> features;
    const Fit own = fitted(block);
    features.insert(features.end(), {own.shape, (own.left + own.right) / 2});
    constexpr std::int64_t kShifts[4][2] = {{0, 1}, {1, 0}, {1, 1}, {1, -1}};
    for (const auto& shift : kShifts) {
        const Fit fit = fitted(block * at::roll(block, {shift[0], shift[1]}, {0, 1}));
        const double mean =
            (fit.right - fit.left) * std::exp(std::lgamma(2 / fit.shape) - std::lgamma(1 / fit.shape));
        features.insert(features.end(), {fit.shape, mean, fit.left, fit.right});
    }
    return features;
}

// (luma - local mean) / (local deviation + 1), 7x7 Gaussian of 7/6, the border repeated. [1, 1, h, w]
at::Tensor normalised(const at::Tensor& luma)
{
    const at::Tensor window = gaussianWindow(7, 7.0 / 6, luma);
    const auto smooth = [&](const at::Tensor& x) {
        return filterValid(at::replication_pad2d(x, {3, 3, 3, 3}), window);
    };
    const at::Tensor mean = smooth(luma);
    return (luma - mean) / ((smooth(luma.square()) - mean.square()).abs().sqrt() + 1);
}

// Half size with the cubic kernel (a = -0.5) stretched by two, the border mirrored: MATLAB's imresize.
at::Tensor halfSize(const at::Tensor& luma)
{
    std::array<double, 8> taps{};
    double sum = 0;
    for (std::size_t i = 0; i < taps.size(); ++i) {
        const double x = std::abs(static_cast<double>(i) - 3.5) / 2;
        taps[i] = x <= 1 ? 1.5 * x * x * x - 2.5 * x * x + 1 : -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2;
        sum += taps[i];
    }
    const at::Tensor kernel = at::tensor(at::ArrayRef<double>(taps), luma.options()) / sum;
    const auto mirrored = [](const at::Tensor& x, std::int64_t axis) {
        const at::Tensor first = x.narrow(axis, 0, 3).flip(axis),
                         last = x.narrow(axis, x.size(axis) - 3, 3).flip(axis);
        return at::cat({first, x, last}, axis);
    };
    const at::Tensor down =
        at::conv2d(mirrored(luma, 2), kernel.view({1, 1, 8, 1}), {}, at::IntArrayRef{2, 1}, at::IntArrayRef{0, 0});
    return at::conv2d(mirrored(down, 3), kernel.view({1, 1, 1, 8}), {}, at::IntArrayRef{1, 2}, at::IntArrayRef{0, 0});
}

// [blocks, 36]; rows of blocks without texture left out.
at::Tensor blockFeatures(at::Tensor luma, std::int64_t rows, std::int64_t columns)
{
    std::vector<std::vector<double>> features(static_cast<std::size_t>(rows * columns));
    for (const std::int64_t side : {kBlock, kBlock / 2}) {
        const at::Tensor plane = normalised(luma)[0][0];
        for (std::int64_t i = 0; i < rows * columns; ++i) {
            const auto found =
                featuresOf(plane.narrow(0, i / columns * side, side).narrow(1, i % columns * side, side));
            auto& own = features[static_cast<std::size_t>(i)];
            own.insert(own.end(), found.begin(), found.end());
        }
        luma = side == kBlock ? halfSize(luma) : luma;
    }
    std::vector<at::Tensor> kept;
    for (const auto& block : features) {
        if (std::all_of(block.begin(), block.end(), [](double value) { return std::isfinite(value); })) {
            kept.push_back(at::tensor(at::ArrayRef<double>(block), at::kDouble));
        }
    }
    return kept.empty() ? at::zeros({0, 2 * kFeatures}, at::kDouble) : at::stack(kept);
}

} // namespace

Niqe::Niqe(const at::Tensor& mean, const at::Tensor& covariance)
    : mean_(mean.to(at::kDouble).flatten())
    , covariance_(covariance.to(at::kDouble))
{}

at::Tensor Niqe::score(const at::Tensor& pictures) const
{
    const bool isPicture = pictures.dim() == 4 && pictures.size(1) == 3;
    const std::int64_t rows = isPicture ? pictures.size(2) / kBlock : 0,
                       columns = isPicture ? pictures.size(3) / kBlock : 0;
    if (rows * columns < 2) {
        throw base::Error(base::ErrorKind::kUsage, "The naturalness of these pictures cannot be measured.",
            "It needs at least two blocks of 96x96 pixels.", "Choose another score.");
    }
    const at::Tensor luma = (studioLuma(pictures.to(at::kCPU, at::kDouble)) * 255)
                                .round()
                                .narrow(2, 0, rows * kBlock)
                                .narrow(3, 0, columns * kBlock);
    std::vector<double> scores;
    for (std::int64_t i = 0; i < pictures.size(0); ++i) {
        const at::Tensor features = blockFeatures(luma.narrow(0, i, 1).contiguous(), rows, columns);
        const std::int64_t count = features.size(0);
        const at::Tensor mean = count > 0 ? features.mean(0) : at::zeros_like(mean_);
        const at::Tensor apart = features - mean;
        const at::Tensor covariance =
            count > 1 ? at::matmul(apart.t(), apart) / static_cast<double>(count - 1) : at::zeros_like(covariance_);
        const at::Tensor inverse = at::linalg_pinv((covariance_ + covariance) / 2);
        const at::Tensor d = mean_ - mean;
        scores.push_back(std::sqrt(std::max(0.0, at::dot(d, at::mv(inverse, d)).item<double>())));
    }
    return at::tensor(at::ArrayRef<double>(scores), at::kDouble).to(pictures.options());
}

std::shared_ptr<const Niqe> loadNiqe(const std::filesystem::path& file)
{
    at::Tensor mean, covariance;
    const auto visit = [&](const models::ParameterVisitor& visitor) {
        visitor("mean", mean, std::vector<std::int64_t>{2 * kFeatures});
        visitor("covariance", covariance, std::vector<std::int64_t>{2 * kFeatures, 2 * kFeatures});
    };
    const auto store = models::WeightStore::open(file);
    const auto sameName = [](const std::string& name) { return name; };
    models::checkParameters(visit, {}, store, sameName, "the statistics of NIQE");
    models::LoadOptions how;
    how.dtype = at::kDouble;
    models::loadParameters(visit, store, sameName, how);
    return std::make_shared<Niqe>(mean, covariance);
}

} // namespace reelmend::perceptual
