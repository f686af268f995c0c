#include "core/enhance/blended_windows.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/tensor/layout.h"

namespace reelmend::enhance {

video::ImageF BlendedWindows::make(std::int64_t frame, const PreparedClip& clip, const WindowSettings& settings,
    const Run& run, const base::Control& control)
{
    if (frame < 0 || frame >= clip.frameCount) {
        throw base::Error(base::ErrorKind::kUsage, "Frame " + std::to_string(frame) + " cannot be made.",
            "The clip has " + std::to_string(clip.frameCount) + " frames.", "Choose a range inside the clip.");
    }
    control.checkpoint();
    const c10::AutoGradMode withoutGradient(false);
    at::Tensor picture;
    for (const WindowShare& share : sharesOf(frame, clip.frameCount, settings, clip.startsShot)) {
        const at::Tensor own =
            window(share.frames, run).pictures.narrow(2, frame - share.frames.begin, 1) * share.weight;
        picture = picture.defined() ? picture + own : own;
    }
    return std::move(tensor::imagesFromVideo(picture).front());
}

const BlendedWindows::Window& BlendedWindows::window(base::FrameRange frames, const Run& run)
{
    const auto found =
        std::find_if(windows_.begin(), windows_.end(), [&](const Window& known) { return known.frames == frames; });
    if (found != windows_.end()) {
        return *found;
    }
    if (windows_.size() > 1) {
        windows_.erase(windows_.begin());
    }
    Window made{frames, run(frames)};
    return windows_.emplace_back(std::move(made));
}

at::Tensor tileRamp(const std::vector<TileSpan>& tiles, std::size_t index, std::int64_t stride)
{
    const TileSpan& tile = tiles[index];
    const std::int64_t size = (tile.end - tile.begin) * stride;
    at::Tensor ramp = at::ones({size});
    const auto slope = [](std::int64_t count) {
        return at::arange(1, count + 1, at::kFloat) / static_cast<double>(count + 1);
    };
    if (index > 0) {
        const std::int64_t shared = (tiles[index - 1].end - tile.begin) * stride;
        ramp.narrow(0, 0, shared).mul_(slope(shared));
    }
    if (index + 1 < tiles.size()) {
        const std::int64_t shared = (tile.end - tiles[index + 1].begin) * stride;
        ramp.narrow(0, size - shared, shared).mul_(slope(shared).flip(0));
    }
    return ramp;
}

} // namespace reelmend::enhance
