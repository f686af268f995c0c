#include "ui/timeline/timeline_scale.h"

#include <algorithm>
#include <cmath>

namespace reelmend::ui::timeline {

void TimelineScale::setClip(std::int64_t frameCount)
{
    frameCount_ = frameCount;
    zoom_ = 1;
    first_ = 0;
}

void TimelineScale::setWidth(double logicalWidth, double deviceRatio)
{
    width_ = logicalWidth;
    deviceRatio_ = deviceRatio;
    clamp();
}

double TimelineScale::smallestPixelsPerFrame() const
{
    return frameCount_ > 0 && width_ > 0 ? width_ / static_cast<double>(frameCount_) : 1;
}

double TimelineScale::pixelsPerFrame() const
{
    return smallestPixelsPerFrame() * zoom_;
}

double TimelineScale::xOf(double frame) const
{
    return std::round((frame - first_) * pixelsPerFrame() * deviceRatio_) / deviceRatio_;
}

std::int64_t TimelineScale::frameAt(double x) const
{
    if (frameCount_ == 0) {
        return 0;
    }
    const auto frame = static_cast<std::int64_t>(std::floor(x / pixelsPerFrame() + first_ + 1e-9));
    return std::clamp<std::int64_t>(frame, 0, frameCount_ - 1);
}

base::FrameRange TimelineScale::visible() const
{
    if (frameCount_ == 0) {
        return {};
    }
    return {frameAt(0), frameAt(width_ - 1e-6) + 1};
}

void TimelineScale::clamp()
{
    const double largest = std::max(1.0, kLargestPixelsPerFrame / smallestPixelsPerFrame());
    zoom_ = std::clamp(zoom_, 1.0, largest);
    const double shown = pixelsPerFrame() > 0 ? width_ / pixelsPerFrame() : 0;
    first_ = std::clamp(first_, 0.0, std::max(0.0, static_cast<double>(frameCount_) - shown));
}

void TimelineScale::zoomTo(double zoom, double anchorX)
{
    const double kept = first_ + anchorX / pixelsPerFrame();
    const double largest = std::max(1.0, kLargestPixelsPerFrame / smallestPixelsPerFrame());
    zoom_ = std::clamp(zoom, 1.0, largest);
    first_ = kept - anchorX / pixelsPerFrame();
    clamp();
}

void TimelineScale::scrollBy(double logicalPixels)
{
    first_ += logicalPixels / pixelsPerFrame();
    clamp();
}

void TimelineScale::reveal(std::int64_t frame, double margin)
{
    const double x = (static_cast<double>(frame) - first_) * pixelsPerFrame();
    const double room = std::min(margin, width_ / 4);
    if (x < room) {
        scrollBy(x - room);
    } else if (x > width_ - room) {
        scrollBy(x - width_ + room);
    }
}

std::int64_t TimelineScale::majorStep(base::Rational framesPerSecond, double spacing) const
{
    const double pixels = pixelsPerFrame();
    const auto second =
        std::max<std::int64_t>(1, std::llround(framesPerSecond.isPositive() ? framesPerSecond.value() : 24.0));
    for (std::int64_t step = 1; step <= second; ++step) {
        if (second % step == 0 && static_cast<double>(step) * pixels >= spacing) {
            return step;
        }
    }
    static constexpr std::int64_t kSeconds[] = {2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18000};
    for (const std::int64_t seconds : kSeconds) {
        if (static_cast<double>(seconds * second) * pixels >= spacing) {
            return seconds * second;
        }
    }
    return kSeconds[std::size(kSeconds) - 1] * second;
}

std::int64_t TimelineScale::minorStep(std::int64_t majorStep, double spacing) const
{
    for (const std::int64_t parts : {12, 10, 8, 6, 5, 4, 3, 2}) {
        if (majorStep % parts == 0 && static_cast<double>(majorStep / parts) * pixelsPerFrame() >= spacing) {
            return majorStep / parts;
        }
    }
    return majorStep;
}

} // namespace reelmend::ui::timeline
