#include "core/classical/clip_window.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/video/convert.h"
#include "core/vision/mask_ops.h"
#include "core/vision/sampling.h"
#include "core/vision/smooth_fill.h"

namespace reelmend::classical {

namespace {

constexpr int kMotionSide = 640;       // longer side of the pictures whose motion is measured
constexpr int kSourceMargin = 3;       // motion pixels around a mask that are not copied from
constexpr int kFlowMargin = 7;         // motion pixels around a mask whose flow the object spoils
constexpr double kWindowBytes = 500e6; // of pictures and flows
constexpr int kLargestReach = 36;
constexpr int kSmallestReach = 8;

int factorFor(int width, int height)
{
    return std::max(1, (std::max(width, height) + kMotionSide - 1) / kMotionSide);
}

} // namespace

Picture::Picture(const video::Frame& frame)
{
    if (frame.format().depth() <= 8) {
        eight_ = video::toRgb8(frame);
    } else {
        sixteen_ = video::toRgb16(frame);
    }
}

void Picture::at(int x, int y, float* rgb) const
{
    if (!eight_.empty()) {
        const std::uint8_t* p = eight_.row(y) + 3 * x;
        std::copy(p, p + 3, rgb);
        return;
    }
    const std::uint16_t* p = sixteen_.row(y) + 3 * x;
    for (int c = 0; c < 3; ++c) {
        rgb[c] = static_cast<float>(p[c]) / 257.0F;
    }
}

void Picture::sample(float x, float y, float* rgb) const
{
    if (!eight_.empty()) {
        vision::sampleCubic(eight_, x, y, rgb);
        return;
    }
    vision::sampleCubic(sixteen_, x, y, rgb);
    for (int c = 0; c < 3; ++c) {
        rgb[c] /= 257.0F;
    }
}

CompactFlow::CompactFlow(const vision::FlowField& flow, int clipWidth, int clipHeight)
    : width_((flow.width + 1) / 2)
    , height_((flow.height + 1) / 2)
    , toGridX_(static_cast<float>(width_) / static_cast<float>(clipWidth))
    , toGridY_(static_cast<float>(height_) / static_cast<float>(clipHeight))
    , values_(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_) * 2)
{
    // The search itself stops at half size, so that keeping half of it loses next to nothing.
    const vision::FlowField half = vision::resizedFlow(flow, width_, height_);
    const float unitX = 32.0F / toGridX_;
    const float unitY = 32.0F / toGridY_;
    for (std::size_t i = 0; i < values_.size(); i += 2) {
        values_[i] = static_cast<std::int16_t>(std::lround(std::clamp(half.pixels[i] * unitX, -32767.F, 32767.F)));
        values_[i + 1] =
            static_cast<std::int16_t>(std::lround(std::clamp(half.pixels[i + 1] * unitY, -32767.F, 32767.F)));
    }
}

CompactFlow::Step CompactFlow::at(float x, float y) const
{
    const float gx = std::clamp((x + 0.5F) * toGridX_ - 0.5F, 0.0F, static_cast<float>(width_ - 1));
    const float gy = std::clamp((y + 0.5F) * toGridY_ - 0.5F, 0.0F, static_cast<float>(height_ - 1));
    const int x0 = static_cast<int>(gx);
    const int y0 = static_cast<int>(gy);
    const float wx = gx - static_cast<float>(x0);
    const float wy = gy - static_cast<float>(y0);
    const std::int16_t* top = values_.data() + 2 * (static_cast<std::size_t>(y0) * static_cast<std::size_t>(width_) +
                                                       static_cast<std::size_t>(x0));
    const std::int16_t* bottom = y0 + 1 < height_ ? top + 2 * static_cast<std::size_t>(width_) : top;
    const int right = x0 + 1 < width_ ? 2 : 0;
    const auto mix = [wx, wy, top, bottom, right](int c) {
        const float above = static_cast<float>(top[c]) * (1 - wx) + static_cast<float>(top[right + c]) * wx;
        const float below = static_cast<float>(bottom[c]) * (1 - wx) + static_cast<float>(bottom[right + c]) * wx;
        return (above * (1 - wy) + below * wy) * (1.0F / 32.0F);
    };
    return {mix(0), mix(1)};
}

bool Hole::covers(float x, float y) const
{
    const int hx = static_cast<int>((x + 0.5F) / static_cast<float>(factor));
    const int hy = static_cast<int>((y + 0.5F) / static_cast<float>(factor));
    return grown.row(std::clamp(hy, 0, grown.height - 1))[std::clamp(hx, 0, grown.width - 1)] > 0;
}

ClipWindow::ClipWindow(video::FrameSource& source, video::MaskSource& mask, int threads, const base::Control& control)
    : source_(source)
    , maskSource_(mask)
    , threads_(threads)
    , control_(control)
    , frames_(*this)
    , cuts_(frames_)
{}

base::FrameRange ClipWindow::shot(std::int64_t index)
{
    base::FrameRange range{index, index + 1};
    while (range.begin > 0 && index - range.begin < reach_ && !cuts_.isCut(range.begin)) {
        --range.begin;
    }
    while (range.end < source_.frameCount() && range.end - index <= reach_ && !cuts_.isCut(range.end)) {
        ++range.end;
    }
    return range;
}

const video::Frame& ClipWindow::frame(std::int64_t index)
{
    Slot& s = slot(index);
    if (s.frame.isEmpty()) {
        s.frame = source_.frame(index);
        width_ = s.frame.width();
        height_ = s.frame.height();
        if (reach_ == 0) {
            // Of the clip alone, never of this machine: results must not depend on where they are made.
            const double pixels = static_cast<double>(s.frame.width()) * s.frame.height();
            const int factor = factorFor(s.frame.width(), s.frame.height());
            const double perFrame = pixels * (s.frame.format().depth() <= 8 ? 3 : 6) + 5 * pixels / (factor * factor);
            // Frames are kept for one and a half reach to either side.
            reach_ = std::clamp(static_cast<int>(kWindowBytes / perFrame / 3), kSmallestReach, kLargestReach);
            margin_ = kSourceMargin * factor;
        }
    }
    return s.frame;
}

const video::Mask& ClipWindow::mask(std::int64_t index)
{
    Slot& s = slot(index);
    if (!s.mask) {
        if (staticMask_) {
            s.mask = staticMask_;
        } else {
            s.mask = std::make_shared<const video::Mask>(maskSource_.mask(index));
            if (maskSource_.isStatic()) {
                staticMask_ = s.mask;
            }
        }
        if (s.mask->width != width_ || s.mask->height != height_) {
            throw base::Error(base::ErrorKind::kInput, "The mask does not fit the clip.",
                "It has " + std::to_string(s.mask->width) + "x" + std::to_string(s.mask->height) +
                    " pixels, the clip has " + std::to_string(width_) + "x" + std::to_string(height_) + ".",
                "Choose a mask of the clip's size.");
        }
    }
    return *s.mask;
}

const Picture& ClipWindow::picture(std::int64_t index)
{
    Slot& s = slot(index);
    if (!s.picture) {
        s.picture = std::make_unique<Picture>(frame(index));
        s.frame = {}; // read again in the rare case that it is needed
    }
    return *s.picture;
}

const video::Image8& ClipWindow::motion(std::int64_t index)
{
    Slot& s = slot(index);
    if (!s.motion) {
        s.motion = std::make_unique<video::Image8>(vision::motionPicture(frame(index), kMotionSide));
    }
    return *s.motion;
}

const Hole& ClipWindow::hole(std::int64_t index)
{
    Slot& s = slot(index);
    if (s.hole) {
        return *s.hole;
    }
    if (staticHole_) {
        s.hole = staticHole_;
        return *s.hole;
    }
    const video::Mask& full = mask(index);
    auto hole = std::make_shared<Hole>();
    hole->factor = factorFor(full.width, full.height);
    hole->exact = video::Image8(std::max(1, full.width / hole->factor), std::max(1, full.height / hole->factor), 1);
    for (int y = 0; y < full.height; ++y) {
        std::uint8_t* out = hole->exact.row(std::min(y / hole->factor, hole->exact.height - 1));
        for (int x = 0; x < full.width; ++x) {
            if (full.row(y)[x] > 0) {
                out[std::min(x / hole->factor, hole->exact.width - 1)] = 255;
                hole->isEmpty = false;
            }
        }
    }
    hole->grown = hole->isEmpty ? hole->exact : vision::dilated(hole->exact, kSourceMargin);
    s.hole = hole;
    if (staticMask_) {
        staticHole_ = hole;
    }
    return *s.hole;
}

namespace {

// Flow where the mask (or what moves with it) hides the background: the background's own motion, as an affine map of
// what is seen around plus a smooth remainder.
void completeFlow(vision::FlowField& flow, const vision::FlowField& back, const Hole& here, const Hole& there)
{
    if (here.isEmpty && there.isEmpty) {
        return;
    }
    video::Image8 unknown = vision::dilated(here.exact, kFlowMargin);
    // What the object will cover, or has just left, has no counterpart: near the masks, only trust what comes back.
    const video::Image8 consistent = vision::consistentPixels(flow, back);
    const video::Image8 nearHere = vision::dilated(here.exact, 3 * kFlowMargin);
    const video::Image8 nearThere = vision::dilated(there.exact, kFlowMargin);
    video::Image8 use(flow.width, flow.height, 1);
    for (std::size_t i = 0; i < unknown.pixels.size(); ++i) {
        const bool isNear = nearHere.pixels[i] > 0 || nearThere.pixels[i] > 0;
        if (isNear && consistent.pixels[i] == 0) {
            unknown.pixels[i] = 255;
        }
        use.pixels[i] = unknown.pixels[i] == 0 && consistent.pixels[i] > 0 ? 255 : 0;
    }
    const vision::AffineMotion motion = vision::dominantMotion(flow, use);
    for (int y = 0; y < flow.height; ++y) {
        for (int x = 0; x < flow.width; ++x) {
            flow.row(y)[2 * x] -= static_cast<float>(motion.dx(x, y));
            flow.row(y)[2 * x + 1] -= static_cast<float>(motion.dy(x, y));
        }
    }
    vision::fillSmoothly(flow, unknown);
    for (int y = 0; y < flow.height; ++y) {
        for (int x = 0; x < flow.width; ++x) {
            flow.row(y)[2 * x] += static_cast<float>(motion.dx(x, y));
            flow.row(y)[2 * x + 1] += static_cast<float>(motion.dy(x, y));
        }
    }
}

} // namespace

void ClipWindow::measureMotion(std::int64_t index)
{
    control_.checkpoint();
    const Hole& here = hole(index);
    const Hole& there = hole(index + 1);
    const vision::FlowPair raw =
        vision::bothFlows(motion(index), motion(index + 1), vision::FlowPreset::kMedium, threads_);
    const auto backward = [&] {
        vision::FlowField flow = raw.backward;
        completeFlow(flow, raw.forward, there, here);
        return std::make_unique<CompactFlow>(flow, width_, height_);
    };
    auto second = std::async(threads_ > 1 ? std::launch::async : std::launch::deferred, backward);
    vision::FlowField flow = raw.forward;
    completeFlow(flow, raw.backward, here, there);
    slot(index).forward = std::make_unique<CompactFlow>(flow, width_, height_);
    slot(index + 1).backward = second.get();
    // The pictures whose two neighbours are done are not needed any more.
    for (const std::int64_t i : {index, index + 1}) {
        if (slot(i).forward && slot(i).backward) {
            slot(i).motion.reset();
        }
    }
}

const CompactFlow& ClipWindow::forward(std::int64_t index)
{
    if (!slot(index).forward) {
        measureMotion(index);
    }
    return *slot(index).forward;
}

const CompactFlow& ClipWindow::backward(std::int64_t index)
{
    if (!slot(index).backward) {
        measureMotion(index - 1);
    }
    return *slot(index).backward;
}

void ClipWindow::forget(std::int64_t index, std::int64_t distance)
{
    std::erase_if(slots_, [index, distance](const auto& entry) {
        return entry.first < index - distance || entry.first > index + distance;
    });
}

} // namespace reelmend::classical
