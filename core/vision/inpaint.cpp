#include "core/vision/inpaint.h"

#include <opencv2/photo.hpp>

#include "core/base/error.h"
#include "core/vision/cv_image.h"

namespace reelmend::vision {

video::Image8 inpainted(const video::Image8& image, const video::Image8& hole, double radius, InpaintMethod method)
{
    if (image.width != hole.width || image.height != hole.height || hole.channels != 1 ||
        (image.channels != 1 && image.channels != 3)) {
        throw base::Error(base::ErrorKind::kUsage, "This picture cannot be filled.",
            "A grey or RGB picture and a hole of its size are needed.");
    }
    video::Image8 out(image.width, image.height, image.channels);
    cv::Mat target = detail::view(out);
    cv::inpaint(detail::view(image), detail::view(hole), target, radius,
        method == InpaintMethod::kTelea ? cv::INPAINT_TELEA : cv::INPAINT_NS);
    return out;
}

} // namespace reelmend::vision
