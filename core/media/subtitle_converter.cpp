#include "core/media/subtitle_converter.h"

#include <array>
#include <cstring>
#include <string_view>
#include <vector>

namespace reelmend::media {

namespace {

constexpr std::size_t kLargestText = 1 << 20;

struct FreeSubtitle {
    void operator()(AVSubtitle* subtitle) const { avsubtitle_free(subtitle); }
};

} // namespace

AVCodecID SubtitleConverter::formFor(const AVOutputFormat& format, AVCodecID source)
{
    const AVCodecDescriptor* descriptor = avcodec_descriptor_get(source);
    if (!descriptor || !(descriptor->props & AV_CODEC_PROP_TEXT_SUB)) {
        return AV_CODEC_ID_NONE;
    }
    const std::string_view name = format.name;
    if (name == "mp4" || name == "mov" || name == "ipod") {
        return AV_CODEC_ID_MOV_TEXT;
    }
    if (name == "matroska") {
        return AV_CODEC_ID_SUBRIP;
    }
    return name == "webm" ? AV_CODEC_ID_WEBVTT : AV_CODEC_ID_NONE;
}

SubtitleConverter::SubtitleConverter(const AVStream& source, AVCodecID form)
{
    const std::string what = "Subtitles cannot be carried over.";
    const AVCodec* from = avcodec_find_decoder(source.codecpar->codec_id);
    const AVCodec* to = avcodec_find_encoder(form);
    if (!from || !to) {
        throw ffmpegError(
            base::ErrorKind::kUnavailable, what, from ? AVERROR_ENCODER_NOT_FOUND : AVERROR_DECODER_NOT_FOUND);
    }
    decoder_.reset(avcodec_alloc_context3(from));
    encoder_.reset(avcodec_alloc_context3(to));
    int code =
        decoder_ && encoder_ ? avcodec_parameters_to_context(decoder_.get(), source.codecpar) : AVERROR(ENOMEM);
    if (code >= 0) {
        decoder_->pkt_timebase = source.time_base;
        code = avcodec_open2(decoder_.get(), from, nullptr);
    }
    if (code >= 0 && decoder_->subtitle_header) {
        // Subtitles travel as ASS between the two; its header holds the styles.
        const auto size = static_cast<std::size_t>(decoder_->subtitle_header_size);
        encoder_->subtitle_header = static_cast<std::uint8_t*>(av_mallocz(size + 1));
        if (!encoder_->subtitle_header) {
            throw ffmpegError(base::ErrorKind::kInput, what, AVERROR(ENOMEM));
        }
        std::memcpy(encoder_->subtitle_header, decoder_->subtitle_header, size);
        encoder_->subtitle_header_size = static_cast<int>(size);
    }
    if (code >= 0) {
        encoder_->time_base = AV_TIME_BASE_Q;
        code = avcodec_open2(encoder_.get(), to, nullptr);
    }
    if (code < 0) {
        throw ffmpegError(base::ErrorKind::kInput, what, code);
    }
}

void SubtitleConverter::describe(AVStream* output) const
{
    if (const int code = avcodec_parameters_from_context(output->codecpar, encoder_.get()); code < 0) {
        throw ffmpegError(base::ErrorKind::kOutput, "Subtitles cannot be carried over.", code);
    }
    output->codecpar->codec_tag = 0;
}

bool SubtitleConverter::convert(AVPacket* packet)
{
    AVSubtitle subtitle{};
    const std::unique_ptr<AVSubtitle, FreeSubtitle> owner(&subtitle);
    int isThere = 0;
    if (avcodec_decode_subtitle2(decoder_.get(), &subtitle, &isThere, packet) < 0 || !isThere ||
        subtitle.num_rects == 0) {
        return false;
    }
    std::vector<std::uint8_t> text(kLargestText);
    // The packet keeps its times; the encoder must not see an offset of its own.
    subtitle.start_display_time = 0;
    const int size = avcodec_encode_subtitle(encoder_.get(), text.data(), static_cast<int>(text.size()), &subtitle);
    if (size <= 0) {
        return false;
    }
    PacketPtr converted = makePacket();
    if (av_new_packet(converted.get(), size) < 0) {
        return false;
    }
    std::memcpy(converted->data, text.data(), static_cast<std::size_t>(size));
    const int stream = packet->stream_index;
    const std::int64_t pts = packet->pts;
    const std::int64_t duration = packet->duration;
    av_packet_unref(packet);
    av_packet_move_ref(packet, converted.get());
    packet->stream_index = stream;
    packet->pts = packet->dts = pts;
    packet->duration = duration;
    packet->flags |= AV_PKT_FLAG_KEY;
    return true;
}

} // namespace reelmend::media
