#pragma once
#include <cstdint>
#include <functional>

#include "core/video/image.h"

namespace reelmend::enhance {

// One frame as the network is to see it, at the size of the result (upscaling happens before).
struct PreparedFrame {
    video::ImageF rgb;   // [height][width][3]
    video::Mask mask;    // what may change; empty = everything
    video::Image8 trust; // one channel, inside the mask: 255 = the colour there is real footage; empty = all real
};

// The clip as an enhancer asks for it.
struct PreparedClip {
    std::function<PreparedFrame(std::int64_t frame)> prepare; // all of one size
    std::function<bool(std::int64_t frame)> startsShot;       // true for the first frame of a shot; 0 always is one
    std::int64_t frameCount = 0;
};

} // namespace reelmend::enhance
