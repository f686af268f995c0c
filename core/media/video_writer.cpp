#include "core/media/video_writer.h"

#include <map>
#include <optional>
#include <utility>

#include "core/media/encoder_choice.h"
#include "core/media/encoder_options.h"
#include "core/media/format_converter.h"
#include "core/media/packet_sink.h"
#include "core/video/convert.h"

namespace reelmend::media {

namespace {

// The container's word, and for encoders that know fields (x264, ProRes) coding by field.
void setFieldOrder(AVCodecContext& context, video::FieldOrder order)
{
    if (order == video::FieldOrder::kProgressive) {
        context.field_order = AV_FIELD_PROGRESSIVE;
    }
    if (!video::isInterlaced(order)) {
        return;
    }
    context.field_order = order == video::FieldOrder::kTopFirst ? AV_FIELD_TB : AV_FIELD_BT; // lines in turn
    if (hasWholeFields(context.height)) {
        context.flags |= AV_CODEC_FLAG_INTERLACED_DCT | AV_CODEC_FLAG_INTERLACED_ME;
    }
}

CodecPtr openEncoder(const WriterSettings& settings, const EncoderChoice& choice, bool needsGlobalHeader)
{
    CodecPtr context(avcodec_alloc_context3(choice.encoder));
    const std::string what = quoted(settings.path) + " cannot be written as " + codecName(settings.codec) + ".";
    if (!context) {
        throw ffmpegError(base::ErrorKind::kOutput, what, AVERROR(ENOMEM));
    }
    const AVRational rate = toAv(settings.frameRate.isPositive() ? settings.frameRate : base::Rational{24, 1});
    context->width = settings.width;
    context->height = settings.height;
    context->pix_fmt = choice.encoderFormat;
    context->time_base = settings.timeBase.isPositive() ? toAv(settings.timeBase) : av_inv_q(rate);
    context->framerate = rate;
    context->sample_aspect_ratio = toAv(settings.pixelAspect);
    setTags(*context, fileTags(settings.colour, choice.storedFormat, settings.width, settings.height));
    setFieldOrder(*context, settings.fieldOrder);
    // Two seconds between key frames: a result is there to be scrubbed through.
    context->gop_size = std::max(12, static_cast<int>(2 * av_q2d(rate) + 0.5));
    context->thread_count = threadCount(settings.threads);
    if (needsGlobalHeader) {
        context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    }
    if (settings.codec == Codec::kJpeg) {
        context->flags |= AV_CODEC_FLAG_QSCALE;
        const int scale = settings.quality == WriterQuality::kDraft  ? 6
                          : settings.quality == WriterQuality::kGood ? 3
                                                                     : 2;
        context->qmin = context->qmax = scale;
        context->global_quality = scale * FF_QP2LAMBDA;
    }
    Dictionary options;
    for (const auto& [key, value] : choice.options) {
        options.set(key.c_str(), value);
    }
    if (const int code = avcodec_open2(context.get(), choice.encoder, options.address()); code < 0) {
        throw ffmpegError(base::ErrorKind::kOutput, what, code, "Choose another format or size.");
    }
    return context;
}

} // namespace

struct VideoWriter::Private {
    WriterSettings settings;
    EncoderChoice choice;
    std::string storedName;
    std::unique_ptr<PacketSink> sink;
    CodecPtr encoder;
    FormatConverter toStored, toEncoder;
    std::map<std::int64_t, std::int64_t> durations; // of frames inside the encoder, by pts
    std::optional<std::int64_t> lastPts;
    std::int64_t frames = 0;
    bool isFinished = false;

    void encode(const AVFrame* frame);
    std::int64_t ptsOf(const video::FrameTime& time) const;
};

void VideoWriter::Private::encode(const AVFrame* frame)
{
    const std::string what = quoted(settings.path) + " cannot be written.";
    if (const int code = avcodec_send_frame(encoder.get(), frame); code < 0) {
        throw ffmpegError(base::ErrorKind::kOutput, what, code);
    }
    PacketPtr packet = makePacket();
    for (;;) {
        const int code = avcodec_receive_packet(encoder.get(), packet.get());
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) {
            return;
        }
        if (code < 0) {
            throw ffmpegError(base::ErrorKind::kOutput, what, code);
        }
        if (const auto found = durations.find(packet->pts); found != durations.end()) {
            packet->duration = found->second;
            durations.erase(found);
        }
        sink->write(*packet, encoder->time_base);
    }
}

std::int64_t VideoWriter::Private::ptsOf(const video::FrameTime& time) const
{
    return time.timeBase.isPositive() ? av_rescale_q(time.pts, toAv(time.timeBase), encoder->time_base) : time.pts;
}

VideoWriter::VideoWriter(WriterSettings settings)
    : d_(std::make_unique<Private>())
{
    if (settings.width < 1 || settings.height < 1 || settings.width > 32768 || settings.height > 32768) {
        throw base::Error(base::ErrorKind::kUsage, quoted(settings.path) + " cannot be written.",
            "A picture of " + std::to_string(settings.width) + "x" + std::to_string(settings.height) +
                " pixels cannot be made.");
    }
    d_->settings = std::move(settings);
    if (d_->settings.codec == Codec::kJpeg) {
        d_->settings.colour = jpegTags(d_->settings.colour);
        d_->toStored = FormatConverter(true);
    }
    const WriterSettings& s = d_->settings;
    d_->choice = chooseEncoder(s);
    d_->storedName = av_get_pix_fmt_name(d_->choice.storedFormat);
    d_->sink = isSequenceCodec(s.codec) ? makeSequenceSink(s) : makeFileSink(s);
    d_->encoder = openEncoder(s, d_->choice, d_->sink->needsGlobalHeader());
    d_->sink->begin(*d_->encoder);
}

VideoWriter::~VideoWriter() = default;

void VideoWriter::write(const video::Frame& frame, const video::Frame* source, const video::Mask* changed)
{
    const WriterSettings& s = d_->settings;
    if (s.control) {
        s.control->checkpoint();
    }
    if (frame.width() != s.width || frame.height() != s.height) {
        throw base::Error(base::ErrorKind::kUsage, quoted(s.path) + " cannot be written.",
            "A frame of " + std::to_string(frame.width()) + "x" + std::to_string(frame.height()) +
                " pixels does not fit a file of " + std::to_string(s.width) + "x" + std::to_string(s.height) + ".");
    }
    video::Frame stored = d_->toStored.convert(frame, d_->choice.storedFormat, s.colour);
    if (source && changed) {
        const video::Frame kept = d_->toStored.convert(*source, d_->choice.storedFormat, s.colour);
        stored = video::keepNativeSamples(stored, kept, *changed);
    }
    const FramePtr picture = d_->toEncoder.forEncoder(stored, d_->choice.encoderFormat);
    picture->pts = d_->ptsOf(frame.time());
    if (d_->lastPts && picture->pts <= *d_->lastPts) {
        throw base::Error(base::ErrorKind::kUsage, quoted(s.path) + " cannot be written.",
            "Frame " + std::to_string(d_->frames) + " is not later than the one before it.");
    }
    d_->lastPts = picture->pts;
    if (frame.time().duration > 0 && frame.time().timeBase.isPositive()) {
        d_->durations[picture->pts] =
            av_rescale_q(frame.time().duration, toAv(frame.time().timeBase), d_->encoder->time_base);
    }
    picture->pict_type = AV_PICTURE_TYPE_NONE;
    picture->sample_aspect_ratio = toAv(s.pixelAspect);
    if (s.fieldOrder != video::FieldOrder::kUnknown) {
        picture->interlaced_frame = video::isInterlaced(s.fieldOrder);
        picture->top_field_first = s.fieldOrder == video::FieldOrder::kTopFirst;
    }
    d_->encode(picture.get());
    ++d_->frames;
}

void VideoWriter::finish()
{
    if (d_->isFinished) {
        return;
    }
    if (d_->frames == 0) {
        throw base::Error(base::ErrorKind::kUsage, quoted(d_->settings.path) + " cannot be written.",
            "There is not a single frame to write.");
    }
    d_->encode(nullptr);
    d_->sink->finish();
    d_->isFinished = true;
}

std::int64_t VideoWriter::framesWritten() const
{
    return d_->frames;
}

const std::string& VideoWriter::pixelFormat() const
{
    return d_->storedName;
}

} // namespace reelmend::media
