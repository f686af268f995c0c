#pragma once
#include <cstdint>
#include <vector>

#include "core/base/time.h"

namespace reelmend::ui::timeline {

// Where frames lie across a timeline. Frame f covers [x(f), x(f + 1)); x is rounded to whole device pixels. A value.
class TimelineScale {
public:
    static constexpr double kLargestPixelsPerFrame = 96;

    void setClip(std::int64_t frameCount);
    void setWidth(double logicalWidth, double deviceRatio);

    std::int64_t frameCount() const { return frameCount_; }
    double width() const { return width_; }
    double pixelsPerFrame() const;
    double smallestPixelsPerFrame() const;       // the whole clip
    double zoom() const { return zoom_; }        // 1 = the whole clip
    double firstFrame() const { return first_; } // at the left edge, fractional

    double xOf(double frame) const;
    std::int64_t frameAt(double x) const; // clamped to the clip
    base::FrameRange visible() const;

    void zoomTo(double zoom, double anchorX); // keeps the frame under anchorX
    void scrollBy(double logicalPixels);
    void reveal(std::int64_t frame, double margin = 24); // scrolls by the least that shows it

    // Frames between labelled ticks, and between all ticks, for a clip of this rate: divisors and multiples of a
    // second's frames, at least `spacing` pixels apart.
    std::int64_t majorStep(base::Rational framesPerSecond, double spacing = 84) const;
    std::int64_t minorStep(std::int64_t majorStep, double spacing = 14) const;

    bool operator==(const TimelineScale&) const = default;

private:
    void clamp();

    std::int64_t frameCount_ = 0;
    double width_ = 0;
    double deviceRatio_ = 1;
    double zoom_ = 1;
    double first_ = 0;
};

} // namespace reelmend::ui::timeline
