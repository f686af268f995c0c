#pragma once
#include <cstdint>
#include <memory>

#include "core/base/control.h"
#include "core/jobs/enhance_request.h"
#include "core/video/source.h"

// Operators without a network: the model "classical", and the baseline that every result is compared with.
namespace reelmend::classical {

struct Settings {
    jobs::Task task = jobs::Task::kUpscale; // kUpscale, kInpaint or kRestore
    int scale = 2;                          // upscale: 2 or 4
    // Inpaint: how much of the fill is seen; restore: how strongly noise and blocks are removed. 0 = the source's own
    // samples. Upscale has nothing to weaken and ignores it.
    double strength = 1.0;
    int threads = 0; // 0 = as many as the machine has cores

    bool operator==(const Settings&) const = default;
};

// What one frame came to, ready for FrameSink::write(frame, &source, changed.get()).
struct EnhancedFrame {
    video::Frame frame;
    video::Frame source;                        // the clip's own frame
    std::shared_ptr<const video::Mask> changed; // where `frame` may differ from `source`; null = everywhere
    // Inpaint, where something was filled: one channel, 0 = made up since no frame within reach shows what is there,
    // 255 = seen, or outside the mask.
    std::shared_ptr<const video::Image8> seen;
};

// One clip through one operator. A frame's result depends on the clip, the mask, the settings and its index alone,
// never on what was asked for before: a preview of one frame, a run that was killed and resumed, and an
// uninterrupted run agree in every sample. Ascending order is fast; memory does not grow with the clip. Not
// thread-safe.
class Enhancer {
public:
    // `source`, `mask` and `control` must outlive it. `mask` is needed by inpaint and unused otherwise. Throws
    // Error(kUsage) for settings that make no sense.
    static std::unique_ptr<Enhancer> make(
        const Settings& settings, video::FrameSource& source, video::MaskSource* mask, const base::Control& control);

    virtual ~Enhancer() = default;

    // Frame `index` of the clip in its own format, tags and time, `scale` times as large for upscale. Throws
    // Error(kInput), Error(kUsage) outside the clip, Cancelled.
    virtual EnhancedFrame enhance(std::int64_t index) = 0;
};

} // namespace reelmend::classical
