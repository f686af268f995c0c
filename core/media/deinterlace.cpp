#include "core/media/deinterlace.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/media/filter_graph.h"

namespace reelmend::media {

namespace {

class Deinterlaced : public video::FrameSource {
public:
    Deinterlaced(std::unique_ptr<video::FrameSource> source, int threads)
        : source_(std::move(source))
        , threads_(threads)
    {}

    const video::ClipInfo& info() const override { return source_->info(); }
    std::int64_t frameCount() const override { return source_->frameCount(); }

    video::Frame frame(std::int64_t index) override
    {
        if (const auto found = ready_.find(index); found != ready_.end()) {
            return found->second;
        }
        if (!graph_) {
            graph_.emplace(settingsFor(source_->frame(index).format()));
        }
        if (index < nextOut_ || index > nextOut_ + 1) {
            graph_->flush();
            // The filter looks one frame back; what it makes of the first is thrown away.
            nextIn_ = nextOut_ = std::max<std::int64_t>(0, index - 1);
            given_.clear();
        }
        ready_.clear();
        while (nextOut_ <= index) {
            if (nextIn_ < frameCount()) {
                // Own times: the filter is not to be confused by the clip's.
                const video::FrameTime time{nextIn_, 1, {1, 24}};
                const video::Frame given = source_->frame(nextIn_);
                given_.insert_or_assign(nextIn_++, given.description());
                take(graph_->push(given.withTime(time)));
            } else {
                const std::int64_t before = nextOut_;
                take(graph_->flush());
                nextIn_ = nextOut_;
                if (nextOut_ == before) {
                    throw base::Error(base::ErrorKind::kFailed,
                        "Frame " + std::to_string(index) + " cannot be deinterlaced.",
                        "The filter did not return it.");
                }
            }
        }
        return ready_.at(index);
    }

private:
    // A format that the filter does not take is converted before and, exactly, back again.
    FilterSettings settingsFor(const video::PixelFormat& format) const
    {
        const bool isBottom = info().header.fieldOrder == video::FieldOrder::kBottomFirst;
        return {std::string("bwdif=mode=send_frame:deint=all:parity=") + (isBottom ? "bff" : "tff"), {format.name},
            threads_};
    }

    void take(std::vector<video::Frame> frames)
    {
        for (video::Frame& frame : frames) {
            const std::int64_t index = nextOut_++;
            ready_[index] = asProgressive(frame, given_.at(index));
            given_.erase(index);
        }
    }

    // Time and tags of the frame it was made of.
    static video::Frame asProgressive(const video::Frame& made, const video::Frame::Description& original)
    {
        video::Frame::Description description = made.description();
        description.time = original.time;
        description.colour = original.colour;
        description.isInterlaced = false;
        description.isConcealed = original.isConcealed;
        std::array<video::Frame::Plane, 4> planes{};
        for (int p = 0; p < made.format().planeCount; ++p) {
            planes[static_cast<std::size_t>(p)] = made.plane(p);
        }
        return {std::move(description), planes, std::make_shared<const video::Frame>(made)};
    }

    std::unique_ptr<video::FrameSource> source_;
    int threads_;
    std::optional<FilterGraph> graph_; // made when the first frame tells the format
    std::int64_t nextIn_ = 0, nextOut_ = 0;
    std::map<std::int64_t, video::Frame::Description> given_; // of frames inside the filter
    std::map<std::int64_t, video::Frame> ready_;
};

} // namespace

std::unique_ptr<video::FrameSource> deinterlaced(std::unique_ptr<video::FrameSource> source, int threads)
{
    return std::make_unique<Deinterlaced>(std::move(source), threads);
}

} // namespace reelmend::media
