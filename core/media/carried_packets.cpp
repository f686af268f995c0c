#include "core/media/carried_packets.h"

#include <utility>

namespace reelmend::media {

CarriedPackets::CarriedPackets(AVFormatContext* source, std::vector<int> outputOf, const CarrySpan& span)
    : source_(source)
    , outputOf_(std::move(outputOf))
    , span_(span)
    , packet_(makePacket())
{
    bool isAnything = false;
    for (unsigned i = 0; i < source->nb_streams; ++i) {
        const bool isWanted = outputOf_[i] >= 0;
        source->streams[i]->discard = isWanted ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
        isAnything = isAnything || isWanted;
    }
    isAtEnd_ = !isAnything;
    if (isAnything && span.begin != INT64_MIN) {
        // Early enough for subtitles that are still on screen when the range begins.
        avformat_seek_file(source, -1, INT64_MIN, span.begin - 10 * AV_TIME_BASE, span.begin, 0);
    }
}

AVPacket* CarriedPackets::peek()
{
    while (!hasPacket_ && !isAtEnd_) {
        if (av_read_frame(source_, packet_.get()) < 0) {
            isAtEnd_ = true;
        } else if (isWanted()) {
            hasPacket_ = true;
        } else {
            av_packet_unref(packet_.get());
        }
    }
    return hasPacket_ ? packet_.get() : nullptr;
}

bool CarriedPackets::isWanted()
{
    if (outputOf_[static_cast<std::size_t>(packet_->stream_index)] < 0) {
        return false;
    }
    const AVStream& stream = *source_->streams[packet_->stream_index];
    if (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) {
        return true;
    }
    const std::int64_t pts = packet_->pts != AV_NOPTS_VALUE ? packet_->pts : packet_->dts;
    if (pts == AV_NOPTS_VALUE || !span_.isPart) {
        return true;
    }
    const std::int64_t time = av_rescale_q(pts, stream.time_base, AV_TIME_BASE_Q);
    if (stream.codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE && packet_->duration > 0 && span_.begin != INT64_MIN &&
        time < span_.begin) {
        return cutSubtitle(stream, time);
    }
    return span_.contains(time);
}

// A subtitle that began before the range is shown for what is left of it.
bool CarriedPackets::cutSubtitle(const AVStream& stream, std::int64_t time)
{
    const std::int64_t length = av_rescale_q(packet_->duration, stream.time_base, AV_TIME_BASE_Q);
    if (time + length <= span_.begin) {
        return false;
    }
    packet_->duration = av_rescale_q(time + length - span_.begin, AV_TIME_BASE_Q, stream.time_base);
    packet_->pts = packet_->dts = av_rescale_q(span_.begin, AV_TIME_BASE_Q, stream.time_base);
    return true;
}

} // namespace reelmend::media
