#pragma once
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <map>

#include "core/video/source.h"

namespace reelmend::classical {

// The last few frames of a source, so that neighbours that look at the same frames decode them once.
class FrameCache : public video::FrameSource {
public:
    FrameCache(video::FrameSource& source, std::size_t capacity)
        : source_(source)
        , capacity_(capacity)
    {}

    const video::ClipInfo& info() const override { return source_.info(); }
    std::int64_t frameCount() const override { return source_.frameCount(); }
    video::Frame frame(std::int64_t index) override
    {
        const auto found = frames_.find(index);
        if (found != frames_.end()) {
            return found->second;
        }
        const video::Frame frame = source_.frame(index);
        while (frames_.size() >= capacity_) { // the farthest goes first
            const auto first = frames_.begin();
            const auto last = std::prev(frames_.end());
            frames_.erase(std::llabs(first->first - index) > std::llabs(last->first - index) ? first : last);
        }
        return frames_.emplace(index, frame).first->second;
    }

private:
    video::FrameSource& source_;
    std::size_t capacity_;
    std::map<std::int64_t, video::Frame> frames_;
};

} // namespace reelmend::classical
