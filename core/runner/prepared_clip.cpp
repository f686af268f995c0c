#include "core/runner/prepared_clip.h"

#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/media/filter_graph.h"
#include "core/runner/turning.h"

namespace reelmend::runner {

namespace {

class PreparedClip : public video::FrameSource {
public:
    PreparedClip(std::unique_ptr<video::FrameSource> source, const Preparation& preparation)
        : source_(std::move(source))
        , preparation_(preparation)
        , info_(prepared(source_->info(), preparation))
    {}

    const video::ClipInfo& info() const override { return info_; }
    std::int64_t frameCount() const override { return source_->frameCount(); }

    video::Frame frame(std::int64_t index) override
    {
        video::Frame frame = source_->frame(index);
        if (preparation_.turnDegrees != 0) {
            frame = turned(frame);
        }
        return preparation_.colour ? frame.withColour(*preparation_.colour) : frame;
    }

private:
    video::Frame turned(const video::Frame& frame)
    {
        if (!graph_ || frame.format() != format_) {
            format_ = frame.format();
            graph_.emplace(media::FilterSettings{turningFilter(preparation_.turnDegrees), {format_.name}});
        }
        std::vector<video::Frame> frames = graph_->push(frame);
        if (frames.size() != 1) {
            throw base::Error(base::ErrorKind::kFailed, "A frame could not be turned.",
                "The filter gave " + std::to_string(frames.size()) + " frames for one.");
        }
        const video::Frame& upright = frames.front();
        video::Frame::Description description = frame.description();
        description.width = upright.width();
        description.height = upright.height();
        return {std::move(description), {upright.plane(0), upright.plane(1), upright.plane(2), upright.plane(3)},
            std::make_shared<video::Frame>(upright)};
    }

    std::unique_ptr<video::FrameSource> source_;
    Preparation preparation_;
    video::ClipInfo info_;
    std::optional<media::FilterGraph> graph_;
    video::PixelFormat format_;
};

video::Mask turnedMask(const video::Mask& mask, int degrees)
{
    const bool isSideways = degrees != 180;
    video::Mask result(isSideways ? mask.height : mask.width, isSideways ? mask.width : mask.height, 1);
    for (int y = 0; y < result.height; ++y) {
        for (int x = 0; x < result.width; ++x) {
            const int fromX = degrees == 90 ? y : degrees == 180 ? mask.width - 1 - x : mask.width - 1 - y;
            const int fromY = degrees == 90 ? mask.height - 1 - x : degrees == 180 ? mask.height - 1 - y : x;
            result.row(y)[x] = mask.row(fromY)[fromX];
        }
    }
    return result;
}

class PreparedMask : public video::MaskSource {
public:
    PreparedMask(std::unique_ptr<video::MaskSource> source, int degrees)
        : source_(std::move(source))
        , degrees_(degrees)
    {}
    bool isStatic() const override { return source_->isStatic(); }
    video::Mask mask(std::int64_t index) override { return turnedMask(source_->mask(index), degrees_); }

private:
    std::unique_ptr<video::MaskSource> source_;
    int degrees_;
};

} // namespace

video::ClipInfo prepared(video::ClipInfo info, const Preparation& preparation)
{
    video::ClipHeader& header = info.header;
    if (preparation.turnDegrees % 180 != 0) {
        std::swap(header.width, header.height);
        std::swap(header.pixelAspect.num, header.pixelAspect.den);
        header.fieldOrder = video::FieldOrder::kProgressive; // fields would become columns
    }
    if (preparation.turnDegrees != 0) {
        header.rotationDegrees = 0;
    }
    header.colour = preparation.colour.value_or(header.colour);
    return info;
}

std::unique_ptr<video::FrameSource> prepared(
    std::unique_ptr<video::FrameSource> source, const Preparation& preparation)
{
    return preparation.isNone() ? std::move(source) : std::make_unique<PreparedClip>(std::move(source), preparation);
}

std::unique_ptr<video::MaskSource> prepared(std::unique_ptr<video::MaskSource> source, const Preparation& preparation)
{
    return !source || preparation.turnDegrees == 0
               ? std::move(source)
               : std::make_unique<PreparedMask>(std::move(source), preparation.turnDegrees);
}

} // namespace reelmend::runner
