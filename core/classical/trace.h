#pragma once
#include <cstdint>
#include <vector>

#include "core/classical/clip_window.h"

namespace reelmend::classical {

// A rectangle of pixels, half-open.
struct Box {
    int left = 0, top = 0, right = 0, bottom = 0;

    int width() const { return right - left; }
    int height() const { return bottom - top; }
    bool empty() const { return left >= right || top >= bottom; }
    Box grown(int margin, int maximumWidth, int maximumHeight) const;
};
Box boxOf(const video::Mask& mask); // of all pixels above 0

// Where what lies behind a hole's pixel is seen: in which frame and at which place of the clip.
struct Sight {
    float x = 0, y = 0;
    std::int32_t frame = -1; // -1 = not within reach

    bool isSeen() const { return frame >= 0; }
};

// Both directions of time for every pixel of a hole, followed along the background's motion until the mask no longer
// covers it.
struct HoleTrace {
    std::vector<std::int32_t> pixels;  // y * width + x of the clip, ascending
    std::vector<Sight> earlier, later; // one entry per pixel
    // Where the pixel lies in the two frames that were asked for, covered or not; frame -1 = left the picture.
    std::vector<Sight> first, second;
};

// `firstStop` <= index <= `secondStop`: frames to report places in, reached while following. `shot` bounds the
// search.
HoleTrace traceHole(ClipWindow& window, std::int64_t index, base::FrameRange shot, std::int64_t firstStop,
    std::int64_t secondStop, int threads);

} // namespace reelmend::classical
