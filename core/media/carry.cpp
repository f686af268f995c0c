#include "core/media/carry.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <string_view>

#include "core/base/files.h"
#include "core/media/clip_file.h"
#include "core/media/packet_sink.h"
#include "core/media/sequence.h"
#include "core/media/subtitle_converter.h"

namespace reelmend::media {

namespace {

using Fate = CarryItem::Fate;

std::string kindText(video::StreamKind kind)
{
    switch (kind) {
    case video::StreamKind::kVideo:
        return "Video";
    case video::StreamKind::kAudio:
        return "Audio";
    case video::StreamKind::kSubtitle:
        return "Subtitles";
    case video::StreamKind::kAttachment:
        return "Attachment";
    default:
        return "Data track";
    }
}

std::string thingText(const video::StreamInfo& info, int number)
{
    std::string text = info.isPicture ? "Cover picture" : kindText(info.kind);
    if (!info.isPicture && info.kind != video::StreamKind::kAttachment) {
        text += " " + std::to_string(number);
    }
    std::string details = info.codec;
    for (const std::string& part : {info.summary, info.language}) {
        if (!part.empty()) {
            details += (details.empty() ? "" : ", ") + part;
        }
    }
    return details.empty() ? text : text + " (" + details + ")";
}

bool isMatroska(const AVOutputFormat& format)
{
    return std::string_view(format.name) == "matroska";
}

const char* formName(AVCodecID form)
{
    return form == AV_CODEC_ID_MOV_TEXT ? "MP4 timed text" : form == AV_CODEC_ID_WEBVTT ? "WebVTT" : "SubRip";
}

// A muxer may name a codec among those it takes and refuse it all the same (FLAC and Opus in .mov): a header of that
// one track is written into memory to see.
bool isTaken(const AVOutputFormat& format, const AVStream& stream)
{
    const QuietThread quiet;
    AVFormatContext* raw = nullptr;
    if (avformat_alloc_output_context2(&raw, &format, nullptr, nullptr) < 0) {
        return false;
    }
    const std::unique_ptr<AVFormatContext, FreeByPointer<avformat_free_context>> output(raw);
    output->strict_std_compliance = kCompliance;
    bool isWritten = false;
    if (avio_open_dyn_buf(&output->pb) >= 0) {
        try {
            addCarriedStream(output.get(), stream, CarryPlan::How::kCopy);
            isWritten = avformat_write_header(output.get(), nullptr) >= 0;
        } catch (const base::Error&) {
            isWritten = false;
        }
        std::uint8_t* written = nullptr;
        avio_close_dyn_buf(output->pb, &written);
        output->pb = nullptr;
        av_free(written);
    }
    return isWritten;
}

CarryPlan::How howToCarry(const AVStream& stream, const CarryTarget& target, std::string& why)
{
    const AVCodecParameters& p = *stream.codecpar;
    if (!target.format) {
        why = "Numbered pictures hold nothing else.";
        return CarryPlan::How::kLeave;
    }
    const std::string cannotHold = "A " + target.extension + " file cannot hold it. Choose .mkv to keep it.";
    if (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) {
        if (isMatroska(*target.format)) {
            return CarryPlan::How::kAttachPicture;
        }
        const bool isKnown =
            p.codec_id == AV_CODEC_ID_MJPEG || p.codec_id == AV_CODEC_ID_PNG || p.codec_id == AV_CODEC_ID_BMP;
        why = cannotHold;
        if (std::string_view(target.format->name) == "mov") {
            why =
                "A .mov file cannot hold it. Choose .mp4 or .mkv to keep it."; // FFmpeg would drop it without a word
            return CarryPlan::How::kLeave;
        }
        return isMp4Family(*target.format) && isKnown ? CarryPlan::How::kCopy : CarryPlan::How::kLeave;
    }
    if (p.codec_type == AVMEDIA_TYPE_ATTACHMENT) {
        why = cannotHold;
        return isMatroska(*target.format) ? CarryPlan::How::kCopy : CarryPlan::How::kLeave;
    }
    if (p.codec_type == AVMEDIA_TYPE_VIDEO) {
        why = "It is a second picture track; only the first is enhanced.";
        return CarryPlan::How::kLeave;
    }
    if (p.codec_type != AVMEDIA_TYPE_AUDIO && p.codec_type != AVMEDIA_TYPE_SUBTITLE) {
        why = "Data tracks of this kind cannot be carried over.";
        return CarryPlan::How::kLeave;
    }
    if (avformat_query_codec(target.format, p.codec_id, FF_COMPLIANCE_NORMAL) != 1 ||
        !isTaken(*target.format, stream)) {
        const AVCodecID form = SubtitleConverter::formFor(*target.format, p.codec_id);
        if (form != AV_CODEC_ID_NONE && avcodec_find_decoder(p.codec_id) && avcodec_find_encoder(form)) {
            why = std::string("They become ") + formName(form) + "; their text stays.";
            return CarryPlan::How::kConvertSubtitles;
        }
        why = cannotHold;
        if (p.codec_type == AVMEDIA_TYPE_AUDIO && std::string_view(target.format->name) == "mp4") {
            why = "A " + target.extension + " file cannot hold it. Choose .mov or .mkv to keep it.";
        }
        return CarryPlan::How::kLeave;
    }
    return CarryPlan::How::kCopy;
}

std::string timecodeAfter(const std::string& timecode, AVRational rate, std::int64_t frames)
{
    AVTimecode parsed{};
    if (timecode.empty() || rate.num <= 0 ||
        av_timecode_init_from_string(&parsed, rate, timecode.c_str(), nullptr) < 0) {
        return timecode;
    }
    char text[AV_TIMECODE_STR_SIZE] = {};
    return av_timecode_make_string(&parsed, text, static_cast<int>(frames));
}

void planTimecode(CarryPlan& plan, const AVFormatContext& source, int footage, const CarryTarget& target)
{
    const AVStream& stream = *source.streams[footage];
    const std::string timecode = headerOf(source, footage).timecode;
    if (timecode.empty()) {
        return;
    }
    CarryItem item{Fate::kKept, "Timecode (" + timecode + ")", {}};
    if (!target.format || !(isMp4Family(*target.format) || isMatroska(*target.format))) {
        item.fate = Fate::kLost;
        item.text = "The output cannot hold a timecode. Choose .mov, .mp4 or .mkv to keep it.";
    } else {
        plan.timecode = timecodeAfter(timecode, stream.avg_frame_rate, target.firstFrame);
        if (plan.timecode != timecode) {
            item.fate = Fate::kChanged;
            item.text = "It starts at " + plan.timecode + ", where the range begins.";
        }
    }
    plan.items.push_back(item);
}

// QuickTime and MP4 keep the names of chapters in a track of its own, which is read, and written, as chapters.
bool holdsChapters(const AVFormatContext& source, const AVStream& stream)
{
    return source.nb_chapters > 0 && stream.codecpar->codec_type == AVMEDIA_TYPE_DATA &&
           stream.codecpar->codec_id == AV_CODEC_ID_BIN_DATA &&
           stream.codecpar->codec_tag == MKTAG('t', 'e', 'x', 't');
}

// Keys that describe the container itself, not the content.
bool isOfContainer(std::string_view key)
{
    constexpr std::array<std::string_view, 6> kKeys{
        "encoder", "major_brand", "minor_version", "compatible_brands", "timecode", "duration"};
    std::string lower(key);
    std::transform(lower.begin(), lower.end(), lower.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::find(kKeys.begin(), kKeys.end(), lower) != kKeys.end();
}

std::vector<std::string> contentKeys(const AVDictionary* dictionary)
{
    std::vector<std::string> keys;
    const AVDictionaryEntry* entry = nullptr;
    while ((entry = av_dict_get(dictionary, "", entry, AV_DICT_IGNORE_SUFFIX))) {
        if (!isOfContainer(entry->key)) {
            keys.emplace_back(entry->key);
        }
    }
    return keys;
}

void copyContentTags(AVDictionary** to, const AVDictionary* from)
{
    const AVDictionaryEntry* entry = nullptr;
    while ((entry = av_dict_get(from, "", entry, AV_DICT_IGNORE_SUFFIX))) {
        if (!isOfContainer(entry->key)) {
            av_dict_set(to, entry->key, entry->value, 0);
        }
    }
}

} // namespace

CarryTarget carryTarget(const std::filesystem::path& output)
{
    CarryTarget target;
    target.extension = base::pathText(output.extension());
    if (pictureCodec(output) == AV_CODEC_ID_NONE) {
        target.format = av_guess_format(nullptr, base::pathText(output.filename()).c_str(), nullptr);
        if (!target.format) {
            throw base::Error(base::ErrorKind::kUsage, quoted(output) + " cannot be written.",
                "Its extension names no format that the installed FFmpeg writes.", "Use .mp4, .mov, .mkv or .webm.");
        }
    }
    return target;
}

CarryPlan makeCarryPlan(const AVFormatContext& source, int footage, const CarryTarget& target)
{
    CarryPlan plan;
    const video::ClipHeader header = headerOf(source, footage);
    std::array<int, 6> numbers{};
    for (unsigned i = 0; i < source.nb_streams; ++i) {
        const video::StreamInfo& info = header.streams[i];
        const bool isSaidElsewhere =
            info.kind == video::StreamKind::kTimecode || holdsChapters(source, *source.streams[i]);
        if (static_cast<int>(i) == footage || isSaidElsewhere) {
            continue;
        }
        const int number = ++numbers[static_cast<std::size_t>(info.kind)];
        CarryItem item{Fate::kKept, thingText(info, number), {}};
        std::string why;
        const CarryPlan::How how = howToCarry(*source.streams[i], target, why);
        if (how == CarryPlan::How::kLeave) {
            item.fate = Fate::kLost;
            item.text = why;
        } else if (how == CarryPlan::How::kConvertSubtitles) {
            item.fate = Fate::kChanged;
            item.text = why;
        } else if (target.isPart &&
                   (info.kind == video::StreamKind::kAudio || info.kind == video::StreamKind::kSubtitle)) {
            item.fate = Fate::kChanged;
            item.text = "Cut to the range, at whole packets.";
        }
        plan.streams.push_back({static_cast<int>(i), how});
        plan.items.push_back(item);
    }
    if (source.nb_chapters > 0) {
        CarryItem item{Fate::kKept, "Chapters (" + std::to_string(source.nb_chapters) + ")", {}};
        plan.keepsChapters = target.format && (isMatroska(*target.format) || isMp4Family(*target.format) ||
                                                  std::string_view(target.format->name) == "webm");
        if (!plan.keepsChapters) {
            item.fate = Fate::kLost;
            item.text = "The output cannot hold chapters. Choose .mkv or .mp4 to keep them.";
        } else if (target.isPart) {
            item.fate = Fate::kChanged;
            item.text = "Cut to the range.";
        }
        plan.items.push_back(item);
    }
    planTimecode(plan, source, footage, target);
    const std::size_t keys = contentKeys(source.metadata).size();
    plan.keepsMetadata = target.format != nullptr;
    if (keys > 0) {
        plan.items.push_back({plan.keepsMetadata ? Fate::kKept : Fate::kLost,
            "Metadata (" + std::to_string(keys) + (keys == 1 ? " entry)" : " entries)"),
            plan.keepsMetadata ? "" : "Numbered pictures hold nothing else."});
    }
    return plan;
}

AVStream* addCarriedStream(AVFormatContext* output, const AVStream& source, CarryPlan::How how)
{
    AVStream* stream = avformat_new_stream(output, nullptr);
    int code = stream ? avcodec_parameters_copy(stream->codecpar, source.codecpar) : AVERROR(ENOMEM);
    if (code < 0) {
        throw ffmpegError(base::ErrorKind::kOutput, "A track cannot be carried over.", code);
    }
    AVCodecParameters& p = *stream->codecpar;
    // A tag of the source's container means something else, or nothing, in another one.
    if (output->oformat->codec_tag && av_codec_get_id(output->oformat->codec_tag, p.codec_tag) != p.codec_id) {
        p.codec_tag = 0;
    }
    stream->time_base = source.time_base;
    stream->avg_frame_rate = source.avg_frame_rate;
    stream->disposition = source.disposition;
    copyContentTags(&stream->metadata, source.metadata);
    if (how == CarryPlan::How::kAttachPicture) { // Matroska keeps cover art among its attachments
        const AVPacket& picture = source.attached_pic;
        av_freep(&p.extradata);
        p.extradata = static_cast<std::uint8_t*>(
            av_mallocz(static_cast<std::size_t>(picture.size) + AV_INPUT_BUFFER_PADDING_SIZE));
        if (!p.extradata) {
            throw ffmpegError(base::ErrorKind::kOutput, "A track cannot be carried over.", AVERROR(ENOMEM));
        }
        std::memcpy(p.extradata, picture.data, static_cast<std::size_t>(picture.size));
        p.extradata_size = picture.size;
        p.codec_type = AVMEDIA_TYPE_ATTACHMENT;
        const bool isPng = p.codec_id == AV_CODEC_ID_PNG;
        av_dict_set(&stream->metadata, "mimetype", isPng ? "image/png" : "image/jpeg", AV_DICT_DONT_OVERWRITE);
        av_dict_set(&stream->metadata, "filename", isPng ? "cover.png" : "cover.jpg", AV_DICT_DONT_OVERWRITE);
        stream->disposition = 0;
    }
    return stream;
}

void copyMetadata(AVFormatContext* output, const AVFormatContext& source, const CarryPlan& plan)
{
    if (plan.keepsMetadata) {
        copyContentTags(&output->metadata, source.metadata);
    }
}

void copyChapters(
    AVFormatContext* output, const AVFormatContext& source, std::int64_t shift, std::int64_t begin, std::int64_t end)
{
    for (unsigned i = 0; i < source.nb_chapters; ++i) {
        const AVChapter& from = *source.chapters[i];
        const std::int64_t first = av_rescale_q(begin, AV_TIME_BASE_Q, from.time_base);
        const std::int64_t last = end == INT64_MAX ? end : av_rescale_q(end, AV_TIME_BASE_Q, from.time_base);
        const std::int64_t start = begin == INT64_MIN ? from.start : std::max(from.start, first);
        const std::int64_t stop = std::min(from.end, last);
        if (stop <= start) {
            continue;
        }
        auto* chapter = static_cast<AVChapter*>(av_mallocz(sizeof(AVChapter)));
        auto** grown =
            static_cast<AVChapter**>(av_realloc_array(output->chapters, output->nb_chapters + 1, sizeof(AVChapter*)));
        if (!chapter || !grown) {
            av_free(chapter);
            throw ffmpegError(base::ErrorKind::kOutput, "Chapters cannot be carried over.", AVERROR(ENOMEM));
        }
        output->chapters = grown;
        output->chapters[output->nb_chapters++] = chapter;
        const std::int64_t move = av_rescale_q(shift, AV_TIME_BASE_Q, from.time_base);
        chapter->id = from.id;
        chapter->time_base = from.time_base;
        chapter->start = std::max<std::int64_t>(0, start - move);
        chapter->end = stop - move;
        av_dict_copy(&chapter->metadata, from.metadata, 0);
    }
}

void copyVideoSideData(AVStream* to, const AVStream& from)
{
    for (const AVPacketSideDataType type : {AV_PKT_DATA_MASTERING_DISPLAY_METADATA, AV_PKT_DATA_CONTENT_LIGHT_LEVEL,
             AV_PKT_DATA_STEREO3D, AV_PKT_DATA_SPHERICAL, AV_PKT_DATA_DISPLAYMATRIX}) {
        std::size_t size = 0;
        const std::uint8_t* data = av_stream_get_side_data(&from, type, &size);
        if (!data || av_stream_get_side_data(to, type, nullptr)) {
            continue;
        }
        if (std::uint8_t* copy = av_stream_new_side_data(to, type, size)) {
            std::memcpy(copy, data, size);
        }
    }
}

void verifyCarried(const std::filesystem::path& written, const AVFormatContext& source, std::vector<CarryItem>& items)
{
    const InputPtr output = openInput(written, nullptr);
    std::vector<std::string> lost;
    for (const std::string& key : contentKeys(source.metadata)) {
        if (!av_dict_get(output->metadata, key.c_str(), nullptr, 0)) {
            lost.push_back(key);
        }
    }
    const auto count = [](const AVFormatContext& context, AVMediaType type) {
        return std::count_if(context.streams, context.streams + context.nb_streams,
            [type](const AVStream* s) { return s->codecpar->codec_type == type; });
    };
    for (CarryItem& item : items) {
        if (item.thing.starts_with("Metadata") && item.fate == Fate::kKept && !lost.empty()) {
            item.fate = Fate::kChanged;
            item.text = "The container has no place for";
            for (std::size_t i = 0; i < lost.size(); ++i) {
                item.text += (i > 0 ? ", " : " ") + lost[i];
            }
            item.text += ". Choose .mkv to keep everything.";
        }
        if (item.thing.starts_with("Chapters") && item.fate == Fate::kKept &&
            output->nb_chapters != source.nb_chapters) {
            item.fate = Fate::kChanged;
            item.text = std::to_string(output->nb_chapters) + " are in the written file.";
        }
    }
    const auto pictures = std::count_if(output->streams, output->streams + output->nb_streams,
        [](const AVStream* s) { return (s->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0; });
    const struct {
        const char* thing;
        std::ptrdiff_t found;
    } counted[] = {{"Subtitles", count(*output, AVMEDIA_TYPE_SUBTITLE)},
        {"Attachment", count(*output, AVMEDIA_TYPE_ATTACHMENT)}, {"Cover picture", pictures}};
    for (const auto& kind : counted) {
        std::ptrdiff_t left = kind.found;
        for (CarryItem& item : items) {
            if (item.thing.starts_with(kind.thing) && item.fate != Fate::kLost && left-- <= 0) {
                item.fate = Fate::kLost;
                item.text = "The written file does not have it. Choose .mkv to keep it.";
            }
        }
    }
    const auto planned = std::count_if(items.begin(), items.end(),
        [](const CarryItem& item) { return item.thing.starts_with("Audio") && item.fate != Fate::kLost; });
    if (count(*output, AVMEDIA_TYPE_AUDIO) != planned) {
        throw base::Error(base::ErrorKind::kOutput, quoted(written) + " is not as it should be.",
            "An audio track is missing from the written file.", "Choose .mkv as the output format.");
    }
}

} // namespace reelmend::media
