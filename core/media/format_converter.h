#pragma once
#include "core/media/av_frame.h"

namespace reelmend::media {

// Tags that a file of this format carries for footage with these tags: a matrix for YUV stays as it is, one that
// does not go with the format (RGB stored as YUV, or the reverse) is replaced by what the conversion uses.
video::ColourTags fileTags(video::ColourTags tags, AVPixelFormat stored, int width, int height);

// Brings frames into the format that a file holds. Internal.
class FormatConverter {
public:
    // The same frame when the format is right already. `tags` are those that the file is written with.
    video::Frame convert(const video::Frame& frame, AVPixelFormat stored, const video::ColourTags& tags);
    // Last step to formats that differ in byte order or range name alone.
    FramePtr forEncoder(const video::Frame& frame, AVPixelFormat encoderFormat);

private:
    Scaler scaler_{Scaler::Use::kExact};
};

} // namespace reelmend::media
