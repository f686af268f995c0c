#pragma once
#include <cstdint>
#include <vector>

#include "core/media/carry_span.h"
#include "core/media/ffmpeg.h"

namespace reelmend::media {

// The packets of the source's carried tracks that fall into the span. Internal.
class CarriedPackets {
public:
    // `source`, freshly opened, must outlive this object. `outputOf`: output stream by source stream, -1 = not
    // carried.
    CarriedPackets(AVFormatContext* source, std::vector<int> outputOf, const CarrySpan& span);

    // The packet that comes next, in timeBase(), or null at the end.
    AVPacket* peek();
    void taken() { hasPacket_ = false; }
    // Of the packet that peek() gave.
    int output() const { return outputOf_[static_cast<std::size_t>(packet_->stream_index)]; }
    AVRational timeBase() const { return source_->streams[packet_->stream_index]->time_base; }

private:
    bool isWanted();
    bool cutSubtitle(const AVStream& stream, std::int64_t time);

    AVFormatContext* source_;
    std::vector<int> outputOf_;
    CarrySpan span_;
    PacketPtr packet_;
    bool hasPacket_ = false, isAtEnd_ = false;
};

} // namespace reelmend::media
