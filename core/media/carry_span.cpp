#include "core/media/carry_span.h"

#include <algorithm>
#include <utility>

namespace reelmend::media {

CarrySpan carrySpan(
    const AVFormatContext& source, const PacketIndex& index, const std::optional<base::FrameRange>& range)
{
    CarrySpan span;
    const auto count = static_cast<std::int64_t>(index.frames.size());
    const AVRational timeBase{static_cast<int>(index.timeBase.num), static_cast<int>(index.timeBase.den)};
    const auto timeOf = [&](std::int64_t frame) {
        return av_rescale_q(index.frames[static_cast<std::size_t>(frame)].pts, timeBase, AV_TIME_BASE_Q);
    };
    if (source.start_time != AV_NOPTS_VALUE) {
        span.shift = std::max<std::int64_t>(0, source.start_time);
    }
    if (range) {
        span.firstFrame = range->begin;
    }
    if (range && (range->begin > 0 || range->end < count)) {
        span.isPart = true;
        if (range->begin > 0) {
            span.begin = span.shift = timeOf(std::min(range->begin, count - 1));
        }
        if (range->end < count) {
            span.end = timeOf(range->end);
        }
    }
    return span;
}

CarryPlan makeCarryPlan(const std::filesystem::path& path, const AVFormatContext& source, int footage,
    const std::filesystem::path& output, const CarrySpan& span)
{
    CarryTarget target = carryTarget(output);
    target.isPart = span.isPart;
    target.firstFrame = span.firstFrame;
    CarryPlan plan = makeCarryPlan(source, footage, target);
    for (CarryItem& item : itemsInsidePictures(path, *source.streams[footage])) {
        plan.items.push_back(std::move(item));
    }
    return plan;
}

} // namespace reelmend::media
