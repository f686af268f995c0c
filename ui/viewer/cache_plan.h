#pragma once
#include <cstdint>
#include <functional>
#include <optional>

#include "core/base/time.h"

namespace reelmend::ui::viewer {

// Which frame a cache should decode next and which it should give up first: a value without threads.
struct CachePlan {
    std::int64_t frameCount = 0;
    std::int64_t current = 0;
    int direction = 0;      // +1 or -1 while playing, 0 at rest
    base::FrameRange range; // played part; frames outside it are wanted last
    bool isLooping = false;

    // How far away in time a frame is from being wanted, in frames: what lies ahead counts once, what lies behind
    // twice (at rest) or four times (playing), and in a loop the range's begin follows its end.
    double distance(std::int64_t index) const;

    // The nearest frame that `isCached` denies, among at most `reach` frames of distance.
    std::optional<std::int64_t> next(const std::function<bool(std::int64_t)>& isCached, double reach) const;
};

} // namespace reelmend::ui::viewer
