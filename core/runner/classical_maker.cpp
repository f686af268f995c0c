#include "core/base/error.h"
#include "core/media/filter_graph.h"
#include "core/runner/frame_maker.h"

namespace reelmend::runner {

namespace {

class FilterMaker : public FrameMaker {
public:
    FilterMaker(const EnhancePlan& plan, video::FrameSource& source)
        : plan_(plan)
        , source_(source)
    {}

    void startSegment(base::FrameRange) override {}

    MadeFrame make(std::int64_t index) override
    {
        const video::Frame frame = source_.frame(index);
        const std::string filter = plan_.scale > 1 ? "scale=" + std::to_string(plan_.writer.width) + ":" +
                                                         std::to_string(plan_.writer.height) + ":flags=lanczos"
                                                   : std::string("hqdn3d=4:3:0:0");
        return {media::filterFrame(frame, filter).withTime(frame.time()), frame, std::nullopt};
    }

private:
    const EnhancePlan& plan_;
    video::FrameSource& source_;
};

} // namespace

std::unique_ptr<FrameMaker> makeFrameMaker(
    const EnhancePlan& plan, video::FrameSource& source, video::MaskSource* mask, const base::Control&)
{
    if (mask) {
        throw base::Error(base::ErrorKind::kUnavailable, "Inpainting is not there yet.");
    }
    return std::make_unique<FilterMaker>(plan, source);
}

} // namespace reelmend::runner
