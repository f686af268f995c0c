#include "core/perceptual/filters.h"

#include <ATen/ATen.h>

namespace reelmend::perceptual {

at::Tensor studioLuma(const at::Tensor& rgb)
{
    const at::Tensor r = rgb.narrow(1, 0, 1);
    const at::Tensor g = rgb.narrow(1, 1, 1);
    const at::Tensor b = rgb.narrow(1, 2, 1);
    return (r * 65.481 + g * 128.553 + b * 24.966 + 16.0) / 255.0;
}

at::Tensor gaussianWindow(std::int64_t size, double sigma, const at::Tensor& like)
{
    const at::Tensor x = at::arange(size, like.options().dtype(at::kDouble)) - static_cast<double>(size - 1) / 2;
    const at::Tensor window = at::exp(-(x * x) / (2 * sigma * sigma));
    return (window / window.sum()).to(like.scalar_type());
}

at::Tensor filterValid(const at::Tensor& pictures, const at::Tensor& window)
{
    const std::int64_t channels = pictures.size(1);
    const std::int64_t size = window.size(0);
    const at::Tensor down = window.view({1, 1, size, 1}).expand({channels, 1, size, 1});
    const at::Tensor across = window.view({1, 1, 1, size}).expand({channels, 1, 1, size});
    const at::Tensor rows =
        at::conv2d(pictures, down, {}, at::IntArrayRef{1}, at::IntArrayRef{0}, at::IntArrayRef{1}, channels);
    return at::conv2d(rows, across, {}, at::IntArrayRef{1}, at::IntArrayRef{0}, at::IntArrayRef{1}, channels);
}

at::Tensor halved(const at::Tensor& pictures)
{
    return at::avg_pool2d(pictures, {2, 2}, {2, 2});
}

at::Tensor prewittMagnitude(const at::Tensor& luma)
{
    const at::Tensor kernel =
        at::tensor({1.0, 0.0, -1.0, 1.0, 0.0, -1.0, 1.0, 0.0, -1.0}, luma.options().dtype(at::kDouble))
            .view({1, 1, 3, 3})
            .to(luma.scalar_type()) /
        3.0;
    const at::Tensor x = at::conv2d(luma, kernel, {}, 1, 1);
    const at::Tensor y = at::conv2d(luma, kernel.transpose(2, 3), {}, 1, 1);
    return at::sqrt(x * x + y * y);
}

} // namespace reelmend::perceptual
