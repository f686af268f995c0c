#include "core/video/clip_info.h"

#include <cmath>
#include <utility>

namespace reelmend::video {

namespace {

std::pair<int, int> displaySize(const ClipHeader& header)
{
    double width = header.width;
    double height = header.height;
    if (header.pixelAspect.isPositive()) {
        const double aspect = header.pixelAspect.value();
        (aspect >= 1 ? width : height) *= aspect >= 1 ? aspect : 1 / aspect;
    }
    if (header.rotationDegrees % 180 != 0) {
        std::swap(width, height);
    }
    return {static_cast<int>(std::lround(width)), static_cast<int>(std::lround(height))};
}

} // namespace

int ClipInfo::displayWidth() const
{
    return displaySize(header).first;
}

int ClipInfo::displayHeight() const
{
    return displaySize(header).second;
}

bool ClipInfo::isSequence() const
{
    return header.container == "image2";
}

} // namespace reelmend::video
