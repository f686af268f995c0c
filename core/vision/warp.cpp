#include "core/vision/warp.h"

#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/vision/cv_image.h"
#include "core/vision/sampling.h"

namespace reelmend::vision {

namespace {

// cv::remap quantises positions to 1/32 pixel, so floats take the exact way; 8 bits cannot tell.
void fill(const video::ImageF& image, const FlowField& flow, video::ImageF& out)
{
    for (int y = 0; y < out.height; ++y) {
        const float* f = flow.row(y);
        for (int x = 0; x < out.width; ++x) {
            sampleLinear(image, static_cast<float>(x) + f[2 * x], static_cast<float>(y) + f[2 * x + 1],
                out.row(y) + x * out.channels);
        }
    }
}

cv::Mat positions(const FlowField& flow)
{
    cv::Mat map(flow.height, flow.width, CV_32FC2);
    for (int y = 0; y < flow.height; ++y) {
        const float* f = flow.row(y);
        auto* m = map.ptr<float>(y);
        for (int x = 0; x < flow.width; ++x) {
            m[2 * x] = static_cast<float>(x) + f[2 * x];
            m[2 * x + 1] = static_cast<float>(y) + f[2 * x + 1];
        }
    }
    return map;
}

void fill(const video::Image8& image, const FlowField& flow, video::Image8& out)
{
    cv::Mat target = detail::view(out);
    cv::remap(detail::view(image), target, positions(flow), cv::Mat(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
}

template <class T> void requireEqual(const video::Image<T>& image, const FlowField& flow)
{
    if (image.width != flow.width || image.height != flow.height || flow.channels != 2) {
        throw base::Error(base::ErrorKind::kUsage, "This picture cannot be moved along this motion.",
            "Picture and motion have different sizes.");
    }
}

template <class T>
video::Image<T> warpedPicture(const video::Image<T>& image, const FlowField& flow, video::Image8* valid)
{
    requireEqual(image, flow);
    video::Image<T> out(image.width, image.height, image.channels);
    fill(image, flow, out);
    if (valid != nullptr) {
        *valid = video::Image8(image.width, image.height, 1);
        for (int y = 0; y < image.height; ++y) {
            const float* f = flow.row(y);
            for (int x = 0; x < image.width; ++x) {
                const bool inside =
                    isInside(image, static_cast<float>(x) + f[2 * x], static_cast<float>(y) + f[2 * x + 1]);
                valid->row(y)[x] = inside ? 255 : 0;
            }
        }
    }
    return out;
}

} // namespace

video::ImageF warped(const video::ImageF& image, const FlowField& flow, video::Image8* valid)
{
    return warpedPicture(image, flow, valid);
}

video::Image8 warped(const video::Image8& image, const FlowField& flow, video::Image8* valid)
{
    return warpedPicture(image, flow, valid);
}

video::ImageF warpedCubic(const video::ImageF& image, const FlowField& flow)
{
    requireEqual(image, flow);
    video::ImageF out(image.width, image.height, image.channels);
    cv::Mat target = detail::view(out);
    cv::remap(detail::view(image), target, positions(flow), cv::Mat(), cv::INTER_CUBIC, cv::BORDER_REPLICATE);
    return out;
}

} // namespace reelmend::vision
