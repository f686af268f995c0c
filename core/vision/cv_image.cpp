#include "core/vision/cv_image.h"

namespace reelmend::vision::detail {

void useOneThread()
{
    if (cv::getNumThreads() != 1) {
        cv::setNumThreads(1);
    }
}

} // namespace reelmend::vision::detail
