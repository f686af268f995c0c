#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "core/media/av_frame.h"
#include "core/media/packet_index.h"

namespace reelmend::media {

namespace {

constexpr std::int64_t kNone = PacketIndex::kNone;
static_assert(kNone == AV_NOPTS_VALUE);

// VP8 and VP9 may keep a reference frame in a packet of its own that is never shown.
bool isHiddenFrame(AVCodecID codec, const AVPacket& packet)
{
    if (packet.size < 1) {
        return true;
    }
    const std::uint8_t first = packet.data[0];
    if (codec == AV_CODEC_ID_VP8) {
        return !(first & 0x10);
    }
    if (codec == AV_CODEC_ID_VP9) {
        const std::uint8_t last = packet.data[packet.size - 1];
        const bool isSuperframe = (last & 0xe0) == 0xc0;
        const int profile = ((first >> 5) & 1) | ((first >> 3) & 2);
        const int shift = profile == 3 ? 2 : 3; // a reserved bit follows profile 3
        const bool showsExisting = first >> shift & 1;
        const bool showFrame = first >> (shift - 2) & 1;
        return !isSuperframe && !showsExisting && !showFrame;
    }
    return false;
}

struct Reading {
    PacketIndex index;
    std::vector<bool> isShown;
    std::int64_t knownDurations = 0, durationCount = 0, lastPacketDuration = 0;
};

class ProgressMeter {
public:
    ProgressMeter(AVFormatContext* input, const base::Control* control, const Progress& progress)
        : control_(control)
        , progress_(progress)
        , bytes_(input->pb ? avio_size(input->pb) : 0)
    {}
    void at(std::int64_t position, double from, double to)
    {
        if (control_) {
            control_->checkpoint();
        }
        const double fraction = bytes_ > 0 && position >= 0
                                    ? std::min(1.0, static_cast<double>(position) / static_cast<double>(bytes_))
                                    : 0;
        if (progress_ && fraction - last_ >= 0.01) {
            last_ = fraction;
            progress_(from + (to - from) * fraction);
        }
    }
    void restart() { last_ = 0; }

private:
    const base::Control* control_;
    const Progress& progress_;
    std::int64_t bytes_;
    double last_ = 0;
};

Reading readPackets(AVFormatContext* input, int stream, ProgressMeter& meter)
{
    Reading reading;
    const AVStream* s = input->streams[stream];
    reading.index.timeBase = fromAv(s->time_base);
    PacketPtr packet = makePacket();
    int code = 0;
    while ((code = av_read_frame(input, packet.get())) >= 0) {
        meter.at(packet->pos, 0, 1);
        if (packet->stream_index == stream) {
            const bool isShown =
                !(packet->flags & AV_PKT_FLAG_DISCARD) && !isHiddenFrame(s->codecpar->codec_id, *packet);
            reading.index.packets.push_back(
                {packet->pts, packet->dts, packet->pos, (packet->flags & AV_PKT_FLAG_KEY) != 0});
            reading.isShown.push_back(isShown);
            reading.lastPacketDuration = packet->duration;
            if (packet->duration > 0) {
                reading.knownDurations += packet->duration;
                ++reading.durationCount;
            }
            // Cut off at the end, unless more follows.
            reading.index.endsEarly = packet->flags & AV_PKT_FLAG_CORRUPT;
        }
        av_packet_unref(packet.get());
    }
    if (code == AVERROR_EXIT) {
        throw base::Cancelled{};
    }
    if (code != AVERROR_EOF) {
        reading.index.endsEarly = true;
    }
    return reading;
}

// Whether sorting by time stamp gives the display order.
bool hasUsableTimes(const Reading& reading, const AVStream& stream, const AVInputFormat& format)
{
    const auto& packets = reading.index.packets;
    std::vector<std::int64_t> times;
    times.reserve(packets.size());
    for (std::size_t i = 0; i < packets.size(); ++i) {
        if (reading.isShown[i]) {
            if (packets[i].pts == kNone) {
                return false;
            }
            times.push_back(packets[i].pts);
        }
    }
    std::sort(times.begin(), times.end());
    if (std::adjacent_find(times.begin(), times.end()) != times.end()) {
        return false;
    }
    // Transport and elementary streams may give each field of an interlaced frame a packet of its own.
    const AVFieldOrder fields = stream.codecpar->field_order;
    const bool mayHoldFields = fields != AV_FIELD_PROGRESSIVE && (format.flags & AVFMT_TS_DISCONT) &&
                               stream.codecpar->codec_id == AV_CODEC_ID_H264;
    return !mayHoldFields;
}

// Codecs whose frames are shown in the order they are stored: a missing pts is the dts.
void copyDecodingTimes(Reading& reading, const AVStream& stream)
{
    const AVCodecDescriptor* codec = avcodec_descriptor_get(stream.codecpar->codec_id);
    if (codec && !(codec->props & AV_CODEC_PROP_REORDER)) {
        for (PacketIndex::Packet& packet : reading.index.packets) {
            packet.pts = packet.pts == kNone ? packet.dts : packet.pts;
        }
    }
}

void sortByTime(Reading& reading)
{
    PacketIndex& index = reading.index;
    for (std::size_t i = 0; i < index.packets.size(); ++i) {
        if (reading.isShown[i]) {
            index.frames.push_back({index.packets[i].pts, static_cast<std::int64_t>(i), false});
        }
    }
    std::sort(index.frames.begin(), index.frames.end(),
        [](const PacketIndex::Frame& a, const PacketIndex::Frame& b) { return a.pts < b.pts; });
}

class ScanDecoder {
public:
    ScanDecoder(const AVStream& stream, PacketIndex& index)
        : decoder_(openDecoder(stream.codecpar, stream.time_base, 0, "The clip"))
        , index_(index)
        , frame_(makeFrame())
    {}

    void send(AVPacket* packet, std::int64_t ordinal)
    {
        decoder_->reordered_opaque = ordinal;
        int code = avcodec_send_packet(decoder_.get(), packet);
        drain();
        if (code == AVERROR(EAGAIN)) {
            code = avcodec_send_packet(decoder_.get(), packet);
            drain();
        }
    }

private:
    void drain()
    {
        while (avcodec_receive_frame(decoder_.get(), frame_.get()) >= 0) {
            const std::int64_t ordinal = frame_->reordered_opaque;
            if (ordinal >= 0 && ordinal < static_cast<std::int64_t>(index_.packets.size())) {
                const bool isBroken = (frame_->flags & AV_FRAME_FLAG_CORRUPT) || frame_->decode_error_flags;
                index_.frames.push_back({frame_->best_effort_timestamp, ordinal, isBroken});
            }
        }
    }

    CodecPtr decoder_;
    PacketIndex& index_;
    FramePtr frame_;
};

void decodeAll(AVFormatContext* input, int stream, Reading& reading, ProgressMeter& meter)
{
    PacketIndex& index = reading.index;
    index.wasDecoded = true;
    index.frames.clear();
    meter.restart();
    ScanDecoder decoder(*input->streams[stream], index);
    PacketPtr packet = makePacket();
    std::int64_t ordinal = 0;
    const auto count = static_cast<std::int64_t>(index.packets.size());
    int code = 0;
    while (ordinal < count && (code = av_read_frame(input, packet.get())) >= 0) {
        meter.at(packet->pos, 0, 1);
        if (packet->stream_index == stream) {
            decoder.send(packet.get(), ordinal++);
        }
        av_packet_unref(packet.get());
    }
    if (code == AVERROR_EXIT) {
        throw base::Cancelled{};
    }
    decoder.send(nullptr, 0);
}

// A decoder may put a frame out twice or under a label that is taken; the first keeps it.
void dropRepeatedOrdinals(PacketIndex& index)
{
    std::vector<bool> used(index.packets.size());
    std::erase_if(index.frames, [&used](const PacketIndex::Frame& frame) {
        const auto i = static_cast<std::size_t>(frame.ordinal);
        const bool isTaken = used[i];
        used[i] = true;
        return isTaken;
    });
}

// Where no packet has a time: frames at even distances, exact also where a frame is no whole number of ticks.
void makeUpTimes(PacketIndex& index, AVRational rate)
{
    for (std::size_t i = 0; i < index.frames.size(); ++i) {
        index.frames[i].pts = av_rescale_q(static_cast<std::int64_t>(i), av_inv_q(rate),
            AVRational{static_cast<int>(index.timeBase.num), static_cast<int>(index.timeBase.den)});
    }
    index.hasRepairedTimes = true;
}

// Makes times strictly ascending: missing ones follow their predecessor by the usual duration, repeated or backward
// ones by one tick at least.
void repairTimes(PacketIndex& index, std::int64_t usualDuration)
{
    std::int64_t previous = kNone;
    for (PacketIndex::Frame& frame : index.frames) {
        if (frame.pts == kNone) {
            frame.pts = previous == kNone ? 0 : previous + usualDuration;
            index.hasRepairedTimes = true;
        } else if (previous != kNone && frame.pts <= previous) {
            frame.pts = previous + std::max<std::int64_t>(1, usualDuration);
            index.hasRepairedTimes = true;
        }
        previous = frame.pts;
    }
}

bool hasNoTimes(const Reading& reading)
{
    return std::all_of(reading.index.packets.begin(), reading.index.packets.end(),
        [](const PacketIndex::Packet& packet) { return packet.pts == kNone && packet.dts == kNone; });
}

AVRational nominalRate(const AVStream& stream)
{
    return stream.avg_frame_rate.num > 0 ? stream.avg_frame_rate : stream.r_frame_rate;
}

std::int64_t usualDuration(const Reading& reading, const AVStream& stream)
{
    if (reading.durationCount > 0) {
        return std::max<std::int64_t>(1, reading.knownDurations / reading.durationCount);
    }
    const AVRational rate = nominalRate(stream);
    return rate.num > 0 ? std::max<std::int64_t>(1, av_rescale_q(1, av_inv_q(rate), stream.time_base)) : 1;
}

} // namespace

PacketIndex scanPackets(
    const std::filesystem::path& path, int stream, const base::Control* control, const Progress& progress)
{
    const InputPtr input = openForOneStream(path, stream, control);
    const AVStream& s = *input->streams[stream];
    ProgressMeter meter(input.get(), control, progress);
    Reading reading = readPackets(input.get(), stream, meter);
    copyDecodingTimes(reading, s);
    const std::int64_t usual = usualDuration(reading, s);
    if (hasUsableTimes(reading, s, *input->iformat)) {
        sortByTime(reading);
    } else {
        decodeAll(openForOneStream(path, stream, control).get(), stream, reading, meter);
        dropRepeatedOrdinals(reading.index);
        const AVRational rate = nominalRate(s);
        if (hasNoTimes(reading) && rate.num > 0) {
            makeUpTimes(reading.index, rate);
        }
        repairTimes(reading.index, usual);
    }
    PacketIndex& index = reading.index;
    // What the last packet says counts only where the frames do not come at even distances.
    index.lastDuration = reading.lastPacketDuration > 0 ? reading.lastPacketDuration : usual;
    if (index.frames.size() >= 2 && reading.lastPacketDuration <= 0) {
        index.lastDuration = index.frames.back().pts - index.frames[index.frames.size() - 2].pts;
    }
    if (progress) {
        progress(1);
    }
    return std::move(reading.index);
}

} // namespace reelmend::media
