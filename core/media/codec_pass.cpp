#include "core/media/codec_pass.h"

#include <cmath>

#include "core/media/av_frame.h"
#include "core/media/ffmpeg.h"
#include "core/video/convert.h"

namespace reelmend::media {

namespace {

constexpr AVPixelFormat kFormat = AV_PIX_FMT_YUV420P;

[[noreturn]] void refuse(base::ErrorKind kind, const std::string& why)
{
    throw base::Error(kind, "The frames cannot be sent through a codec.", why, "Choose another codec or size.");
}

void check(int code, const char* what)
{
    if (code < 0) {
        throw ffmpegError(base::ErrorKind::kFailed, std::string("The codec did not ") + what + ".", code);
    }
}

CodecPtr openEncoder(const CodecPass& pass, int width, int height)
{
    const AVCodec* codec = avcodec_find_encoder_by_name(pass.encoder.c_str());
    if (!codec) {
        refuse(base::ErrorKind::kUnavailable, "This FFmpeg has no encoder " + pass.encoder + ".");
    }
    CodecPtr context(avcodec_alloc_context3(codec));
    if (!context) {
        throw base::Error(base::ErrorKind::kOutOfMemory, "No encoder could be made.", "Memory ran out.", {});
    }
    context->width = width;
    context->height = height;
    context->pix_fmt = kFormat;
    context->time_base = {1, static_cast<int>(std::lround(pass.framesPerSecond))};
    context->framerate = {context->time_base.den, 1};
    context->gop_size = pass.groupOfPictures;
    context->thread_count = 1;
    context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    Dictionary options;
    if (pass.encoder == "libx264") {
        // Its macroblock tree reads memory that nobody wrote where a picture is a few blocks wide (seen in version
        // 164 with AVX-512; not without assembler): the same frames would not always give the same bytes.
        options.set("mbtree", "0");
    }
    if (pass.encoder == "libx264" || pass.encoder == "libx265" || pass.encoder == "libvpx-vp9") {
        options.set("crf", std::to_string(pass.quality));
        options.set(pass.encoder == "libx265" ? "x265-params" : "preset",
            pass.encoder == "libx265" ? "log-level=none" : "medium");
    } else {
        context->flags |= AV_CODEC_FLAG_QSCALE;
        context->global_quality = pass.quality * FF_QP2LAMBDA;
    }
    check(avcodec_open2(context.get(), codec, options.address()), "open");
    return context;
}

CodecPtr openDecoderFor(const AVCodecContext& encoder)
{
    const std::unique_ptr<AVCodecParameters, FreeByAddress<avcodec_parameters_free>> parameters(
        avcodec_parameters_alloc());
    check(avcodec_parameters_from_context(parameters.get(), &encoder), "describe itself");
    return openDecoder(parameters.get(), encoder.time_base, 1, "frames in memory");
}

class Passage {
public:
    Passage(const CodecPass& pass, int width, int height)
        : encoder_(openEncoder(pass, width, height))
        , decoder_(openDecoderFor(*encoder_))
        , packet_(makePacket())
        , frame_(makeFrame())
    {}

    // Encoders of a fixed quantiser read it from every frame.
    void prepare(AVFrame& frame) const { frame.quality = encoder_->global_quality; }

    void encode(const AVFrame* frame) // null: the end
    {
        check(avcodec_send_frame(encoder_.get(), frame), "take a frame");
        for (;;) {
            const int code = avcodec_receive_packet(encoder_.get(), packet_.get());
            if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) {
                break;
            }
            check(code, "make a packet");
            decode(packet_.get());
            av_packet_unref(packet_.get());
        }
        if (!frame) {
            decode(nullptr);
        }
    }

    std::vector<video::Image8> made;

private:
    void decode(const AVPacket* packet)
    {
        check(avcodec_send_packet(decoder_.get(), packet), "take its own packet");
        for (;;) {
            const int code = avcodec_receive_frame(decoder_.get(), frame_.get());
            if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) {
                return;
            }
            check(code, "give a frame back");
            made.push_back(video::toRgb8(wrapFrame(*frame_, {})));
            av_frame_unref(frame_.get());
        }
    }

    CodecPtr encoder_, decoder_;
    PacketPtr packet_;
    FramePtr frame_;
};

} // namespace

std::vector<video::Image8> passThroughCodec(const std::vector<video::Image8>& frames, const CodecPass& codec)
{
    quietFfmpeg();
    const QuietThread quiet;
    if (frames.empty()) {
        return {};
    }
    const int width = frames.front().width, height = frames.front().height;
    if (width % 2 || height % 2) {
        refuse(base::ErrorKind::kUsage,
            "They are " + std::to_string(width) + "x" + std::to_string(height) + ", and 4:2:0 needs even sides.");
    }
    video::Frame::Description description;
    describeFormat(kFormat, description.format);
    description.width = width;
    description.height = height;
    Passage passage(codec, width, height);
    std::int64_t time = 0;
    for (const video::Image8& image : frames) {
        if (image.width != width || image.height != height || image.channels != 3) {
            refuse(base::ErrorKind::kUsage, "They are not all RGB of one size.");
        }
        const FramePtr frame = referFrame(video::fromRgb(image, description));
        frame->pts = time++;
        passage.prepare(*frame);
        passage.encode(frame.get());
    }
    passage.encode(nullptr);
    if (passage.made.size() != frames.size()) {
        refuse(base::ErrorKind::kFailed, "The codec made " + std::to_string(passage.made.size()) + " frames of " +
                                             std::to_string(frames.size()) + ".");
    }
    return std::move(passage.made);
}

bool hasEncoder(const std::string& encoder)
{
    return avcodec_find_encoder_by_name(encoder.c_str()) != nullptr;
}

} // namespace reelmend::media
