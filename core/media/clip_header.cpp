#include <cmath>
#include <cstdio>
#include <string_view>

#include "core/media/av_frame.h"
#include "core/media/clip_file.h"

namespace reelmend::media {

namespace {

std::string metadata(const AVDictionary* dictionary, const char* key)
{
    const AVDictionaryEntry* entry = av_dict_get(dictionary, key, nullptr, 0);
    return entry ? entry->value : std::string();
}

std::string channelsText(const AVCodecParameters& p)
{
    switch (p.ch_layout.nb_channels) {
    case 1:
        return "mono";
    case 2:
        return "stereo";
    default: {
        char text[64] = {};
        av_channel_layout_describe(&p.ch_layout, text, sizeof text);
        return text;
    }
    }
}

std::string kilohertz(int rate)
{
    std::string text = std::to_string(rate / 1000);
    if (rate % 1000 != 0) {
        text += "." + std::to_string(rate % 1000);
        while (text.back() == '0') {
            text.pop_back();
        }
    }
    return text + " kHz";
}

video::StreamInfo describeStream(const AVStream& stream)
{
    const AVCodecParameters& p = *stream.codecpar;
    video::StreamInfo info;
    info.index = stream.index;
    info.codec = avcodec_get_name(p.codec_id);
    info.language = metadata(stream.metadata, "language");
    if (info.language == "und") {
        info.language.clear();
    }
    info.isPicture = stream.disposition & AV_DISPOSITION_ATTACHED_PIC;
    const std::string title = metadata(stream.metadata, "title");
    switch (p.codec_type) {
    case AVMEDIA_TYPE_VIDEO:
        info.kind = video::StreamKind::kVideo;
        info.summary = std::to_string(p.width) + "x" + std::to_string(p.height);
        break;
    case AVMEDIA_TYPE_AUDIO:
        info.kind = video::StreamKind::kAudio;
        info.summary = channelsText(p) + ", " + kilohertz(p.sample_rate);
        break;
    case AVMEDIA_TYPE_SUBTITLE:
        info.kind = video::StreamKind::kSubtitle;
        info.summary = title;
        break;
    case AVMEDIA_TYPE_ATTACHMENT:
        info.kind = video::StreamKind::kAttachment;
        info.summary = metadata(stream.metadata, "filename");
        break;
    default:
        if (p.codec_tag == MKTAG('t', 'm', 'c', 'd')) {
            info.kind = video::StreamKind::kTimecode;
            info.summary = metadata(stream.metadata, "timecode");
        }
        break;
    }
    return info;
}

// Matroska states the length of the whole alone; writers add that of each track as a tag, "00:00:04.023000000".
double taggedSeconds(const AVStream& stream)
{
    int hours = 0, minutes = 0;
    double seconds = 0;
    const std::string text = metadata(stream.metadata, "DURATION");
    return std::sscanf(text.c_str(), "%d:%d:%lf", &hours, &minutes, &seconds) == 3
               ? 3600.0 * hours + 60.0 * minutes + seconds
               : 0;
}

video::FieldOrder fieldOrderOf(AVFieldOrder order)
{
    switch (order) {
    case AV_FIELD_PROGRESSIVE:
        return video::FieldOrder::kProgressive;
    case AV_FIELD_TT:
    case AV_FIELD_TB:
        return video::FieldOrder::kTopFirst;
    case AV_FIELD_BB:
    case AV_FIELD_BT:
        return video::FieldOrder::kBottomFirst;
    default:
        return video::FieldOrder::kUnknown;
    }
}

std::string timecodeOf(const AVFormatContext& input, const AVStream& footage)
{
    std::string timecode = metadata(footage.metadata, "timecode");
    if (timecode.empty()) {
        timecode = metadata(input.metadata, "timecode");
    }
    for (unsigned i = 0; i < input.nb_streams && timecode.empty(); ++i) {
        timecode = metadata(input.streams[i]->metadata, "timecode");
    }
    return timecode;
}

} // namespace

int rotationOf(const AVStream& stream)
{
    const std::uint8_t* matrix = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
    if (!matrix) {
        return 0;
    }
    const double counterClockwise = av_display_rotation_get(reinterpret_cast<const std::int32_t*>(matrix));
    if (std::isnan(counterClockwise)) {
        return 0;
    }
    const int quarters = static_cast<int>(std::lround(-counterClockwise / 90.0));
    return ((quarters % 4) + 4) % 4 * 90;
}

video::ClipHeader headerOf(const AVFormatContext& input, int stream)
{
    const AVStream& footage = *input.streams[stream];
    const AVCodecParameters& p = *footage.codecpar;
    video::ClipHeader header;
    header.container = input.iformat->name;
    header.codec = avcodec_get_name(p.codec_id);
    const auto format = static_cast<AVPixelFormat>(p.format);
    const AVPixelFormat simple = format == AV_PIX_FMT_NONE ? format : simpleFormat(format);
    video::PixelFormat described;
    if (simple != AV_PIX_FMT_NONE && describeFormat(simple, described)) {
        header.pixelFormat = described.name;
        header.bitDepth = described.depth();
        header.hasAlpha = described.hasAlpha;
        header.isFloat = described.isFloat;
    }
    header.width = p.width;
    header.height = p.height;
    header.colour = tagsOf(p);
    if (described.model == video::ColourModel::kRgb) {
        header.colour.matrix = video::Matrix::kRgb;
    }
    const AVRational aspect =
        footage.sample_aspect_ratio.num > 0 ? footage.sample_aspect_ratio : p.sample_aspect_ratio;
    if (aspect.num > 0 && aspect.den > 0) {
        header.pixelAspect = fromAv(aspect);
    }
    header.rotationDegrees = rotationOf(footage);
    header.fieldOrder = fieldOrderOf(p.field_order);
    const AVRational rate = footage.avg_frame_rate.num > 0 ? footage.avg_frame_rate : footage.r_frame_rate;
    if (rate.num > 0 && rate.den > 0) {
        header.frameRate = fromAv(rate);
    }
    if (const double tagged = taggedSeconds(footage); tagged > 0) {
        header.durationSeconds = tagged;
    } else if (footage.duration > 0) {
        header.durationSeconds = static_cast<double>(footage.duration) * av_q2d(footage.time_base);
    } else if (input.duration > 0) {
        header.durationSeconds = static_cast<double>(input.duration) / AV_TIME_BASE;
    }
    header.isFrameCountStated = footage.nb_frames > 0;
    header.frameCount =
        footage.nb_frames > 0 ? footage.nb_frames : std::llround(header.durationSeconds * header.frameRate.value());
    header.timecode = timecodeOf(input, footage);
    for (unsigned i = 0; i < input.nb_streams; ++i) {
        header.streams.push_back(describeStream(*input.streams[i]));
    }
    header.chapterCount = static_cast<int>(input.nb_chapters);
    return header;
}

} // namespace reelmend::media
