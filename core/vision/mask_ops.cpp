#include "core/vision/mask_ops.h"

#include <algorithm>

#include <opencv2/imgproc.hpp>

#include "core/vision/cv_image.h"

namespace reelmend::vision {

namespace {

cv::Mat disc(int radius)
{
    cv::Mat kernel(2 * radius + 1, 2 * radius + 1, CV_8U);
    for (int y = -radius; y <= radius; ++y) {
        for (int x = -radius; x <= radius; ++x) {
            // The half pixel makes small discs round instead of pointed.
            const bool inside = x * x + y * y <= radius * (radius + 1);
            kernel.at<std::uint8_t>(y + radius, x + radius) = inside ? 1 : 0;
        }
    }
    return kernel;
}

template <class T> video::Image<T> dilatedPicture(const video::Image<T>& mask, int radius)
{
    if (radius <= 0) {
        return mask;
    }
    video::Image<T> out(mask.width, mask.height, 1);
    cv::Mat target = detail::view(out);
    cv::dilate(detail::view(mask), target, disc(radius));
    return out;
}

} // namespace

video::Mask dilated(const video::Mask& mask, int radius)
{
    return dilatedPicture(mask, radius);
}

video::Image8 dilated(const video::Image8& mask, int radius)
{
    return dilatedPicture(mask, radius);
}

video::Mask eroded(const video::Mask& mask, int radius)
{
    if (radius <= 0) {
        return mask;
    }
    video::Mask out(mask.width, mask.height, 1);
    cv::Mat target = detail::view(out);
    cv::erode(detail::view(mask), target, disc(radius));
    return out;
}

video::Mask feathered(const video::Mask& mask, int radius)
{
    if (radius <= 0) {
        return mask;
    }
    // Growing by half the ramp and blurring over the other half starts the ramp at the shape's edge.
    const int grown = (radius + 1) / 2;
    video::Mask out = dilated(mask, grown);
    cv::Mat target = detail::view(out);
    cv::GaussianBlur(target.clone(), target, cv::Size(2 * grown + 1, 2 * grown + 1), 0, 0, cv::BORDER_REPLICATE);
    for (std::size_t i = 0; i < out.pixels.size(); ++i) {
        out.pixels[i] = std::max(out.pixels[i], mask.pixels[i]);
    }
    return out;
}

video::Mask resized(const video::Mask& mask, int width, int height)
{
    if (mask.width == width && mask.height == height) {
        return mask;
    }
    video::Mask out(width, height, 1);
    cv::Mat target = detail::view(out);
    const bool smaller = width < mask.width && height < mask.height;
    cv::resize(detail::view(mask), target, target.size(), 0, 0, smaller ? cv::INTER_AREA : cv::INTER_LINEAR);
    return out;
}

} // namespace reelmend::vision
