#pragma once
#include <QImage>
#include <QSize>

#include <cstdint>
#include <functional>
#include <memory>

#include "core/base/control.h"
#include "core/video/source.h"

namespace reelmend::ui::viewer {

// Pictures for the screen, by frame index. Lives in the thread of the cache that made it.
class DisplaySource {
public:
    virtual ~DisplaySource() = default;

    virtual std::int64_t frameCount() const = 0;
    virtual QSize pictureSize() const = 0; // upright, square pixels, full size
    // Format_RGB32, scaled to fit inside `maximum` (device pixels) keeping its shape, never enlarged. Throws
    // base::Error, and base::Cancelled once the factory's control is cancelled.
    virtual QImage picture(std::int64_t index, QSize maximum) = 0;
};

// Called in the worker's thread; may throw what DisplaySource::picture() throws. The control outlives the source and
// is cancelled when nobody waits for pictures any more.
using DisplaySourceFactory = std::function<std::unique_ptr<DisplaySource>(const base::Control& control)>;

// Pictures of any FrameSource, converted and scaled here: for sources in memory and half-finished jobs.
DisplaySourceFactory displayOf(std::function<std::unique_ptr<video::FrameSource>()> makeSource);

// The largest size of `picture`'s shape that fits inside `maximum`, at most `picture` itself and at least 1 × 1.
QSize decodeSize(QSize picture, QSize maximum);

} // namespace reelmend::ui::viewer
