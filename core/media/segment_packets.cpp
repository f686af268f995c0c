#include "core/media/segment_packets.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace reelmend::media {

namespace fs = std::filesystem;

SegmentPackets::SegmentPackets(const std::vector<fs::path>& segments, const base::Control* control)
    : segments_(segments)
    , control_(control)
    , packet_(makePacket())
{
    openNext();
}

double SegmentPackets::fraction() const
{
    const std::int64_t size = input_ ? avio_size(input_->pb) : 0;
    const double inside = size > 0 ? static_cast<double>(avio_tell(input_->pb)) / static_cast<double>(size) : 0.0;
    return (static_cast<double>(next_) - 1 + std::clamp(inside, 0.0, 1.0)) / static_cast<double>(segments_.size());
}

AVPacket* SegmentPackets::peek()
{
    while (!hasPacket_ && input_) {
        const int code = av_read_frame(input_.get(), packet_.get());
        if (code >= 0 && packet_->stream_index == stream_) {
            place();
            hasPacket_ = true;
        } else if (code >= 0) {
            av_packet_unref(packet_.get());
        } else if (code == AVERROR_EOF) {
            openNext();
        } else {
            throw ffmpegError(base::ErrorKind::kInput, quoted(segments_[next_ - 1]) + " cannot be read.", code);
        }
    }
    return hasPacket_ ? packet_.get() : nullptr;
}

void SegmentPackets::openNext()
{
    if (next_ == segments_.size()) {
        input_.reset();
        return;
    }
    const fs::path& path = segments_[next_++];
    InputPtr opened = openInput(path, control_);
    const int stream = footageStream(opened.get());
    if (stream < 0) {
        throw base::Error(base::ErrorKind::kInput, quoted(path) + " cannot be joined.", "It holds no pictures.");
    }
    const AVCodecParameters& p = *opened->streams[stream]->codecpar;
    if (!parameters_) {
        parameters_.reset(avcodec_parameters_alloc());
        avcodec_parameters_copy(parameters_.get(), &p);
        timeBase_ = opened->streams[stream]->time_base;
    } else if (!fits(p)) {
        throw base::Error(base::ErrorKind::kInput, quoted(path) + " cannot be joined.",
            "It was made with other settings than the segments before it.", "Make the segments anew.");
    }
    input_ = std::move(opened);
    stream_ = stream;
    isFirstOfSegment_ = true;
}

bool SegmentPackets::fits(const AVCodecParameters& p) const
{
    const AVCodecParameters& q = *parameters_;
    return p.codec_id == q.codec_id && p.width == q.width && p.height == q.height && p.format == q.format &&
           p.extradata_size == q.extradata_size &&
           (p.extradata_size == 0 ||
               std::memcmp(p.extradata, q.extradata, static_cast<std::size_t>(p.extradata_size)) == 0);
}

void SegmentPackets::place()
{
    av_packet_rescale_ts(packet_.get(), input_->streams[stream_]->time_base, timeBase_);
    if (packet_->pts == AV_NOPTS_VALUE) {
        packet_->pts = packet_->dts;
    }
    // Segments carry absolute times; one that starts over at zero goes behind its predecessor.
    if (isFirstOfSegment_) {
        offset_ = packet_->pts < end_ ? end_ - packet_->pts : 0;
        isFirstOfSegment_ = false;
    }
    packet_->pts += offset_;
    if (packet_->dts != AV_NOPTS_VALUE) {
        packet_->dts = std::min(packet_->dts + offset_, packet_->pts);
        if (lastDts_ != AV_NOPTS_VALUE && packet_->dts <= lastDts_) {
            packet_->dts = std::min(lastDts_ + 1, packet_->pts);
        }
        lastDts_ = packet_->dts;
    }
    end_ = std::max(end_, packet_->pts + std::max<std::int64_t>(1, packet_->duration));
}

} // namespace reelmend::media
