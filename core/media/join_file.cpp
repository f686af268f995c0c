#include "core/media/join_file.h"

#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/files.h"
#include "core/media/carried_packets.h"
#include "core/media/carry.h"
#include "core/media/carry_span.h"
#include "core/media/clip_file.h"
#include "core/media/packet_sink.h"
#include "core/media/segment_packets.h"
#include "core/media/sequence.h"
#include "core/media/subtitle_converter.h"

namespace reelmend::media {

namespace fs = std::filesystem;

namespace {

std::int64_t timeOf(const AVPacket& packet, AVRational timeBase)
{
    const std::int64_t ticks = packet.dts != AV_NOPTS_VALUE ? packet.dts : packet.pts;
    return ticks == AV_NOPTS_VALUE ? INT64_MIN : av_rescale_q(ticks, timeBase, AV_TIME_BASE_Q);
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
        span_ = carrySpan(*clip.input, indexOf(clip, settings_.control, {}, true), settings_.range);
        source_ = openInput(*settings_.carryFrom, settings_.control);
        footage_ = clip.stream;
        plan_ = makeCarryPlan(*settings_.carryFrom, *source_, footage_, target_, span_);
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
    CarrySpan span_;
    CarryPlan plan_;
    std::vector<int> outputOf_;                   // by source stream, -1 = none
    std::map<int, SubtitleConverter> converters_; // by output stream
};

} // namespace

std::vector<CarryItem> joinFile(
    const std::vector<fs::path>& segments, const fs::path& output, const JoinSettings& settings)
{
    return Joiner(segments, output, settings).run();
}

} // namespace reelmend::media
