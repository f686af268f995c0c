#pragma once
#include "core/video/frame.h"
#include "core/video/image.h"

namespace reelmend::vision {

// Dense motion, [height][width][2]: what is at (x, y) in `from` is at (x + dx, y + dy) in `to`, in pixels.
using FlowField = video::ImageF;

// Luma of a frame as 8-bit grey for motion search, reduced (area mean) by the smallest whole factor that makes the
// longer side at most `maximumSide`; 0 = full size. Levels are stretched to full range only as the colour tags say.
video::Image8 motionPicture(const video::Frame& frame, int maximumSide = 0);

// Dense inverse search (Kroeger et al., ECCV 2016) as OpenCV's presets set it, without and with refinement. Runs on
// one thread, so that results do not depend on the machine.
enum class FlowPreset { kUltrafast, kFast, kMedium };

// `from` and `to`: grey, equal size; no motion is found below 32 pixels a side. `initial` may be null, else it starts
// the search.
FlowField denseFlow(const video::Image8& from, const video::Image8& to, FlowPreset preset = FlowPreset::kMedium,
    const FlowField* initial = nullptr);

struct FlowPair {
    FlowField forward;  // from -> to
    FlowField backward; // to -> from
};
// Both directions; side by side where threads > 1.
FlowPair bothFlows(
    const video::Image8& from, const video::Image8& to, FlowPreset preset = FlowPreset::kMedium, int threads = 2);

// 255 where going there and coming back ends near the start, 0 where not (occlusion, failure, outside):
// |f(x) + b(x + f(x))|^2 <= relative (|f|^2 + |b|^2) + absolute (Sundaram et al., ECCV 2010: 0.01 and 0.5).
video::Image8 consistentPixels(
    const FlowField& forward, const FlowField& backward, float relative = 0.01F, float absolute = 0.5F);

// Motion from -> via -> to: first(x) + second(x + first(x)), bilinear, edges repeated.
FlowField composed(const FlowField& first, const FlowField& second);

// A flow between pictures of another size: resampled and scaled.
FlowField resizedFlow(const FlowField& flow, int width, int height);

// Motion of the whole picture as an affine map: dx = a0 + a1 x + a2 y, dy = a3 + a4 x + a5 y (x, y in pixels).
struct AffineMotion {
    double a[6] = {};
    double dx(double x, double y) const { return a[0] + a[1] * x + a[2] * y; }
    double dy(double x, double y) const { return a[3] + a[4] * x + a[5] * y; }
};
// What most of the pixels with use > 0 agree on (iteratively reweighted least squares with Tukey's weights). Identity
// where fewer than 8 pixels are in use.
AffineMotion dominantMotion(const FlowField& flow, const video::Image8& use);

} // namespace reelmend::vision
