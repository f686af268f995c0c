#pragma once
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/control.h"
#include "core/base/time.h"
#include "core/models/lite_weights.h"
#include "core/video/image.h"

// A clip through the `lite` network, group by group: memory is one group's, whatever the clip's length.
namespace reelmend::enhance {

// Where the shots of a clip begin. A group of frames never spans a cut.
struct Shots {
    std::vector<std::int64_t> starts{0}; // ascending, the first is 0
    std::int64_t frameCount = 0;

    // The shot that holds `frame`, as a range of frames. Throws base::Error(kUsage) outside the clip.
    base::FrameRange shotOf(std::int64_t frame) const;
};

// One frame as the network is to see it, at the size of the result (upscaling happens before).
struct PreparedFrame {
    video::ImageF rgb;   // [height][width][3]
    video::Mask mask;    // what may change; empty = everything
    video::Image8 trust; // one channel, inside the mask: 255 = the colour there is real footage; empty = all real
};

struct LiteSettings {
    models::LiteCondition condition = models::LiteCondition::kRestore;
    double detail = 0; // u in [0, 1]: fidelity to perception
    c10::Device device{c10::kCPU};
    c10::ScalarType dtype = c10::kFloat;

    bool operator==(const LiteSettings&) const = default;
};

// Owned and used by one thread.
class LiteEnhancer {
public:
    // Folds the condition and the dial into a copy of the weights. Throws base::Error(kUsage) for a dial outside [0,
    // 1].
    LiteEnhancer(const models::LiteWeights& weights, const LiteSettings& settings);

    using Prepare = std::function<PreparedFrame(std::int64_t frame)>;
    // The network's picture for a frame, of the prepared frame's size, not clamped.
    using Take = std::function<void(std::int64_t frame, video::ImageF picture)>;

    // Frames of `range` in ascending order. A frame gets the same bytes whatever range it is asked in: groups are
    // counted from the start of the shot, and a range that begins inside a shot starts reach() groups early.
    // `prepare` is called in ascending order. Throws Cancelled between groups.
    void run(base::FrameRange range, const Shots& shots, const Prepare& prepare, const Take& take,
        const base::Control& control) const;

    // Frames before a range that are prepared only to warm up.
    std::int64_t warmUpFrames() const;

private:
    models::LiteWeights weights_; // folded
    LiteSettings settings_;
};

} // namespace reelmend::enhance
