#pragma once
#include <string>

namespace reelmend::runner {

// libavfilter's words for turning a picture clockwise by 90, 180 or 270 degrees; empty for 0.
inline std::string turningFilter(int degrees)
{
    return degrees == 90    ? "transpose=clock"
           : degrees == 180 ? "hflip,vflip"
           : degrees == 270 ? "transpose=cclock"
                            : "";
}

} // namespace reelmend::runner
