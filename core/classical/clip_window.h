#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "core/base/control.h"
#include "core/video/source.h"
#include "core/vision/cuts.h"
#include "core/vision/flow.h"

namespace reelmend::classical {

// RGB of a frame in 8-bit units (0…255), stored with as many bits as the clip has.
class Picture {
public:
    explicit Picture(const video::Frame& frame);

    int width() const { return eight_.empty() ? sixteen_.width : eight_.width; }
    int height() const { return eight_.empty() ? sixteen_.height : eight_.height; }
    void at(int x, int y, float* rgb) const;
    void sample(float x, float y, float* rgb) const; // Catmull-Rom

private:
    video::Image8 eight_;
    video::Image16 sixteen_;
};

// Motion from one frame to a neighbour, with the places that the mask covers completed from around them. Kept on a
// coarser grid in 1/32 pixel; positions and displacements are in pixels of the clip.
class CompactFlow {
public:
    CompactFlow(const vision::FlowField& flow, int clipWidth, int clipHeight);

    struct Step {
        float dx, dy;
    };
    Step at(float x, float y) const;

private:
    int width_, height_;
    float toGridX_, toGridY_;
    std::vector<std::int16_t> values_; // [height][width][2]
};

// Where a mask covers a frame, at the size at which motion is measured.
struct Hole {
    int factor = 1;      // clip pixels per hole pixel
    video::Image8 exact; // any of its pixels may change
    video::Image8 grown; // and what lies so near that object and background mix there
    bool isEmpty = true;

    bool covers(float x, float y) const; // of the clip; `grown`
};

// Frames around the one in work, and what is derived from them: made when asked for, forgotten when far away. Results
// depend on the frame's index alone. Ask for a frame before anything else. Not thread-safe.
class ClipWindow {
public:
    ClipWindow(video::FrameSource& source, video::MaskSource& mask, int threads, const base::Control& control);
    ClipWindow(const ClipWindow&) = delete;
    ClipWindow& operator=(const ClipWindow&) = delete;

    // How many frames to either side may be looked at: as many as fit a fixed amount of memory at this clip's size.
    int reach() const { return reach_; }
    // Pixels around a mask that are not copied from, since object and background mix there.
    int margin() const { return margin_; }
    int width() const { return width_; }
    int height() const { return height_; }
    // First and one past the last frame of the shot that holds `index`, as far as `reach` frames see.
    base::FrameRange shot(std::int64_t index);

    const video::Frame& frame(std::int64_t index);
    const video::Mask& mask(std::int64_t index);
    const Picture& picture(std::int64_t index);
    const Hole& hole(std::int64_t index);
    const CompactFlow& forward(std::int64_t index);  // index -> index + 1
    const CompactFlow& backward(std::int64_t index); // index -> index - 1

    // Drops what is farther than `distance` from `index`.
    void forget(std::int64_t index, std::int64_t distance);

private:
    struct Slot {
        video::Frame frame;
        std::shared_ptr<const video::Mask> mask;
        std::shared_ptr<const Hole> hole;
        std::unique_ptr<Picture> picture;
        std::unique_ptr<video::Image8> motion;
        std::unique_ptr<CompactFlow> forward, backward;
    };
    Slot& slot(std::int64_t index) { return slots_[index]; }
    const video::Image8& motion(std::int64_t index);
    void measureMotion(std::int64_t index); // between index and index + 1

    // The window as a source, so that looking for cuts shares its frames.
    class Frames : public video::FrameSource {
    public:
        explicit Frames(ClipWindow& window)
            : window_(window)
        {}
        const video::ClipInfo& info() const override { return window_.source_.info(); }
        std::int64_t frameCount() const override { return window_.source_.frameCount(); }
        video::Frame frame(std::int64_t index) override { return window_.frame(index); }

    private:
        ClipWindow& window_;
    };

    video::FrameSource& source_;
    video::MaskSource& maskSource_;
    int threads_;
    const base::Control& control_;
    int reach_ = 0, margin_ = 0, width_ = 0, height_ = 0; // known with the first frame
    Frames frames_;
    vision::CutFinder cuts_;
    std::map<std::int64_t, Slot> slots_;
    std::shared_ptr<const video::Mask> staticMask_;
    std::shared_ptr<const Hole> staticHole_;
};

} // namespace reelmend::classical
