#include <algorithm>

#include <opencv2/imgproc.hpp>

#include "core/video/convert.h"
#include "core/vision/cv_image.h"
#include "core/vision/flow.h"

namespace reelmend::vision {

video::Image8 motionPicture(const video::Frame& frame, int maximumSide)
{
    video::Image8 luma = video::toLuma8(frame);
    const int longer = std::max(luma.width, luma.height);
    const int factor = maximumSide > 0 ? (longer + maximumSide - 1) / maximumSide : 1;
    if (factor == 1) {
        return luma;
    }
    video::Image8 reduced(std::max(1, luma.width / factor), std::max(1, luma.height / factor), 1);
    cv::Mat target = detail::view(reduced);
    cv::resize(detail::view(luma), target, target.size(), 0, 0, cv::INTER_AREA);
    return reduced;
}

} // namespace reelmend::vision
