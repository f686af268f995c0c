#include <algorithm>
#include <cstring>

#include "core/media/carry.h"
#include "core/media/clip_file.h"

namespace reelmend::media {

namespace {

// Frames a decoder may need before the first comes out.
constexpr int kPacketsToTry = 64;

} // namespace

FramePtr firstFrame(const std::filesystem::path& path, int stream)
{
    const InputPtr input = openForOneStream(path, stream, nullptr);
    const AVStream& s = *input->streams[stream];
    const CodecPtr decoder = openDecoder(s.codecpar, s.time_base, 1, quoted(path));
    PacketPtr packet = makePacket();
    FramePtr frame = makeFrame();
    for (int i = 0; i < kPacketsToTry && av_read_frame(input.get(), packet.get()) >= 0;) {
        if (packet->stream_index == stream) {
            ++i;
            avcodec_send_packet(decoder.get(), packet.get());
            if (avcodec_receive_frame(decoder.get(), frame.get()) >= 0) {
                return frame;
            }
        }
        av_packet_unref(packet.get());
    }
    avcodec_send_packet(decoder.get(), nullptr);
    return avcodec_receive_frame(decoder.get(), frame.get()) >= 0 ? std::move(frame) : nullptr;
}

std::vector<CarryItem> itemsInsidePictures(const std::filesystem::path& source, const AVStream& footage)
{
    const AVCodecID codec = footage.codecpar->codec_id;
    std::vector<CarryItem> items;
    if (codec != AV_CODEC_ID_H264 && codec != AV_CODEC_ID_HEVC && codec != AV_CODEC_ID_MPEG2VIDEO &&
        codec != AV_CODEC_ID_AV1) {
        return items;
    }
    FramePtr frame;
    try {
        frame = firstFrame(source, footage.index);
    } catch (const base::Error&) {
        return items; // whoever reads it hears why
    }
    const auto has = [&frame](AVFrameSideDataType type) {
        return frame && av_frame_get_side_data(frame.get(), type) != nullptr;
    };
    if (has(AV_FRAME_DATA_A53_CC)) {
        items.push_back({CarryItem::Fate::kLost, "Closed captions inside the pictures",
            "Coding the pictures anew leaves them out. Save them as a subtitle file first."});
    }
    if (has(AV_FRAME_DATA_DYNAMIC_HDR_PLUS)) {
        items.push_back({CarryItem::Fate::kLost, "HDR10+ data",
            "It describes the pictures of the source one by one. What holds for all of them is kept."});
    }
    if (has(AV_FRAME_DATA_DOVI_METADATA) || av_stream_get_side_data(&footage, AV_PKT_DATA_DOVI_CONF, nullptr)) {
        items.push_back({CarryItem::Fate::kLost, "Dolby Vision data",
            "It describes the pictures of the source one by one. What holds for all of them is kept."});
    }
    return items;
}

void copyHdrMetadata(AVStream* to, const std::filesystem::path& source, int stream)
{
    const AVColorTransferCharacteristic transfer = to->codecpar->color_trc;
    if (transfer != AVCOL_TRC_SMPTE2084 && transfer != AVCOL_TRC_ARIB_STD_B67) {
        return;
    }
    const FramePtr frame = firstFrame(source, stream);
    if (!frame) {
        return;
    }
    const struct {
        AVFrameSideDataType ofFrame;
        AVPacketSideDataType ofStream;
    } kinds[] = {
        {AV_FRAME_DATA_MASTERING_DISPLAY_METADATA, AV_PKT_DATA_MASTERING_DISPLAY_METADATA},
        {AV_FRAME_DATA_CONTENT_LIGHT_LEVEL, AV_PKT_DATA_CONTENT_LIGHT_LEVEL},
    };
    for (const auto& kind : kinds) {
        const AVFrameSideData* data = av_frame_get_side_data(frame.get(), kind.ofFrame);
        if (!data || av_stream_get_side_data(to, kind.ofStream, nullptr)) {
            continue;
        }
        if (std::uint8_t* copy = av_stream_new_side_data(to, kind.ofStream, data->size)) {
            std::memcpy(copy, data->data, data->size);
        }
    }
}

} // namespace reelmend::media
