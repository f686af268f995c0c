#include "core/media/packet_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <optional>
#include <utility>
#include <vector>

#include "core/base/files.h"
#include "core/media/sequence.h"

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
        , rotation_(settings.rotationDegrees)
        , rate_{static_cast<int>(settings.frameRate.num), static_cast<int>(settings.frameRate.den)}
    {}

    bool needsGlobalHeader() const override { return output_->oformat->flags & AVFMT_GLOBALHEADER; }

    void begin(const AVCodecContext& encoder) override
    {
        AVStream* stream = avformat_new_stream(output_.get(), nullptr);
        int code = stream ? avcodec_parameters_from_context(stream->codecpar, &encoder) : AVERROR(ENOMEM);
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
    int rotation_;
    AVRational rate_;
};

// Pictures are made in a folder of their own beside the target and moved in at the end.
class SequenceSink : public PacketSink {
public:
    explicit SequenceSink(const WriterSettings& settings)
        : number_(settings.firstNumber)
    {
        std::optional<Sequence> names = parsePattern(settings.path);
        if (!names) {
            throw base::Error(base::ErrorKind::kUsage, cannotWrite(settings.path),
                "A sequence needs a place for the number in its name.",
                "Use a name such as \"" + base::pathText(settings.path.stem()) + ".%04d" +
                    base::pathText(settings.path.extension()) + "\".");
        }
        names_ = *std::move(names);
        target_ = settings.path;
        const fs::path folder = names_.folder.empty() ? fs::path(".") : names_.folder;
        std::error_code code;
        if (!fs::is_directory(folder, code)) {
            throw base::systemError(base::ErrorKind::kOutput, cannotWrite(target_), code ? code.value() : ENOENT);
        }
        hidden_ = folder / base::pathFromText("." + names_.prefix + "part" + std::to_string(::getpid()));
        if (!fs::create_directory(hidden_, code) && code) {
            throw base::systemError(base::ErrorKind::kOutput, cannotWrite(target_), code.value());
        }
    }
    ~SequenceSink() override
    {
        std::error_code ignored;
        fs::remove_all(hidden_, ignored);
    }

    bool needsGlobalHeader() const override { return false; }
    void begin(const AVCodecContext&) override {}

    void write(AVPacket& packet, AVRational) override
    {
        const fs::path name = names_.numberedPath(number_++).filename();
        AVIOContext* file = nullptr;
        int code = avio_open2(&file, fileUrl(hidden_ / name).c_str(), AVIO_FLAG_WRITE, nullptr, nullptr);
        if (code >= 0) {
            avio_write(file, packet.data, packet.size);
            avio_flush(file);
            code = file->error;
            const int closed = avio_closep(&file);
            code = code < 0 ? code : closed;
        }
        if (code < 0) {
            throw ffmpegError(base::ErrorKind::kOutput, cannotWrite(target_), code);
        }
        made_.push_back(name);
        av_packet_unref(&packet);
    }

    void finish() override
    {
        if (const int folder = ::open(hidden_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); folder >= 0) {
            ::syncfs(folder); // once for all, rather than once for each of thousands
            ::close(folder);
        }
        for (const fs::path& name : made_) {
            std::error_code code;
            fs::rename(hidden_ / name, hidden_.parent_path() / name, code);
            if (code) {
                throw base::systemError(base::ErrorKind::kOutput, cannotWrite(target_), code.value());
            }
        }
    }

private:
    Sequence names_;
    fs::path target_, hidden_;
    std::vector<fs::path> made_;
    std::int64_t number_;
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
        av_display_rotation_set(reinterpret_cast<std::int32_t*>(data), -degreesClockwise);
    }
}

} // namespace reelmend::media
