#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "core/media/ffmpeg.h"

namespace reelmend::media {

// The video packets of all segments, one behind the other. Internal.
class SegmentPackets {
public:
    // `segments`, of which there is at least one, must outlive this object. Throws Error(kInput), and Cancelled.
    SegmentPackets(const std::vector<std::filesystem::path>& segments, const base::Control* control);

    const AVStream& stream() const { return *input_->streams[stream_]; } // of the segment that is open
    AVRational timeBase() const { return timeBase_; }
    double fraction() const; // of all segments that has been read

    // The packet that comes next, in timeBase(), or null at the end. Throws Error(kInput) for a segment that does not
    // fit to those before it.
    AVPacket* peek();
    void taken() { hasPacket_ = false; }

private:
    void openNext();
    bool fits(const AVCodecParameters& p) const;
    void place();

    const std::vector<std::filesystem::path>& segments_;
    const base::Control* control_;
    std::size_t next_ = 0;
    InputPtr input_;
    int stream_ = -1;
    std::unique_ptr<AVCodecParameters, FreeByAddress<avcodec_parameters_free>> parameters_; // of the first segment
    AVRational timeBase_{1, 1};
    PacketPtr packet_;
    bool hasPacket_ = false, isFirstOfSegment_ = true;
    std::int64_t offset_ = 0, end_ = INT64_MIN / 2, lastDts_ = AV_NOPTS_VALUE;
};

} // namespace reelmend::media
