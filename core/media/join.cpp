#include "core/media/join.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "core/base/files.h"
#include "core/media/carry.h"
#include "core/media/clip_file.h"
#include "core/media/join_sequence.h"
#include "core/media/packet_sink.h"
#include "core/media/subtitle_converter.h"

namespace reelmend::media {

namespace fs = std::filesystem;

namespace {

// Times of the source that the output covers, in AV_TIME_BASE units.
struct Span {
    std::int64_t begin = INT64_MIN; // INT64_MIN and INT64_MAX: from the very start, to the very end
    std::int64_t end = INT64_MAX;
    std::int64_t shift = 0; // subtracted from all times
    bool isPart = false;

    bool contains(std::int64_t time) const { return time >= begin && time < end; }
};

Span spanOf(const AVFormatContext& source, const PacketIndex& index, const std::optional<base::FrameRange>& range)
{
    Span span;
    const auto count = static_cast<std::int64_t>(index.frames.size());
    const AVRational timeBase{static_cast<int>(index.timeBase.num), static_cast<int>(index.timeBase.den)};
    const auto timeOf = [&](std::int64_t frame) {
        return av_rescale_q(index.frames[static_cast<std::size_t>(frame)].pts, timeBase, AV_TIME_BASE_Q);
    };
    if (source.start_time != AV_NOPTS_VALUE) {
        span.shift = std::max<std::int64_t>(0, source.start_time);
    }
    if (range && (range->begin > 0 || range->end < count)) {
        span.isPart = true;
        if (range->begin > 0) {
            span.begin = span.shift = timeOf(std::min(range->begin, count - 1));
        }
        if (range->end < count) {
            span.end = timeOf(range->end);
        }
    }
    return span;
}

// The video packets of all segments, one behind the other.
class SegmentPackets {
public:
    SegmentPackets(const std::vector<fs::path>& segments, const base::Control* control)
        : segments_(segments)
        , control_(control)
        , packet_(makePacket())
    {
        openNext();
    }

    const AVStream& stream() const { return *input_->streams[stream_]; }
    AVRational timeBase() const { return timeBase_; }
    double fraction() const
    {
        const std::int64_t size = input_ ? avio_size(input_->pb) : 0;
        const double inside = size > 0 ? static_cast<double>(avio_tell(input_->pb)) / static_cast<double>(size) : 0.0;
        return (static_cast<double>(next_) - 1 + std::clamp(inside, 0.0, 1.0)) /
               static_cast<double>(segments_.size());
    }

    // The packet that comes next, in timeBase(), or null at the end.
    AVPacket* peek()
    {
        while (!hasPacket_ && input_) {
            const int code = av_read_frame(input_.get(), packet_.get());
            if (code >= 0 && packet_->stream_index == stream_) {
                place();
                hasPacket_ = true;
            } else if (code >= 0) {
                av_packet_unref(packet_.get());
            } else if (code == AVERROR_EOF) {
                openNext();
            } else {
                throw ffmpegError(base::ErrorKind::kInput, quoted(segments_[next_ - 1]) + " cannot be read.", code);
            }
        }
        return hasPacket_ ? packet_.get() : nullptr;
    }
    void taken() { hasPacket_ = false; }

private:
    void openNext()
    {
        if (next_ == segments_.size()) {
            input_.reset();
            return;
        }
        const fs::path& path = segments_[next_++];
        InputPtr opened = openInput(path, control_);
        const int stream = footageStream(opened.get());
        if (stream < 0) {
            throw base::Error(base::ErrorKind::kInput, quoted(path) + " cannot be joined.", "It holds no pictures.");
        }
        const AVCodecParameters& p = *opened->streams[stream]->codecpar;
        if (!parameters_) {
            parameters_.reset(avcodec_parameters_alloc());
            avcodec_parameters_copy(parameters_.get(), &p);
            timeBase_ = opened->streams[stream]->time_base;
        } else if (!fits(p)) {
            throw base::Error(base::ErrorKind::kInput, quoted(path) + " cannot be joined.",
                "It was made with other settings than the segments before it.", "Make the segments anew.");
        }
        input_ = std::move(opened);
        stream_ = stream;
        isFirstOfSegment_ = true;
    }

    bool fits(const AVCodecParameters& p) const
    {
        const AVCodecParameters& q = *parameters_;
        return p.codec_id == q.codec_id && p.width == q.width && p.height == q.height && p.format == q.format &&
               p.extradata_size == q.extradata_size &&
               (p.extradata_size == 0 ||
                   std::memcmp(p.extradata, q.extradata, static_cast<std::size_t>(p.extradata_size)) == 0);
    }

    void place()
    {
        av_packet_rescale_ts(packet_.get(), input_->streams[stream_]->time_base, timeBase_);
        if (packet_->pts == AV_NOPTS_VALUE) {
            packet_->pts = packet_->dts;
        }
        // Segments carry absolute times; one that starts over at zero goes behind its predecessor.
        if (isFirstOfSegment_) {
            offset_ = packet_->pts < end_ ? end_ - packet_->pts : 0;
            isFirstOfSegment_ = false;
        }
        packet_->pts += offset_;
        if (packet_->dts != AV_NOPTS_VALUE) {
            packet_->dts = std::min(packet_->dts + offset_, packet_->pts);
            if (lastDts_ != AV_NOPTS_VALUE && packet_->dts <= lastDts_) {
                packet_->dts = std::min(lastDts_ + 1, packet_->pts);
            }
            lastDts_ = packet_->dts;
        }
        end_ = std::max(end_, packet_->pts + std::max<std::int64_t>(1, packet_->duration));
    }

    struct FreeParameters {
        void operator()(AVCodecParameters* p) const { avcodec_parameters_free(&p); }
    };
    const std::vector<fs::path>& segments_;
    const base::Control* control_;
    std::size_t next_ = 0;
    InputPtr input_;
    int stream_ = -1;
    std::unique_ptr<AVCodecParameters, FreeParameters> parameters_;
    AVRational timeBase_{1, 1};
    PacketPtr packet_;
    bool hasPacket_ = false, isFirstOfSegment_ = true;
    std::int64_t offset_ = 0, end_ = INT64_MIN / 2, lastDts_ = AV_NOPTS_VALUE;
};

// The packets of the source's carried tracks that fall into the span.
class CarriedPackets {
public:
    CarriedPackets(AVFormatContext* source, std::vector<int> outputOf, const Span& span)
        : source_(source)
        , outputOf_(std::move(outputOf))
        , span_(span)
        , packet_(makePacket())
    {
        bool isAnything = false;
        for (unsigned i = 0; i < source->nb_streams; ++i) {
            const bool isWanted = outputOf_[i] >= 0;
            source->streams[i]->discard = isWanted ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
            isAnything = isAnything || isWanted;
        }
        isAtEnd_ = !isAnything;
        if (isAnything && span.begin != INT64_MIN) {
            // Early enough for subtitles that are still on screen when the range begins.
            avformat_seek_file(source, -1, INT64_MIN, span.begin - 10 * AV_TIME_BASE, span.begin, 0);
        }
    }

    AVPacket* peek()
    {
        while (!hasPacket_ && !isAtEnd_) {
            if (av_read_frame(source_, packet_.get()) < 0) {
                isAtEnd_ = true;
            } else if (isWanted()) {
                hasPacket_ = true;
            } else {
                av_packet_unref(packet_.get());
            }
        }
        return hasPacket_ ? packet_.get() : nullptr;
    }
    void taken() { hasPacket_ = false; }
    int output() const { return outputOf_[static_cast<std::size_t>(packet_->stream_index)]; }
    AVRational timeBase() const { return source_->streams[packet_->stream_index]->time_base; }

private:
    bool isWanted()
    {
        if (outputOf_[static_cast<std::size_t>(packet_->stream_index)] < 0) {
            return false;
        }
        const AVStream& stream = *source_->streams[packet_->stream_index];
        if (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) {
            return true;
        }
        const std::int64_t pts = packet_->pts != AV_NOPTS_VALUE ? packet_->pts : packet_->dts;
        if (pts == AV_NOPTS_VALUE || !span_.isPart) {
            return true;
        }
        const std::int64_t time = av_rescale_q(pts, stream.time_base, AV_TIME_BASE_Q);
        if (stream.codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE && packet_->duration > 0 &&
            span_.begin != INT64_MIN && time < span_.begin) {
            return cutSubtitle(stream, time);
        }
        return span_.contains(time);
    }

    // A subtitle that began before the range is shown for what is left of it.
    bool cutSubtitle(const AVStream& stream, std::int64_t time)
    {
        const std::int64_t length = av_rescale_q(packet_->duration, stream.time_base, AV_TIME_BASE_Q);
        if (time + length <= span_.begin) {
            return false;
        }
        packet_->duration = av_rescale_q(time + length - span_.begin, AV_TIME_BASE_Q, stream.time_base);
        packet_->pts = packet_->dts = av_rescale_q(span_.begin, AV_TIME_BASE_Q, stream.time_base);
        return true;
    }

    AVFormatContext* source_;
    std::vector<int> outputOf_; // output stream by source stream, -1 = not carried
    Span span_;
    PacketPtr packet_;
    bool hasPacket_ = false, isAtEnd_ = false;
};

std::int64_t timeOf(const AVPacket& packet, AVRational timeBase)
{
    const std::int64_t ticks = packet.dts != AV_NOPTS_VALUE ? packet.dts : packet.pts;
    return ticks == AV_NOPTS_VALUE ? INT64_MIN : av_rescale_q(ticks, timeBase, AV_TIME_BASE_Q);
}

void appendInside(std::vector<CarryItem>& items, const fs::path& source, const AVStream& footage)
{
    for (CarryItem& item : itemsInsidePictures(source, footage)) {
        items.push_back(std::move(item));
    }
}

class Joiner {
public:
    Joiner(const std::vector<fs::path>& segments, const fs::path& target, const JoinSettings& settings)
        : settings_(settings)
        , target_(target)
        , segments_(segments, settings.control)
        , part_(target)
        , output_(makeOutput(part_.path(), target))
    {}

    std::vector<CarryItem> run()
    {
        openSource();
        addStreams();
        openOutput(output_.get(), part_.path(), target_);
        copyPackets();
        closeAndCheck(output_, target_);
        if (source_) {
            verifyCarried(part_.path(), *source_, plan_.items);
        }
        part_.commit();
        if (settings_.progress) {
            settings_.progress(1);
        }
        return std::move(plan_.items);
    }

private:
    void openSource()
    {
        if (!settings_.carryFrom || namesSequence(*settings_.carryFrom) ||
            pictureCodec(*settings_.carryFrom) != AV_CODEC_ID_NONE) {
            return;
        }
        const ClipFile clip = openClip(*settings_.carryFrom, {24, 1}, settings_.control);
        span_ = spanOf(*clip.input, indexOf(clip, settings_.control, {}, true), settings_.range);
        source_ = openInput(*settings_.carryFrom, settings_.control);
        footage_ = clip.stream;
        CarryTarget target = carryTarget(target_);
        target.isPart = span_.isPart;
        target.firstFrame = settings_.range ? settings_.range->begin : 0;
        plan_ = makeCarryPlan(*source_, footage_, target);
        appendInside(plan_.items, *settings_.carryFrom, *source_->streams[footage_]);
    }

    void addVideo()
    {
        const AVStream& from = segments_.stream();
        AVStream* stream = avformat_new_stream(output_.get(), nullptr);
        const int code = stream ? avcodec_parameters_copy(stream->codecpar, from.codecpar) : AVERROR(ENOMEM);
        checkWrite(code, output_.get(), target_);
        AVCodecParameters& p = *stream->codecpar;
        if (output_->oformat->codec_tag && av_codec_get_id(output_->oformat->codec_tag, p.codec_tag) != p.codec_id) {
            p.codec_tag = 0;
        }
        const std::string_view format = output_->oformat->name;
        if (p.codec_id == AV_CODEC_ID_HEVC && (format == "mp4" || format == "mov")) {
            p.codec_tag = MKTAG('h', 'v', 'c', '1'); // what Apple's players ask for
        }
        stream->time_base = segments_.timeBase();
        stream->avg_frame_rate = from.avg_frame_rate;
        stream->sample_aspect_ratio = from.sample_aspect_ratio;
        stream->disposition = AV_DISPOSITION_DEFAULT;
        copyVideoSideData(stream, from);
        video_ = stream->index;
        if (!source_) {
            return;
        }
        const AVStream& original = *source_->streams[footage_];
        copyVideoSideData(stream, original);
        copyHdrMetadata(stream, *settings_.carryFrom, footage_);
        stream->disposition = original.disposition;
        av_dict_copy(&stream->metadata, original.metadata, 0);
        for (const char* key : {"encoder", "DURATION", "NUMBER_OF_BYTES", "NUMBER_OF_FRAMES", "BPS", "timecode"}) {
            av_dict_set(&stream->metadata, key, nullptr, 0);
        }
        if (!plan_.timecode.empty()) {
            av_dict_set(&stream->metadata, "timecode", plan_.timecode.c_str(), 0);
        }
    }

    // The output's tracks come in the source's order.
    void addStreams()
    {
        if (!source_) {
            addVideo();
            return;
        }
        outputOf_.assign(source_->nb_streams, -1);
        auto next = plan_.streams.begin();
        for (int i = 0; i < static_cast<int>(source_->nb_streams); ++i) {
            if (i == footage_) {
                addVideo();
            } else if (next != plan_.streams.end() && next->source == i) {
                const CarryPlan::How how = (next++)->how;
                if (how != CarryPlan::How::kLeave) {
                    AVStream* stream = addCarriedStream(output_.get(), *source_->streams[i], how);
                    if (how == CarryPlan::How::kConvertSubtitles) {
                        const AVStream& from = *source_->streams[i];
                        const AVCodecID form = SubtitleConverter::formFor(*output_->oformat, from.codecpar->codec_id);
                        converters_.emplace(stream->index, SubtitleConverter(from, form));
                        converters_.at(stream->index).describe(stream);
                    }
                    const bool hasPackets = stream->codecpar->codec_type != AVMEDIA_TYPE_ATTACHMENT;
                    outputOf_[static_cast<std::size_t>(i)] = hasPackets ? stream->index : -1;
                }
            }
        }
        copyMetadata(output_.get(), *source_, plan_);
        if (plan_.keepsChapters) {
            copyChapters(output_.get(), *source_, span_.shift, span_.begin, span_.end);
        }
    }

    void write(AVPacket& packet, int stream, AVRational timeBase)
    {
        const AVRational to = output_->streams[stream]->time_base;
        const std::int64_t shift = av_rescale_q(span_.shift, AV_TIME_BASE_Q, timeBase);
        if (packet.pts != AV_NOPTS_VALUE) {
            packet.pts -= shift;
        }
        if (packet.dts != AV_NOPTS_VALUE) {
            packet.dts -= shift;
        }
        av_packet_rescale_ts(&packet, timeBase, to);
        packet.stream_index = stream;
        packet.pos = -1;
        checkWrite(av_interleaved_write_frame(output_.get(), &packet), output_.get(), target_);
    }

    void copyPackets()
    {
        std::optional<CarriedPackets> carried;
        if (source_) {
            carried.emplace(source_.get(), outputOf_, span_);
        }
        double reported = 0;
        for (;;) {
            if (settings_.control) {
                settings_.control->checkpoint();
            }
            AVPacket* picture = segments_.peek();
            AVPacket* other = carried ? carried->peek() : nullptr;
            if (!picture && !other) {
                return;
            }
            const bool takesPicture =
                picture && (!other || timeOf(*picture, segments_.timeBase()) <= timeOf(*other, carried->timeBase()));
            if (takesPicture) {
                write(*picture, video_, segments_.timeBase());
                segments_.taken();
            } else {
                const auto converter = converters_.find(carried->output());
                if (converter == converters_.end() || converter->second.convert(other)) {
                    write(*other, carried->output(), carried->timeBase());
                }
                av_packet_unref(other);
                carried->taken();
            }
            if (const double now = segments_.fraction(); settings_.progress && now - reported >= 0.01) {
                reported = now;
                settings_.progress(now);
            }
        }
    }

    const JoinSettings& settings_;
    fs::path target_;
    SegmentPackets segments_;
    base::PartFile part_;
    OutputPtr output_;
    InputPtr source_;
    int footage_ = -1, video_ = 0;
    Span span_;
    CarryPlan plan_;
    std::vector<int> outputOf_;
    std::map<int, SubtitleConverter> converters_; // by output stream
};

} // namespace

std::vector<CarryItem> joinSegments(
    const std::vector<fs::path>& segments, const fs::path& output, const JoinSettings& settings)
{
    quietFfmpeg();
    if (segments.empty()) {
        throw base::Error(base::ErrorKind::kUsage, quoted(output) + " cannot be written.", "There are no segments.");
    }
    if (parsePattern(output) && pictureCodec(output) != AV_CODEC_ID_NONE) {
        joinSequences(segments, output, settings);
        return settings.carryFrom ? planCarry(*settings.carryFrom, output, settings.range) : std::vector<CarryItem>{};
    }
    return Joiner(segments, output, settings).run();
}

std::vector<CarryItem> planCarry(
    const fs::path& source, const fs::path& output, const std::optional<base::FrameRange>& range)
{
    quietFfmpeg();
    if (namesSequence(source) || pictureCodec(source) != AV_CODEC_ID_NONE) {
        return {};
    }
    const ClipFile clip = openClip(source, {24, 1}, nullptr);
    CarryTarget target = carryTarget(output);
    if (range) {
        const Span span = spanOf(*clip.input, indexOf(clip, nullptr, {}, true), range);
        target.isPart = span.isPart;
        target.firstFrame = range->begin;
    }
    std::vector<CarryItem> items = makeCarryPlan(*clip.input, clip.stream, target).items;
    appendInside(items, source, *clip.input->streams[clip.stream]);
    return items;
}

} // namespace reelmend::media
