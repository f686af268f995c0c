#include "tests/core/media/make_clip.h"

#include <cmath>
#include <cstring>
#include <random>
#include <stdexcept>

#include "core/media/av_frame.h"
#include "core/video/convert.h"

namespace reelmend::test {

using namespace reelmend::media;

namespace {

void check(int code, const char* what)
{
    if (code < 0) {
        throw std::runtime_error(std::string(what) + ": " + ffmpegReason(code));
    }
}

void setOptions(Dictionary& dictionary, const std::map<std::string, std::string>& values)
{
    for (const auto& [key, value] : values) {
        dictionary.set(key.c_str(), value);
    }
}

struct Track {
    AVStream* stream = nullptr;
    CodecPtr encoder;
};

void drain(AVFormatContext* output, Track& track)
{
    PacketPtr packet = makePacket();
    while (avcodec_receive_packet(track.encoder.get(), packet.get()) >= 0) {
        packet->stream_index = track.stream->index;
        if (packet->duration == 0 && track.encoder->codec_type == AVMEDIA_TYPE_VIDEO) {
            packet->duration = 1;
        }
        av_packet_rescale_ts(packet.get(), track.encoder->time_base, track.stream->time_base);
        check(av_interleaved_write_frame(output, packet.get()), "write");
    }
}

Track addVideo(AVFormatContext* output, const ClipSpec& spec)
{
    Track track;
    const AVCodec* codec = avcodec_find_encoder_by_name(spec.encoder.c_str());
    if (!codec) {
        throw std::runtime_error("no encoder " + spec.encoder);
    }
    track.encoder.reset(avcodec_alloc_context3(codec));
    AVCodecContext& e = *track.encoder;
    e.width = spec.width;
    e.height = spec.height;
    e.pix_fmt = av_get_pix_fmt(spec.pixelFormat.c_str());
    e.time_base = {spec.timeBaseNum, spec.timeBaseDen};
    e.framerate = spec.times.empty() ? AVRational{spec.timeBaseDen, spec.timeBaseNum} : AVRational{24, 1};
    e.gop_size = spec.gop;
    e.max_b_frames = spec.bFrames;
    e.thread_count = 1;
    e.sample_aspect_ratio = {spec.aspectNum, spec.aspectDen};
    e.color_primaries = static_cast<AVColorPrimaries>(spec.primaries);
    e.color_trc = static_cast<AVColorTransferCharacteristic>(spec.transfer);
    e.colorspace = static_cast<AVColorSpace>(spec.matrix);
    e.color_range = static_cast<AVColorRange>(spec.range);
    if (output->oformat->flags & AVFMT_GLOBALHEADER) {
        e.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    }
    Dictionary options;
    setOptions(options, spec.options);
    check(avcodec_open2(&e, codec, options.address()), "open video encoder");
    track.stream = avformat_new_stream(output, nullptr);
    check(avcodec_parameters_from_context(track.stream->codecpar, &e), "parameters");
    track.stream->time_base = e.time_base;
    track.stream->avg_frame_rate = e.framerate;
    track.stream->sample_aspect_ratio = e.sample_aspect_ratio;
    for (const auto& [key, value] : spec.videoMetadata) {
        av_dict_set(&track.stream->metadata, key.c_str(), value.c_str(), 0);
    }
    if (spec.rotation != 0) {
        auto* matrix = reinterpret_cast<std::int32_t*>(
            av_stream_new_side_data(track.stream, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof(std::int32_t)));
        av_display_rotation_set(matrix, spec.rotation);
    }
    return track;
}

Track addAudio(AVFormatContext* output, const ClipSpec& spec, int number)
{
    Track track;
    const AVCodec* codec = avcodec_find_encoder_by_name(spec.audioEncoder.c_str());
    track.encoder.reset(avcodec_alloc_context3(codec));
    AVCodecContext& e = *track.encoder;
    e.sample_rate = 48000;
    e.sample_fmt = codec->sample_fmts[0];
    av_channel_layout_default(&e.ch_layout, 2);
    e.time_base = {1, 48000};
    e.bit_rate = 64000;
    if (output->oformat->flags & AVFMT_GLOBALHEADER) {
        e.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    }
    check(avcodec_open2(&e, codec, nullptr), "open audio encoder");
    track.stream = avformat_new_stream(output, nullptr);
    check(avcodec_parameters_from_context(track.stream->codecpar, &e), "parameters");
    track.stream->time_base = e.time_base;
    av_dict_set(&track.stream->metadata, "language", number == 0 ? "eng" : "ita", 0);
    return track;
}

void writeAudio(AVFormatContext* output, Track& track, int number, double seconds)
{
    AVCodecContext& e = *track.encoder;
    const int size = e.frame_size > 0 ? e.frame_size : 1024;
    const auto total = static_cast<std::int64_t>(seconds * e.sample_rate);
    for (std::int64_t at = 0; at < total; at += size) {
        FramePtr frame = makeFrame();
        frame->nb_samples = size;
        frame->format = e.sample_fmt;
        frame->sample_rate = e.sample_rate;
        av_channel_layout_copy(&frame->ch_layout, &e.ch_layout);
        check(av_frame_get_buffer(frame.get(), 0), "audio buffer");
        frame->pts = at;
        for (int i = 0; i < size; ++i) {
            const double value = 0.3 * std::sin(static_cast<double>(at + i) * (0.05 + 0.02 * number));
            for (int channel = 0; channel < 2; ++channel) {
                if (e.sample_fmt == AV_SAMPLE_FMT_FLTP) {
                    reinterpret_cast<float*>(frame->extended_data[channel])[i] = static_cast<float>(value);
                } else {
                    reinterpret_cast<std::int16_t*>(frame->extended_data[0])[2 * i + channel] =
                        static_cast<std::int16_t>(value * 32767);
                }
            }
        }
        check(avcodec_send_frame(&e, frame.get()), "encode audio");
        drain(output, track);
    }
    check(avcodec_send_frame(&e, nullptr), "end audio");
    drain(output, track);
}

int addSubtitles(AVFormatContext* output)
{
    AVStream* stream = avformat_new_stream(output, nullptr);
    stream->codecpar->codec_type = AVMEDIA_TYPE_SUBTITLE;
    stream->codecpar->codec_id = AV_CODEC_ID_SUBRIP;
    stream->time_base = {1, 1000};
    av_dict_set(&stream->metadata, "language", "fra", 0);
    return stream->index;
}

void addAttachment(AVFormatContext* output, bool isCover, const std::string& bytes)
{
    AVStream* stream = avformat_new_stream(output, nullptr);
    AVCodecParameters& p = *stream->codecpar;
    p.codec_type = AVMEDIA_TYPE_ATTACHMENT;
    p.codec_id = isCover ? AV_CODEC_ID_PNG : AV_CODEC_ID_TTF;
    p.extradata = static_cast<std::uint8_t*>(av_mallocz(bytes.size() + AV_INPUT_BUFFER_PADDING_SIZE));
    std::memcpy(p.extradata, bytes.data(), bytes.size());
    p.extradata_size = static_cast<int>(bytes.size());
    av_dict_set(&stream->metadata, "filename", isCover ? "cover.png" : "font.ttf", 0);
    av_dict_set(&stream->metadata, "mimetype", isCover ? "image/png" : "application/x-truetype-font", 0);
}

void addChapters(AVFormatContext* output, double seconds)
{
    output->chapters = static_cast<AVChapter**>(av_mallocz(2 * sizeof(AVChapter*)));
    for (int i = 0; i < 2; ++i) {
        auto* chapter = static_cast<AVChapter*>(av_mallocz(sizeof(AVChapter)));
        chapter->id = i + 1;
        chapter->time_base = {1, 1000};
        chapter->start = i * static_cast<int>(seconds * 500);
        chapter->end = (i + 1) * static_cast<int>(seconds * 500);
        av_dict_set(&chapter->metadata, "title", i == 0 ? "Opening" : "Second", 0);
        output->chapters[output->nb_chapters++] = chapter;
    }
}

std::string pngBytes()
{
    const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
    CodecPtr e(avcodec_alloc_context3(codec));
    e->width = e->height = 16;
    e->pix_fmt = AV_PIX_FMT_RGB24;
    e->time_base = {1, 1};
    check(avcodec_open2(e.get(), codec, nullptr), "png");
    const FramePtr frame = referFrame(paintedFrame(3, 16, 16, "rgb24"));
    PacketPtr packet = makePacket();
    check(avcodec_send_frame(e.get(), frame.get()), "png");
    check(avcodec_send_frame(e.get(), nullptr), "png");
    check(avcodec_receive_packet(e.get(), packet.get()), "png");
    return {reinterpret_cast<const char*>(packet->data), static_cast<std::size_t>(packet->size)};
}

} // namespace

void makeClip(const std::filesystem::path& path, const ClipSpec& spec)
{
    quietFfmpeg();
    AVFormatContext* raw = nullptr;
    check(avformat_alloc_output_context2(
              &raw, nullptr, spec.container.empty() ? nullptr : spec.container.c_str(), path.c_str()),
        "container");
    OutputPtr output(raw);
    Track video = addVideo(raw, spec);
    std::vector<Track> audio;
    for (int i = 0; i < spec.audioTracks; ++i) {
        audio.push_back(addAudio(raw, spec, i));
    }
    const int subtitles = spec.subtitles ? addSubtitles(raw) : -1;
    if (spec.attachment) {
        addAttachment(raw, false, "not really a font");
    }
    if (spec.cover) {
        addAttachment(raw, true, pngBytes());
    }
    const std::int64_t last = spec.times.empty() ? spec.frames - 1 : spec.times.back();
    const double seconds = static_cast<double>(last + 1) * spec.timeBaseNum / spec.timeBaseDen;
    if (spec.chapters) {
        addChapters(raw, seconds);
    }
    for (const auto& [key, value] : spec.metadata) {
        av_dict_set(&raw->metadata, key.c_str(), value.c_str(), 0);
    }
    check(avio_open(&raw->pb, fileUrl(path).c_str(), AVIO_FLAG_WRITE), "open");
    Dictionary options;
    setOptions(options, spec.muxer);
    check(avformat_write_header(raw, options.address()), "header");
    for (int i = 0; i < spec.frames; ++i) {
        const video::Frame painted = paintedFrame(i, spec.width, spec.height, "yuv420p");
        FramePtr frame = referFrame(painted);
        if (spec.pixelFormat != "yuv420p") {
            Scaler scaler(Scaler::Use::kExact);
            frame = scaler.convert(*frame, av_get_pix_fmt(spec.pixelFormat.c_str()), spec.width, spec.height);
        }
        frame->pts = spec.times.empty() ? i : spec.times[static_cast<std::size_t>(i)];
        frame->color_range = static_cast<AVColorRange>(spec.range);
        frame->sample_aspect_ratio = video.encoder->sample_aspect_ratio;
        if (spec.captions) {
            constexpr std::uint8_t kPair[] = {0xfc, 0x94, 0x2c}; // EIA-608: erase displayed memory
            AVFrameSideData* data = av_frame_new_side_data(frame.get(), AV_FRAME_DATA_A53_CC, sizeof kPair);
            std::memcpy(data->data, kPair, sizeof kPair);
        }
        check(avcodec_send_frame(video.encoder.get(), frame.get()), "encode");
        drain(raw, video);
    }
    check(avcodec_send_frame(video.encoder.get(), nullptr), "end");
    drain(raw, video);
    for (std::size_t i = 0; i < audio.size(); ++i) {
        writeAudio(raw, audio[i], static_cast<int>(i), seconds);
    }
    for (int i = 0; subtitles >= 0 && i < 3; ++i) {
        PacketPtr packet = makePacket();
        const std::string text = "Line " + std::to_string(i);
        check(av_new_packet(packet.get(), static_cast<int>(text.size())), "subtitle");
        std::memcpy(packet->data, text.data(), text.size());
        packet->stream_index = subtitles;
        packet->pts = packet->dts = static_cast<std::int64_t>(seconds * 250 * i);
        packet->duration = static_cast<std::int64_t>(seconds * 200);
        av_packet_rescale_ts(packet.get(), {1, 1000}, raw->streams[subtitles]->time_base);
        check(av_interleaved_write_frame(raw, packet.get()), "subtitle");
    }
    check(av_write_trailer(raw), "trailer");
}

video::Frame paintedFrame(
    int number, int width, int height, const std::string& pixelFormat, video::FrameTime time, video::ColourTags tags)
{
    video::Image8 picture(width, height, 3);
    for (int y = 0; y < height; ++y) {
        std::uint8_t* row = picture.row(y);
        for (int x = 0; x < width; ++x) {
            const int bit = (y * 4 / height) * 4 + x * 4 / width;
            const int base = (number >> bit) & 1 ? 190 : 50;
            row[3 * x] = static_cast<std::uint8_t>(base + (x * 7 + y * 3 + number) % 17);
            row[3 * x + 1] = static_cast<std::uint8_t>(base + (x * 3 + y * 5) % 13);
            row[3 * x + 2] = static_cast<std::uint8_t>(base + (x + y * 11) % 11);
        }
    }
    return video::fromRgb(picture, {video::pixelFormat(pixelFormat), width, height, tags, time});
}

int paintedNumber(const video::Image8& rgb)
{
    int number = 0;
    for (int bit = 0; bit < 16; ++bit) {
        const int x = (2 * (bit % 4) + 1) * rgb.width / 8;
        const int y = (2 * (bit / 4) + 1) * rgb.height / 8;
        int sum = 0;
        for (int dy = -2; dy < 2; ++dy) {
            for (int dx = -2; dx < 2; ++dx) {
                sum += rgb.row(y + dy)[rgb.channels * (x + dx) + 1];
            }
        }
        number |= (sum / 16 > 125 ? 1 : 0) << bit;
    }
    return number;
}

int paintedNumber(const video::Frame& frame)
{
    return paintedNumber(video::toRgb8(frame));
}

video::Frame noiseFrame(unsigned seed, int width, int height, const video::PixelFormat& format)
{
    std::mt19937 random(seed);
    video::FrameBuilder builder({format, width, height, {}, {static_cast<std::int64_t>(seed), 1, {1, 24}}});
    for (int c = 0; c < format.componentCount; ++c) {
        const auto& component = format.components[static_cast<std::size_t>(c)];
        for (int y = 0; y < format.componentHeight(c, height); ++y) {
            std::uint8_t* row = builder.row(component.plane, y) + component.offset;
            for (int x = 0; x < format.componentWidth(c, width); ++x) {
                std::uint8_t* at = row + static_cast<std::ptrdiff_t>(x) * component.step;
                if (format.isFloat) {
                    const float value = static_cast<float>(random() % 2048) / 1024.0F; // exact in half floats
                    std::memcpy(at, &value, sizeof value);
                } else {
                    const unsigned value = (random() & ((1u << component.depth) - 1)) << component.shift;
                    std::memcpy(at, &value, static_cast<std::size_t>(component.depth + component.shift + 7) / 8);
                }
            }
        }
    }
    return builder.finish();
}

std::vector<RawPacket> packetsOf(const std::filesystem::path& path, const std::string& kind, int n)
{
    const InputPtr input = openInput(path, nullptr);
    const AVMediaType type = kind == "audio"   ? AVMEDIA_TYPE_AUDIO
                             : kind == "video" ? AVMEDIA_TYPE_VIDEO
                                               : AVMEDIA_TYPE_SUBTITLE;
    int stream = -1;
    for (unsigned i = 0; i < input->nb_streams; ++i) {
        if (input->streams[i]->codecpar->codec_type == type && n-- == 0) {
            stream = static_cast<int>(i);
        }
    }
    std::vector<RawPacket> packets;
    PacketPtr packet = makePacket();
    while (av_read_frame(input.get(), packet.get()) >= 0) {
        if (packet->stream_index == stream) {
            packets.push_back({packet->pts, packet->duration,
                static_cast<double>(packet->pts) * av_q2d(input->streams[stream]->time_base),
                {reinterpret_cast<const char*>(packet->data), static_cast<std::size_t>(packet->size)}});
        }
        av_packet_unref(packet.get());
    }
    return packets;
}

std::string fileMetadata(const std::filesystem::path& path, const std::string& key)
{
    const InputPtr input = openInput(path, nullptr);
    const AVDictionaryEntry* entry = av_dict_get(input->metadata, key.c_str(), nullptr, 0);
    return entry ? entry->value : "";
}

void truncateFile(const std::filesystem::path& path, double keepFraction)
{
    const auto size = static_cast<double>(std::filesystem::file_size(path));
    std::filesystem::resize_file(path, static_cast<std::uintmax_t>(size * keepFraction));
}

} // namespace reelmend::test
