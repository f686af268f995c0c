#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/control.h"
#include "core/enhance/prepared_clip.h"
#include "core/enhance/windows.h"

// What the enhancers of published models do with the pieces that windows.h cuts a clip into.
namespace reelmend::enhance {

// The pictures of the windows that were made last, and the frames that they blend into. Memory is one or two
// windows', whatever the clip's length. Owned and used by one thread.
class BlendedWindows {
public:
    // Makes the pictures of a piece of one shot, [1, 3, frames, height, width] on the CPU.
    using Run = std::function<at::Tensor(base::FrameRange frames)>;

    // The picture of a frame, not clamped; windows that it needs and that are not there are run. Ascending order is
    // fast. Throws Error(kUsage) for a frame outside the clip and for windows that cannot work, Cancelled, and what
    // `run` and the clip throw.
    video::ImageF make(std::int64_t frame, const PreparedClip& clip, const WindowSettings& settings, const Run& run,
        const base::Control& control);

private:
    struct Window {
        base::FrameRange frames;
        at::Tensor pictures;
    };
    const Window& window(base::FrameRange frames, const Run& run);

    std::vector<Window> windows_; // the newest two
};

// Weights along one axis of tile `index`: rising over what it shares with the neighbour before, falling towards the
// next. `stride`: elements per cell of the tiles' spans.
at::Tensor tileRamp(const std::vector<TileSpan>& tiles, std::size_t index, std::int64_t stride);

} // namespace reelmend::enhance
