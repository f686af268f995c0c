#include "core/media/codec_list.h"

#include <algorithm>
#include <cstdlib>

#include "core/media/ffmpeg.h"

namespace reelmend::media {

namespace {

struct Wanted {
    const char* name;
    AVCodecID id;
    std::vector<const char*> encoders; // best first
    AVPixelFormat format;
};

// Encodes one grey picture: an encoder that is listed may still lack its library, or refuse to run here.
bool works(const AVCodec* encoder, AVPixelFormat format)
{
    const CodecPtr context(avcodec_alloc_context3(encoder));
    const FramePtr frame = makeFrame();
    const PacketPtr packet = makePacket();
    context->width = frame->width = 128;
    context->height = frame->height = 128;
    context->pix_fmt = format;
    frame->format = format;
    context->time_base = {1, 24};
    context->thread_count = 1;
    av_opt_set(context.get(), "x265-params", "log-level=none", AV_OPT_SEARCH_CHILDREN);
    if (avcodec_open2(context.get(), encoder, nullptr) < 0) {
        return false;
    }
    if (av_frame_get_buffer(frame.get(), 0) < 0) {
        return false;
    }
    for (int plane = 0; plane < 4 && frame->buf[plane]; ++plane) {
        std::fill_n(frame->buf[plane]->data, frame->buf[plane]->size, std::uint8_t{1});
    }
    frame->pts = 0;
    bool hasPacket = false;
    if (avcodec_send_frame(context.get(), frame.get()) >= 0) {
        // To the very end: SVT-AV1 never returns from being closed before it was drained.
        avcodec_send_frame(context.get(), nullptr);
        while (avcodec_receive_packet(context.get(), packet.get()) >= 0) {
            hasPacket = true;
            av_packet_unref(packet.get());
        }
    }
    return hasPacket;
}

} // namespace

std::vector<CodecSupport> codecSupport()
{
    quietFfmpeg();
    ::setenv("SVT_LOG", "0", 0); // SVT-AV1 writes to the standard error by itself unless told not to
    static const std::vector<Wanted> kWanted{
        {"H.264", AV_CODEC_ID_H264, {"libx264", "libopenh264"}, AV_PIX_FMT_YUV420P},
        {"H.265", AV_CODEC_ID_HEVC, {"libx265"}, AV_PIX_FMT_YUV420P},
        {"AV1", AV_CODEC_ID_AV1, {"libsvtav1", "libaom-av1"}, AV_PIX_FMT_YUV420P},
        {"VP9", AV_CODEC_ID_VP9, {"libvpx-vp9"}, AV_PIX_FMT_YUV420P},
        {"ProRes", AV_CODEC_ID_PRORES, {"prores_ks"}, AV_PIX_FMT_YUV422P10LE},
        {"FFV1", AV_CODEC_ID_FFV1, {"ffv1"}, AV_PIX_FMT_YUV420P},
    };
    std::vector<CodecSupport> list;
    for (const Wanted& wanted : kWanted) {
        CodecSupport support{wanted.name, {}, {}};
        if (const AVCodec* decoder = avcodec_find_decoder(wanted.id)) {
            support.decoder = decoder->name;
        }
        for (const char* name : wanted.encoders) {
            const AVCodec* encoder = avcodec_find_encoder_by_name(name);
            if (encoder && works(encoder, wanted.format)) {
                support.encoder = name;
                break;
            }
        }
        list.push_back(std::move(support));
    }
    return list;
}

std::string ffmpegVersion()
{
    const unsigned version = avcodec_version();
    return std::string(av_version_info()) + ", libavcodec " + std::to_string(AV_VERSION_MAJOR(version)) + "." +
           std::to_string(AV_VERSION_MINOR(version)) + "." + std::to_string(AV_VERSION_MICRO(version));
}

} // namespace reelmend::media
