#include "core/media/add_sound.h"

#include <algorithm>
#include <string>

#include "core/base/files.h"
#include "core/media/packet_sink.h"

namespace reelmend::media {

namespace fs = std::filesystem;

namespace {

// Turns samples into packets, one frame of the encoder at a time.
class SoundEncoder {
public:
    SoundEncoder(const Sound& sound, const AVOutputFormat& format, const std::string& what)
        : sound_(sound)
        , what_(what)
    {
        const char* name = std::string_view(format.name) == "webm" ? "libopus" : "aac";
        const AVCodec* codec = avcodec_find_encoder_by_name(name);
        if (!codec) {
            throw base::Error(base::ErrorKind::kUnavailable, what,
                std::string("The installed FFmpeg has no encoder ") + name + ".", "Install Debian's ffmpeg package.");
        }
        context_.reset(avcodec_alloc_context3(codec));
        check(context_ ? 0 : AVERROR(ENOMEM));
        context_->sample_fmt = codec->sample_fmts ? codec->sample_fmts[0] : AV_SAMPLE_FMT_FLTP;
        if (std::string_view(name) == "libopus") {
            context_->sample_fmt = AV_SAMPLE_FMT_FLT;
        }
        context_->sample_rate = sound.rate;
        av_channel_layout_default(&context_->ch_layout, sound.channels);
        context_->bit_rate = 96'000L * sound.channels;
        context_->time_base = {1, sound.rate};
        context_->flags |= AV_CODEC_FLAG_BITEXACT;
        if (format.flags & AVFMT_GLOBALHEADER) {
            context_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
        }
        check(avcodec_open2(context_.get(), codec, nullptr));
    }

    const AVCodecContext& context() const { return *context_; }

    // The next packet; false at the end.
    bool next(AVPacket* packet)
    {
        for (;;) {
            const int code = avcodec_receive_packet(context_.get(), packet);
            if (code == AVERROR_EOF) {
                return false;
            }
            if (code != AVERROR(EAGAIN)) {
                check(code);
                return true;
            }
            const FramePtr frame = nextFrame();
            check(avcodec_send_frame(context_.get(), frame.get()));
        }
    }

private:
    void check(int code) const
    {
        if (code < 0) {
            throw ffmpegError(base::ErrorKind::kOutput, what_, code);
        }
    }

    // Null after the last one.
    FramePtr nextFrame()
    {
        const auto channels = static_cast<std::size_t>(sound_.channels);
        const std::size_t left = sound_.samples.size() / channels - position_;
        const std::size_t count = std::min(left, static_cast<std::size_t>(std::max(1, context_->frame_size)));
        if (count == 0) {
            return nullptr;
        }
        FramePtr frame = makeFrame();
        frame->format = context_->sample_fmt;
        frame->nb_samples = static_cast<int>(count);
        frame->sample_rate = sound_.rate;
        frame->pts = static_cast<std::int64_t>(position_);
        check(av_channel_layout_copy(&frame->ch_layout, &context_->ch_layout));
        check(av_frame_get_buffer(frame.get(), 0));
        const float* from = sound_.samples.data() + position_ * channels;
        const bool isPlanar = av_sample_fmt_is_planar(context_->sample_fmt) != 0;
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t c = 0; c < channels; ++c) {
                auto* to = reinterpret_cast<float*>(frame->data[isPlanar ? c : 0]);
                to[isPlanar ? i : i * channels + c] = from[i * channels + c];
            }
        }
        position_ += count;
        return frame;
    }

    const Sound& sound_;
    std::string what_;
    CodecPtr context_;
    std::size_t position_ = 0; // of the next sample, per channel
};

AVStream* addStream(AVFormatContext* output, AVRational timeBase)
{
    AVStream* stream = avformat_new_stream(output, nullptr);
    if (!stream) {
        throw base::Error(base::ErrorKind::kOutOfMemory, "A track could not be made.", "Memory ran out.");
    }
    stream->time_base = timeBase;
    stream->disposition = AV_DISPOSITION_DEFAULT;
    return stream;
}

} // namespace

void addSound(const fs::path& pictures, const Sound& sound, const fs::path& output, const base::Control* control)
{
    const InputPtr input = openInput(pictures, control);
    const int footage = footageStream(input.get());
    if (footage < 0) {
        throw base::Error(base::ErrorKind::kInput, quoted(pictures) + " cannot be used.", "It holds no pictures.");
    }
    const AVStream& from = *input->streams[footage];
    base::PartFile part(output);
    OutputPtr to = makeOutput(part.path(), output);
    const std::string what = quoted(output) + " cannot be written.";
    SoundEncoder encoder(sound, *to->oformat, what);
    AVStream* video = addStream(to.get(), from.time_base);
    checkWrite(avcodec_parameters_copy(video->codecpar, from.codecpar), to.get(), output);
    video->codecpar->codec_tag = 0;
    video->avg_frame_rate = from.avg_frame_rate;
    video->sample_aspect_ratio = from.sample_aspect_ratio;
    AVStream* audio = addStream(to.get(), encoder.context().time_base);
    checkWrite(avcodec_parameters_from_context(audio->codecpar, &encoder.context()), to.get(), output);
    openOutput(to.get(), part.path(), output);

    const auto write = [&](AVPacket& packet, int stream, AVRational timeBase) {
        packet.stream_index = stream;
        packet.pos = -1;
        av_packet_rescale_ts(&packet, timeBase, to->streams[stream]->time_base);
        checkWrite(av_interleaved_write_frame(to.get(), &packet), to.get(), output);
    };
    const PacketPtr packet = makePacket();
    const PacketPtr tone = makePacket();
    bool hasTone = encoder.next(tone.get());
    while (av_read_frame(input.get(), packet.get()) >= 0) {
        if (control) {
            control->checkpoint();
        }
        if (packet->stream_index != footage) {
            av_packet_unref(packet.get());
            continue;
        }
        // Sound goes before the picture that it is heard with; the muxer holds back only what overlaps.
        while (hasTone && av_compare_ts(tone->pts, encoder.context().time_base, packet->dts, from.time_base) <= 0) {
            write(*tone, audio->index, encoder.context().time_base);
            hasTone = encoder.next(tone.get());
        }
        write(*packet, video->index, from.time_base);
    }
    for (; hasTone; hasTone = encoder.next(tone.get())) {
        write(*tone, audio->index, encoder.context().time_base);
    }
    closeAndCheck(to, output);
    part.commit();
}

} // namespace reelmend::media
