#include "core/media/packet_source.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace reelmend::media {

FilePackets::FilePackets(
    std::filesystem::path path, InputPtr input, int stream, const PacketIndex& index, const base::Control* control)
    : path_(std::move(path))
    , input_(std::move(input))
    , stream_(stream)
    , index_(index)
    , control_(control)
    , pending_(makePacket())
{
    for (unsigned i = 0; i < input_->nb_streams; ++i) {
        input_->streams[i]->discard = static_cast<int>(i) == stream ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
}

bool FilePackets::read(AVPacket* packet)
{
    for (;;) {
        if (control_) {
            control_->checkpoint();
        }
        av_packet_unref(packet);
        if (av_read_frame(input_.get(), packet) < 0) {
            return false;
        }
        if (packet->stream_index == stream_) {
            return true;
        }
    }
}

std::int64_t FilePackets::next(AVPacket* packet)
{
    if (position_ >= static_cast<std::int64_t>(index_.packets.size())) {
        return -1;
    }
    if (std::exchange(hasPending_, false)) {
        av_packet_unref(packet);
        av_packet_move_ref(packet, pending_.get());
        return position_++;
    }
    return read(packet) ? position_++ : -1;
}

// Which packet of the index this is: by its place in the file, then by its times. -1 when that is not certain.
std::int64_t FilePackets::identify(const AVPacket& packet)
{
    const auto placeOf = [this](std::int32_t ordinal) {
        return index_.packets[static_cast<std::size_t>(ordinal)].position;
    };
    if (byPosition_.empty()) {
        byPosition_.resize(index_.packets.size());
        std::iota(byPosition_.begin(), byPosition_.end(), 0);
        std::stable_sort(byPosition_.begin(), byPosition_.end(),
            [&placeOf](std::int32_t a, std::int32_t b) { return placeOf(a) < placeOf(b); });
    }
    const auto first = std::lower_bound(byPosition_.begin(), byPosition_.end(), packet.pos,
        [&placeOf](std::int32_t ordinal, std::int64_t place) { return placeOf(ordinal) < place; });
    std::int64_t found = -1;
    for (auto it = first; it != byPosition_.end() && placeOf(*it) == packet.pos; ++it) {
        const PacketIndex::Packet& candidate = index_.packets[static_cast<std::size_t>(*it)];
        const bool fits = packet.pts != AV_NOPTS_VALUE ? candidate.pts == packet.pts : packet.pos >= 0;
        if (fits) {
            if (found >= 0) {
                return -1;
            }
            found = *it;
        }
    }
    return found;
}

// Reads on until the wanted packet is the next; false when the file stands beyond it or cannot tell where it stands.
bool FilePackets::land(std::int64_t wanted)
{
    constexpr int kUnknownPackets = 64;
    std::int64_t at = -1;
    for (int unknown = 0; at < 0; ++unknown) {
        if (unknown == kUnknownPackets || !read(pending_.get())) {
            return false;
        }
        at = identify(*pending_);
    }
    if (at > wanted) {
        return false;
    }
    for (; at < wanted; ++at) {
        if (!read(pending_.get())) {
            return false;
        }
    }
    position_ = wanted;
    hasPending_ = true;
    return true;
}

bool FilePackets::trySeek(std::int64_t ordinal, std::int64_t wanted)
{
    const PacketIndex::Packet& packet = index_.packets[static_cast<std::size_t>(ordinal)];
    if (input_->iformat->flags & AVFMT_TS_DISCONT) { // program and transport streams: places are surer than times
        return packet.position >= 0 && av_seek_frame(input_.get(), stream_, packet.position, AVSEEK_FLAG_BYTE) >= 0 &&
               land(wanted);
    }
    for (const std::int64_t time : {packet.pts, packet.dts}) {
        if (time != PacketIndex::kNone && av_seek_frame(input_.get(), stream_, time, AVSEEK_FLAG_BACKWARD) >= 0 &&
            land(wanted)) {
            return true;
        }
    }
    return false;
}

void FilePackets::reopen()
{
    input_ = openForOneStream(path_, stream_, control_);
    position_ = 0;
    hasPending_ = false;
}

void FilePackets::seek(std::int64_t ordinal)
{
    hasPending_ = false;
    // A demuxer may land behind the wanted packet; earlier key packets are tried, each twice as far back.
    std::int64_t from = ordinal;
    for (std::int64_t stride = 1; stride <= 1024; stride *= 2) {
        if (trySeek(from, ordinal)) {
            return;
        }
        if (from == 0) {
            break;
        }
        from = std::max<std::int64_t>(0, from - stride);
        while (from > 0 && !index_.packets[static_cast<std::size_t>(from)].isKey) {
            --from;
        }
    }
    reopen();
    while (position_ < ordinal) {
        if (!read(pending_.get())) {
            throw base::Error(base::ErrorKind::kInput, quoted(path_) + " cannot be read.",
                "The file ends earlier than when it was opened.", "Open it again.");
        }
        ++position_;
    }
}

std::int64_t SequencePackets::next(AVPacket* packet)
{
    if (position_ >= sequence_.length()) {
        return -1;
    }
    PacketPtr picture = readPicturePacket(sequence_.file(position_));
    av_packet_unref(packet);
    av_packet_move_ref(packet, picture.get());
    packet->pts = packet->dts = position_;
    packet->duration = 1;
    return position_++;
}

} // namespace reelmend::media
