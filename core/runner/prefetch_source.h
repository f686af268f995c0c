#pragma once
#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <thread>
#include <utility>

#include "core/base/bounded_queue.h"
#include "core/base/control.h"
#include "core/video/source.h"

namespace reelmend::runner {

// A frame source whose frames are decoded ahead by a thread of its own. Made for access that goes forward with short
// steps back: the frames handed out last stay at hand; any other jump makes the thread start again there. Used from
// one thread.
class PrefetchSource : public video::FrameSource {
public:
    struct Limits {
        std::size_t ahead = 8;  // frames decoded before they are asked for
        std::size_t behind = 8; // frames kept after they were
    };

    // Decodes frames of [0, end) from `source`, which belongs to the thread until this is destroyed.
    PrefetchSource(video::FrameSource& source, std::int64_t end, Limits limits, const base::Control& control);
    ~PrefetchSource() override { stop(); }

    const video::ClipInfo& info() const override { return source_.info(); }
    std::int64_t frameCount() const override { return source_.frameCount(); }
    video::Frame frame(std::int64_t index) override; // throws what the source threw

private:
    using Item = std::pair<std::int64_t, video::Frame>;

    void start(std::int64_t index);
    void stop();
    video::Frame next(); // the thread's next frame

    video::FrameSource& source_;
    std::int64_t end_;
    Limits limits_;
    const base::Control& control_;
    std::unique_ptr<base::BoundedQueue<Item>> queue_;
    std::exception_ptr failure_; // of the thread; read after the queue has ended
    std::thread thread_;
    std::int64_t position_ = 0; // of the frame that comes next
    std::deque<Item> kept_;     // ascending
};

} // namespace reelmend::runner
