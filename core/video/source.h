#pragma once
#include <cstdint>

#include "core/video/clip_info.h"
#include "core/video/frame.h"
#include "core/video/image.h"

namespace reelmend::video {

// Frames by index, from a file, a sequence, a job, or memory. Not thread-safe: one reader per thread.
class FrameSource {
public:
    virtual ~FrameSource() = default;

    virtual const ClipInfo& info() const = 0;
    virtual std::int64_t frameCount() const = 0;
    // Any order is right; ascending order is fast. Throws Error(kInput) and, for an index outside the clip,
    // Error(kUsage).
    virtual Frame frame(std::int64_t index) = 0;
};

// Takes frames in presentation order. Nothing appears under the final name before finish(); a sink destroyed before
// that leaves nothing behind.
class FrameSink {
public:
    virtual ~FrameSink() = default;

    // Writes `frame`. Where `changed` is 0, the written file holds `source`'s own native samples (see
    // keepNativeSamples in convert.h); that needs equal size. `source` and `changed` may be null: everything may
    // differ. Times come from `frame`. Throws Error(kOutput or kDiskFull).
    virtual void write(const Frame& frame, const Frame* source, const Mask* changed) = 0;
    virtual void finish() = 0;
};

// Which pixels of which frame may change. Not thread-safe.
class MaskSource {
public:
    virtual ~MaskSource() = default;

    virtual bool isStatic() const = 0; // one picture for all frames
    // Size of the clip it belongs to. Throws Error(kInput).
    virtual Mask mask(std::int64_t index) = 0;
};

} // namespace reelmend::video
