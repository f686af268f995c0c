#pragma once
#include "core/media/av_frame.h"

namespace reelmend::media {

// Tags that a file of this format carries for footage with these tags: a matrix for YUV stays as it is, one that
// does not go with the format (RGB stored as YUV, or the reverse) is replaced by what the conversion uses.
video::ColourTags fileTags(video::ColourTags tags, AVPixelFormat stored, int width, int height);

// What a JPEG's samples mean, whatever the footage's tags are.
video::ColourTags jpegTags(video::ColourTags tags);

// Brings frames into the format that a file holds. Internal.
class FormatConverter {
public:
    // With `isForJpeg`, YUV is brought to full range and BT.601, which is what every reader takes a JPEG for.
    explicit FormatConverter(bool isForJpeg = false)
        : isForJpeg_(isForJpeg)
    {}

    // The same frame when the format is right already. `tags` are those that the file is written with.
    video::Frame convert(const video::Frame& frame, AVPixelFormat stored, const video::ColourTags& tags);
    // Last step to formats that differ in byte order or range name alone.
    FramePtr forEncoder(const video::Frame& frame, AVPixelFormat encoderFormat);

private:
    bool isForJpeg_;
    Scaler scaler_{Scaler::Use::kExact};
};

} // namespace reelmend::media
