#include "core/media/encoder_probe.h"

#include <algorithm>

namespace reelmend::media {

bool encoderWorks(const AVCodec& encoder, AVPixelFormat format)
{
    constexpr int kSide = 256; // some devices refuse less
    const QuietThread quiet;
    const CodecPtr context(avcodec_alloc_context3(&encoder));
    const FramePtr frame = makeFrame();
    const PacketPtr packet = makePacket();
    if (!context) {
        return false;
    }
    context->width = frame->width = kSide;
    context->height = frame->height = kSide;
    context->pix_fmt = format;
    frame->format = format;
    context->time_base = {1, 24};
    context->thread_count = 1;
    av_opt_set(context.get(), "x265-params", "log-level=none", AV_OPT_SEARCH_CHILDREN);
    if (avcodec_open2(context.get(), &encoder, nullptr) < 0 || av_frame_get_buffer(frame.get(), 0) < 0) {
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

std::vector<const char*> hardwareEncoders(Codec codec)
{
    switch (codec) {
    case Codec::kH264:
        return {"h264_nvenc", "h264_amf", "h264_v4l2m2m"};
    case Codec::kH265:
        return {"hevc_nvenc", "hevc_amf", "hevc_v4l2m2m"};
    case Codec::kAv1:
        return {"av1_nvenc", "av1_amf"};
    default:
        return {};
    }
}

bool isHardwareEncoder(const AVCodec& encoder)
{
    return encoder.capabilities & (AV_CODEC_CAP_HARDWARE | AV_CODEC_CAP_HYBRID);
}

} // namespace reelmend::media
