#include "core/perceptual/scores.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/perceptual/filters.h"
#include "core/perceptual/loss_terms.h"

namespace reelmend::perceptual {

namespace {

constexpr std::int64_t kSsimWindow = 11;
constexpr double kSsimSigma = 1.5;
constexpr double kSsimC1 = (0.01 * 255) * (0.01 * 255);
constexpr double kSsimC2 = (0.03 * 255) * (0.03 * 255);

std::string shapeText(const at::Tensor& tensor)
{
    std::ostringstream text;
    text << tensor.sizes();
    return text.str();
}

void check(const at::Tensor& a, const at::Tensor& b, const at::Tensor& weight, std::int64_t minimumSide,
    const std::string& score = "this score")
{
    if (a.dim() != 4 || a.size(1) != 3 || a.sizes() != b.sizes()) {
        throw base::Error(base::ErrorKind::kUsage, "These pictures cannot be compared.",
            "Two times [n, 3, height, width] of one size is needed; got " + shapeText(a) + " and " + shapeText(b) +
                ".",
            "Bring both to the same size first.");
    }
    if (weight.defined() &&
        (weight.dim() != 4 || weight.size(1) != 1 || weight.size(2) != a.size(2) || weight.size(3) != a.size(3) ||
            (weight.size(0) != 1 && weight.size(0) != a.size(0)))) {
        throw base::Error(base::ErrorKind::kUsage, "This mask does not fit the pictures.",
            "[n, 1, height, width] of their size is needed; got " + shapeText(weight) + ".",
            "Use a mask of the pictures' size.");
    }
    if (a.size(2) < minimumSide || a.size(3) < minimumSide) {
        throw base::Error(base::ErrorKind::kUsage, "The pictures are too small for " + score + ".",
            "Both sides need at least " + std::to_string(minimumSide) + " pixels.", "Choose another score.");
    }
}

// Mean of [n, c, h, w] over all but n, each pixel counted by weight [n or 1, 1, h, w].
at::Tensor weightedMean(const at::Tensor& values, const at::Tensor& weight)
{
    if (!weight.defined()) {
        return values.mean({1, 2, 3});
    }
    const at::Tensor w = weight.to(values.scalar_type()).expand({values.size(0), 1, values.size(2), values.size(3)});
    return (values * w).sum({1, 2, 3}) / (w.sum({1, 2, 3}) * static_cast<double>(values.size(1)));
}

at::Tensor decibel(const at::Tensor& meanSquaredError)
{
    return -10.0 * at::log10(meanSquaredError);
}

struct SsimMaps {
    at::Tensor luminance; // (2 mu_a mu_b + C1) / (mu_a^2 + mu_b^2 + C1)
    at::Tensor structure; // (2 cov + C2) / (var_a + var_b + C2)
};

// Both maps of Wang et al. 2004, equations 6, 13 and 14, for luma on the scale 0…255.
SsimMaps ssimMaps(const at::Tensor& a, const at::Tensor& b)
{
    const at::Tensor window = gaussianWindow(kSsimWindow, kSsimSigma, a);
    const at::Tensor meanA = filterValid(a, window);
    const at::Tensor meanB = filterValid(b, window);
    const at::Tensor varA = filterValid(a * a, window) - meanA * meanA;
    const at::Tensor varB = filterValid(b * b, window) - meanB * meanB;
    const at::Tensor covariance = filterValid(a * b, window) - meanA * meanB;
    return {(2 * meanA * meanB + kSsimC1) / (meanA * meanA + meanB * meanB + kSsimC1),
        (2 * covariance + kSsimC2) / (varA + varB + kSsimC2)};
}

at::Tensor luma255(const at::Tensor& rgb)
{
    return studioLuma(rgb) * 255.0;
}

} // namespace

at::Tensor psnr(const at::Tensor& a, const at::Tensor& b, const at::Tensor& weight)
{
    check(a, b, weight, 1);
    return decibel(weightedMean((a - b).square(), weight));
}

at::Tensor psnrLuma(const at::Tensor& a, const at::Tensor& b, const at::Tensor& weight)
{
    check(a, b, weight, 1);
    return decibel(weightedMean((studioLuma(a) - studioLuma(b)).square(), weight));
}

at::Tensor ssim(const at::Tensor& a, const at::Tensor& b, const at::Tensor& weight)
{
    check(a, b, weight, kSsimWindow, "SSIM");
    const SsimMaps maps = ssimMaps(luma255(a), luma255(b));
    const at::Tensor map = maps.luminance * maps.structure;
    at::Tensor centre;
    if (weight.defined()) {
        const std::int64_t border = kSsimWindow / 2;
        centre = weight.narrow(2, border, map.size(2)).narrow(3, border, map.size(3));
    }
    return weightedMean(map, centre);
}

at::Tensor msSsim(const at::Tensor& a, const at::Tensor& b)
{
    check(a, b, {}, kMsSsimMinimumSide, "MS-SSIM");
    static constexpr std::array<double, 5> kWeights{0.0448, 0.2856, 0.3001, 0.2363, 0.1333};
    at::Tensor x = luma255(a);
    at::Tensor y = luma255(b);
    at::Tensor product;
    for (std::size_t scale = 0; scale < kWeights.size(); ++scale) {
        const SsimMaps maps = ssimMaps(x, y);
        const bool last = scale + 1 == kWeights.size();
        const at::Tensor mean = (last ? maps.luminance * maps.structure : maps.structure).mean({1, 2, 3});
        const at::Tensor term = at::pow(at::relu(mean), kWeights[scale]);
        product = product.defined() ? product * term : term;
        if (!last) {
            x = halved(x);
            y = halved(y);
        }
    }
    return product;
}

at::Tensor gmsd(const at::Tensor& a, const at::Tensor& b, const at::Tensor& weight)
{
    check(a, b, weight, 4, "GMSD");
    constexpr double kC = 170.0;
    const at::Tensor gradientA = prewittMagnitude(halved(luma255(a)));
    const at::Tensor gradientB = prewittMagnitude(halved(luma255(b)));
    const at::Tensor similarity = (2 * gradientA * gradientB + kC) / (gradientA.square() + gradientB.square() + kC);
    const at::Tensor small = weight.defined() ? halved(weight.to(similarity.scalar_type())) : at::Tensor();
    const at::Tensor mean = weightedMean(similarity, small);
    const at::Tensor deviation = (similarity - mean.view({-1, 1, 1, 1})).square();
    return at::sqrt(weightedMean(deviation, small));
}

at::Tensor vif(const at::Tensor& reference, const at::Tensor& distorted)
{
    check(reference, distorted, {}, kVifMinimumSide, "VIF");
    constexpr double kNoise = 2.0; // variance of the visual noise
    constexpr double kNothing = 1e-10;
    at::Tensor x = luma255(reference).to(at::kDouble);
    at::Tensor y = luma255(distorted).to(at::kDouble);
    at::Tensor numerator = at::zeros({x.size(0)}, x.options());
    at::Tensor denominator = at::zeros({x.size(0)}, x.options());
    for (int scale = 1; scale <= 4; ++scale) {
        const std::int64_t size = (std::int64_t{1} << (5 - scale)) + 1;
        const at::Tensor window = gaussianWindow(size, static_cast<double>(size) / 5.0, x);
        if (scale > 1) {
            const auto everySecond = [&window](const at::Tensor& t) {
                return filterValid(t, window).slice(2, 0, std::nullopt, 2).slice(3, 0, std::nullopt, 2).contiguous();
            };
            x = everySecond(x);
            y = everySecond(y);
        }
        const at::Tensor meanX = filterValid(x, window);
        const at::Tensor meanY = filterValid(y, window);
        at::Tensor varX = at::relu(filterValid(x * x, window) - meanX * meanX);
        const at::Tensor varY = at::relu(filterValid(y * y, window) - meanY * meanY);
        const at::Tensor covariance = filterValid(x * y, window) - meanX * meanY;
        at::Tensor gain = covariance / (varX + kNothing);
        at::Tensor residual = varY - gain * covariance;
        const at::Tensor flatX = varX < kNothing;
        gain = at::where(flatX, 0.0, gain);
        residual = at::where(flatX, varY, residual);
        varX = at::where(flatX, 0.0, varX);
        const at::Tensor flatY = varY < kNothing;
        gain = at::where(flatY, 0.0, gain);
        residual = at::where(flatY, 0.0, residual);
        residual = at::where(gain < 0, varY, residual);
        gain = at::relu(gain);
        residual = at::clamp_min(residual, kNothing);
        numerator = numerator + at::log10(1 + gain.square() * varX / (residual + kNoise)).sum({1, 2, 3});
        denominator = denominator + at::log10(1 + varX / kNoise).sum({1, 2, 3});
    }
    // A picture without any texture carries no information; nothing can be lost from it.
    return at::where(denominator > 0, numerator / denominator, 1.0).to(reference.scalar_type());
}

at::Tensor flicker(const at::Tensor& result, const at::Tensor& clean, const at::Tensor& weight)
{
    check(result, clean, weight, 1);
    const std::int64_t frames = result.size(0);
    if (frames < 2) {
        throw base::Error(base::ErrorKind::kUsage, "Flicker cannot be measured.", "It needs at least two frames.",
            "Choose a longer range.");
    }
    const at::Tensor changeResult = result.narrow(0, 1, frames - 1) - result.narrow(0, 0, frames - 1);
    const at::Tensor changeClean = clean.narrow(0, 1, frames - 1) - clean.narrow(0, 0, frames - 1);
    at::Tensor later;
    if (weight.defined()) {
        later = weight.size(0) == 1 ? weight : weight.narrow(0, 1, frames - 1);
    }
    return weightedMean((changeResult - changeClean).abs(), later) * 255.0;
}

at::Tensor warpingError(const at::Tensor& clip, const FlowFunction& flow)
{
    check(clip, clip, {}, 2);
    if (clip.size(0) < 2) {
        throw base::Error(base::ErrorKind::kUsage, "The warping error cannot be measured.",
            "It needs at least two frames.", "Choose a longer range.");
    }
    const at::Tensor small = halved(clip);
    const std::int64_t height = small.size(2), width = small.size(3);
    std::vector<at::Tensor> errors;
    for (std::int64_t t = 0; t + 1 < small.size(0); ++t) {
        const at::Tensor now = small.narrow(0, t, 1), next = small.narrow(0, t + 1, 1);
        const at::Tensor forward = flow(now, next).to(small.options()),
                         backward = flow(next, now).to(small.options());
        const at::Tensor returned = warped(backward, forward);
        const auto length = [](const at::Tensor& f) { return f.square().sum(1, /*keepdim=*/true); };
        const at::Tensor agrees = length(forward + returned) <= 0.01 * (length(forward) + length(returned)) + 0.5;
        const at::Tensor x = at::arange(width, small.options()).view({1, 1, 1, width}) + forward.narrow(1, 0, 1);
        const at::Tensor y = at::arange(height, small.options()).view({1, 1, height, 1}) + forward.narrow(1, 1, 1);
        const at::Tensor inside = (x >= 0)
                                      .logical_and(x <= static_cast<double>(width - 1))
                                      .logical_and(y >= 0)
                                      .logical_and(y <= static_cast<double>(height - 1));
        const at::Tensor counts = agrees.logical_and(inside).to(small.scalar_type());
        const at::Tensor apart = (warped(next, forward) - now).square().mean(1, /*keepdim=*/true);
        errors.push_back((apart * counts).sum() / counts.sum().clamp_min(1));
    }
    return at::stack(errors);
}

} // namespace reelmend::perceptual
