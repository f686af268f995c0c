#pragma once
#include <memory>

#include "core/media/ffmpeg.h"

namespace reelmend::media {

// A device that decodes instead of the processor. Internal. What comes out must hold the same samples as decoding in
// software does; whoever uses one goes on in software as soon as anything fails.
class HardwareDecoding {
public:
    virtual ~HardwareDecoding() = default;

    // Before the codec is opened; false when it cannot decode this.
    virtual bool attach(AVCodecContext& context) = 0;
    virtual bool isOnDevice(const AVFrame& frame) const = 0;
    // The frame in main memory, in the format that software decoding gives. Null when that fails.
    virtual FramePtr download(const AVFrame& frame) = 0;
};

// The first of this FFmpeg's devices that answers and knows the codec; null where there is none, which is no error
// and says nothing. Pictures below 1920x1080 are never worth it: the processor has decoded the first ones before a
// device has been set up. REELMEND_HARDWARE=off in the environment switches all of it off.
std::unique_ptr<HardwareDecoding> findHardwareDecoding(const AVCodecParameters& parameters);

bool isHardwareAllowed(); // by the environment

} // namespace reelmend::media
