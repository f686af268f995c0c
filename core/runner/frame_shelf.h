#pragma once
#include <map>

#include "core/video/source.h"

namespace reelmend::runner {

// A source that keeps the frames it handed out until it is told that they are no longer needed, so that several
// readers at slightly different places make the source beneath read forward once.
class FrameShelf : public video::FrameSource {
public:
    explicit FrameShelf(video::FrameSource& source)
        : source_(source)
    {}

    const video::ClipInfo& info() const override { return source_.info(); }
    std::int64_t frameCount() const override { return source_.frameCount(); }
    video::Frame frame(std::int64_t index) override
    {
        const auto found = kept_.find(index);
        return found != kept_.end() ? found->second : kept_.emplace(index, source_.frame(index)).first->second;
    }

    void dropBelow(std::int64_t index) { kept_.erase(kept_.begin(), kept_.lower_bound(index)); }
    void dropFrom(std::int64_t index) { kept_.erase(kept_.lower_bound(index), kept_.end()); }

private:
    video::FrameSource& source_;
    std::map<std::int64_t, video::Frame> kept_;
};

} // namespace reelmend::runner
