#include "core/perceptual/texture_losses.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace reelmend::perceptual {

namespace {

constexpr int kWaveletLevels = 3;

at::Tensor wide(const at::Tensor& pictures) // LibTorch has no transforms of 16-bit numbers
{
    return pictures.to(at::promote_types(pictures.scalar_type(), at::kFloat));
}

struct Haar {
    at::Tensor smooth, details; // [n, c, h / 2, w / 2] and [n, 3 c, h / 2, w / 2]
};

Haar haar(const at::Tensor& pictures)
{
    at::Tensor even = pictures;
    if (even.size(2) % 2 == 1) {
        even = at::cat({even, even.narrow(2, even.size(2) - 1, 1)}, 2);
    }
    if (even.size(3) % 2 == 1) {
        even = at::cat({even, even.narrow(3, even.size(3) - 1, 1)}, 3);
    }
    const auto part = [&](std::int64_t row, std::int64_t column) {
        return even.slice(2, row, std::nullopt, 2).slice(3, column, std::nullopt, 2);
    };
    const at::Tensor a = part(0, 0), b = part(0, 1), c = part(1, 0), d = part(1, 1);
    return {(a + b + c + d) / 2, at::cat({(a + b - c - d) / 2, (a - b + c - d) / 2, (a - b - c + d) / 2}, 1)};
}

} // namespace

at::Tensor focalFrequencyDistance(const at::Tensor& x, const at::Tensor& y)
{
    // The transform is linear: one of the difference. A half turns [-1, 1] into [0, 1].
    const at::Tensor apart = at::fft_fft2(wide(x - y) * 0.5, std::nullopt, {-2, -1}, "ortho");
    const at::Tensor squares = at::real(apart).square() + at::imag(apart).square(); // [n, 3, h, w]
    const at::Tensor size = squares.detach().sqrt();
    const at::Tensor largest = size.amax({2, 3}, /*keepdim=*/true);
    const at::Tensor weight = at::where(largest > 0, size / largest.clamp_min(1e-30), 0.0);
    return (weight * squares).mean({1, 2, 3});
}

at::Tensor waveletDistance(const at::Tensor& x, const at::Tensor& y)
{
    at::Tensor smooth = wide(x - y) * 0.5, sum;
    for (int level = 0; level < kWaveletLevels && std::min(smooth.size(2), smooth.size(3)) > 1; ++level) {
        Haar next = haar(smooth);
        const at::Tensor mean = next.details.abs().mean({1, 2, 3});
        sum = sum.defined() ? sum + mean : mean;
        smooth = std::move(next.smooth);
    }
    return sum.defined() ? sum : smooth.sum({1, 2, 3}) * 0;
}

at::Tensor censusError(const at::Tensor& x, const at::Tensor& y, const at::Tensor& mask)
{
    const auto grey = [](const at::Tensor& pictures) { // BT.601, 0…255
        const at::Tensor unit = wide(pictures) * 127.5 + 127.5;
        return unit.narrow(1, 0, 1) * 0.299 + unit.narrow(1, 1, 1) * 0.587 + unit.narrow(1, 2, 1) * 0.114;
    };
    constexpr std::int64_t kSide = 2 * kCensusBorder + 1;
    const at::Tensor a = grey(x), b = grey(y);
    const std::int64_t height = a.size(2) - kSide + 1, width = a.size(3) - kSide + 1;
    const auto window = [&](const at::Tensor& plane, std::int64_t row, std::int64_t column) {
        return plane.narrow(2, row, height).narrow(3, column, width);
    };
    const auto softSign = [](const at::Tensor& d) { return d * at::rsqrt(d.square() + 0.81); };
    at::Tensor sum;
    for (std::int64_t row = 0; row < kSide; ++row) {
        for (std::int64_t column = 0; column < kSide; ++column) {
            const at::Tensor apart = (softSign(window(a, row, column) - window(a, kCensusBorder, kCensusBorder)) -
                                      softSign(window(b, row, column) - window(b, kCensusBorder, kCensusBorder)))
                                         .square();
            const at::Tensor distance = apart / (apart + 0.1);
            sum = sum.defined() ? sum + distance : distance;
        }
    }
    const at::Tensor mean = sum / static_cast<double>(kSide * kSide);
    return (mask.defined() ? mean * window(mask, kCensusBorder, kCensusBorder) : mean).sum({1, 2, 3});
}

} // namespace reelmend::perceptual
