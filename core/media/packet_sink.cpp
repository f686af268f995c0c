#include "core/media/packet_sink.h"

#include <string_view>

#include "core/base/files.h"
#include "core/media/picture_folder.h"

namespace reelmend::media {

namespace fs = std::filesystem;

namespace {

std::string cannotWrite(const fs::path& target)
{
    return quoted(target) + " cannot be written.";
}

class FileSink : public PacketSink {
public:
    explicit FileSink(const WriterSettings& settings)
        : part_(settings.path)
        , output_(makeOutput(part_.path(), part_.target()))
        , name_(codecName(settings.codec))
        , rotation_(settings.rotationDegrees)
        , rate_{static_cast<int>(settings.frameRate.num), static_cast<int>(settings.frameRate.den)}
    {}

    bool needsGlobalHeader() const override { return output_->oformat->flags & AVFMT_GLOBALHEADER; }

    void begin(const AVCodecContext& encoder) override
    {
        if (avformat_query_codec(output_->oformat, encoder.codec_id, FF_COMPLIANCE_NORMAL) == 0) {
            throw base::Error(base::ErrorKind::kUsage, cannotWrite(part_.target()),
                "A file of that kind cannot hold " + name_ + ".", "Choose .mkv, or another codec.");
        }
        AVStream* stream = avformat_new_stream(output_.get(), nullptr);
        const int code = stream ? avcodec_parameters_from_context(stream->codecpar, &encoder) : AVERROR(ENOMEM);
        checkWrite(code, output_.get(), part_.target());
        stream->time_base = encoder.time_base;
        stream->avg_frame_rate = rate_;
        stream->sample_aspect_ratio = encoder.sample_aspect_ratio;
        setRotation(stream, rotation_);
        openOutput(output_.get(), part_.path(), part_.target());
    }

    void write(AVPacket& packet, AVRational timeBase) override
    {
        packet.stream_index = 0;
        av_packet_rescale_ts(&packet, timeBase, output_->streams[0]->time_base);
        checkWrite(av_interleaved_write_frame(output_.get(), &packet), output_.get(), part_.target());
    }

    void finish() override
    {
        closeAndCheck(output_, part_.target());
        part_.commit();
    }

private:
    base::PartFile part_; // before the output: closed first, removed then
    OutputPtr output_;
    std::string name_;
    int rotation_;
    AVRational rate_;
};

class SequenceSink : public PacketSink {
public:
    explicit SequenceSink(const WriterSettings& settings)
        : folder_(settings.path, settings.firstNumber)
    {}

    bool needsGlobalHeader() const override { return false; }
    void begin(const AVCodecContext&) override {}
    void write(AVPacket& packet, AVRational) override
    {
        folder_.add(packet);
        av_packet_unref(&packet);
    }
    void finish() override { folder_.commit(); }

private:
    PictureFolder folder_;
};

} // namespace

std::unique_ptr<PacketSink> makeFileSink(const WriterSettings& settings)
{
    return std::make_unique<FileSink>(settings);
}

std::unique_ptr<PacketSink> makeSequenceSink(const WriterSettings& settings)
{
    return std::make_unique<SequenceSink>(settings);
}

OutputPtr makeOutput(const fs::path& part, const fs::path& target)
{
    quietFfmpeg();
    AVFormatContext* raw = nullptr;
    const int code = avformat_alloc_output_context2(&raw, nullptr, nullptr, base::pathText(part).c_str());
    if (code < 0 || !raw) {
        throw base::Error(base::ErrorKind::kUsage, cannotWrite(target),
            "Its extension names no format that the installed FFmpeg writes.", "Use .mp4, .mov, .mkv or .webm.");
    }
    // No random ids and no library versions: the same packets make the same file, so that a run that was interrupted
    // can be shown to have gone on exactly.
    raw->flags |= AVFMT_FLAG_BITEXACT;
    raw->strict_std_compliance = kCompliance;
    return OutputPtr(raw);
}

void openOutput(AVFormatContext* output, const fs::path& part, const fs::path& target)
{
    const int opened = avio_open2(&output->pb, fileUrl(part).c_str(), AVIO_FLAG_WRITE, nullptr, nullptr);
    if (opened < 0) {
        throw ffmpegError(base::ErrorKind::kOutput, cannotWrite(target), opened);
    }
    Dictionary options;
    const std::string_view format = output->oformat->name;
    if (format == "mp4" || format == "mov") {
        // Offsets at the start are stored in the movie's time scale; at its default of a millisecond they would
        // round.
        for (unsigned i = 0; i < output->nb_streams; ++i) {
            const AVStream* stream = output->streams[i];
            if (stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO && stream->time_base.den > 0) {
                options.set("movie_timescale", std::to_string(stream->time_base.den));
                break;
            }
        }
    } else if (format == "matroska" || format == "webm") {
        // Matroska stores display times alone: decoding times below zero need no shift.
        output->avoid_negative_ts = 0;
    }
    checkWrite(avformat_write_header(output, options.address()), output, target);
}

void checkWrite(int code, const AVFormatContext* output, const fs::path& target)
{
    const int fileError = output && output->pb ? output->pb->error : 0;
    if (code < 0 || fileError < 0) {
        throw ffmpegError(base::ErrorKind::kOutput, cannotWrite(target), fileError < 0 ? fileError : code);
    }
}

void closeAndCheck(OutputPtr& output, const fs::path& target)
{
    checkWrite(av_write_trailer(output.get()), output.get(), target);
    avio_flush(output->pb);
    checkWrite(0, output.get(), target);
    const int code = avio_closep(&output->pb);
    output.reset();
    checkWrite(code, nullptr, target);
}

void setRotation(AVStream* stream, int degreesClockwise)
{
    if (degreesClockwise % 360 == 0) {
        return;
    }
    std::uint8_t* data = av_stream_new_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, sizeof(std::int32_t) * 9);
    if (data) {
        av_display_rotation_set(reinterpret_cast<std::int32_t*>(data), degreesClockwise);
    }
}

} // namespace reelmend::media
