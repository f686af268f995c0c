#include "core/perceptual/loss_terms.h"

#include <ATen/ATen.h>

#include <array>

#include "core/perceptual/filters.h"

namespace reelmend::perceptual {

namespace {

constexpr std::int64_t kWindow = 2 * kStructureBorder + 1;
constexpr double kSigma = 1.5, kC1 = 0.01 * 0.01, kC2 = 0.03 * 0.03;

at::Tensor summed(const at::Tensor& map, const at::Tensor& mask)
{
    return (mask.defined() ? map * mask : map).sum({1, 2, 3});
}

struct StructureMaps {
    at::Tensor luminance, contrast;
};

StructureMaps structureMaps(const at::Tensor& x, const at::Tensor& y)
{
    const at::Tensor window = gaussianWindow(kWindow, kSigma, x);
    const at::Tensor meanX = filterValid(x, window), meanY = filterValid(y, window);
    const at::Tensor varX = filterValid(x * x, window) - meanX * meanX;
    const at::Tensor varY = filterValid(y * y, window) - meanY * meanY;
    const at::Tensor covariance = filterValid(x * y, window) - meanX * meanY;
    return {(2 * meanX * meanY + kC1) / (meanX * meanX + meanY * meanY + kC1),
        (2 * covariance + kC2) / (varX + varY + kC2)};
}

at::Tensor unitRange(const at::Tensor& picture)
{
    return picture * 0.5 + 0.5;
}

} // namespace

at::Tensor squaredError(const at::Tensor& x, const at::Tensor& y, const at::Tensor& mask)
{
    return summed((x - y).square(), mask);
}

at::Tensor absoluteError(const at::Tensor& x, const at::Tensor& y, const at::Tensor& mask)
{
    return summed((x - y).abs(), mask);
}

at::Tensor charbonnier(const at::Tensor& x, const at::Tensor& y, const at::Tensor& mask, double epsilon)
{
    return summed(((x - y).square() + epsilon * epsilon).sqrt(), mask);
}

at::Tensor structuralDissimilarity(const at::Tensor& x, const at::Tensor& y, const at::Tensor& mask)
{
    const StructureMaps maps = structureMaps(unitRange(x), unitRange(y));
    const at::Tensor map = 1 - maps.luminance * maps.contrast;
    if (!mask.defined()) {
        return summed(map, mask);
    }
    return summed(map, mask.narrow(2, kStructureBorder, map.size(2)).narrow(3, kStructureBorder, map.size(3)));
}

at::Tensor multiScaleDissimilarity(const at::Tensor& x, const at::Tensor& y)
{
    static constexpr std::array<double, 5> kWeights{0.0448, 0.2856, 0.3001, 0.2363, 0.1333};
    constexpr double kSmallest = 1e-6;
    at::Tensor a = unitRange(x), b = unitRange(y), product;
    for (std::size_t scale = 0; scale < kWeights.size(); ++scale) {
        const StructureMaps maps = structureMaps(a, b);
        const bool isLast = scale + 1 == kWeights.size();
        const at::Tensor mean = (isLast ? maps.luminance * maps.contrast : maps.contrast).mean({2, 3}); // [n, 3]
        const at::Tensor term = mean.clamp_min(kSmallest).pow(kWeights[scale]);
        product = product.defined() ? product * term : term;
        if (!isLast) {
            a = halved(a);
            b = halved(b);
        }
    }
    return 1 - product.mean(1);
}

at::Tensor warped(const at::Tensor& pictures, const at::Tensor& flow)
{
    const std::int64_t height = pictures.size(2), width = pictures.size(3);
    const at::Tensor columns = at::arange(width, flow.options()).view({1, 1, width}) + flow.select(1, 0);
    const at::Tensor rows = at::arange(height, flow.options()).view({1, height, 1}) + flow.select(1, 1);
    // grid_sampler's corners: -1 and 1 are the centres of the outer pixels.
    const at::Tensor grid =
        at::stack({columns * (2.0 / static_cast<double>(std::max<std::int64_t>(width - 1, 1))) - 1,
                      rows * (2.0 / static_cast<double>(std::max<std::int64_t>(height - 1, 1))) - 1},
            3);
    constexpr std::int64_t kBilinear = 0, kBorder = 1;
    return at::grid_sampler(pictures, grid.to(pictures.scalar_type()), kBilinear, kBorder, /*align_corners=*/true);
}

} // namespace reelmend::perceptual
