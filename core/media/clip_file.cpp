#include "core/media/clip_file.h"

#include <utility>

#include "core/base/files.h"
#include "core/media/av_frame.h"

namespace reelmend::media {

namespace fs = std::filesystem;

namespace {

void refuseSize(const fs::path& path, int width, int height)
{
    if (width < 1 || height < 1) {
        throw base::Error(base::ErrorKind::kInput, quoted(path) + " cannot be opened.",
            "Its header gives no picture size.", "Check that the file was copied completely.");
    }
    if (std::int64_t{width} * height > kMaximumPixels || width > 32768 || height > 32768) {
        throw base::Error(base::ErrorKind::kInput, quoted(path) + " cannot be opened.",
            "Its header claims " + std::to_string(width) + "x" + std::to_string(height) + " pixels.",
            "The file is probably damaged: check it in another program.");
    }
}

video::ClipHeader pictureHeader(const fs::path& path, AVCodecID codec, const AVFrame& frame)
{
    video::ClipHeader header;
    header.codec = avcodec_get_name(codec);
    header.width = frame.width;
    header.height = frame.height;
    refuseSize(path, frame.width, frame.height);
    const AVPixelFormat format = simpleFormat(static_cast<AVPixelFormat>(frame.format));
    video::PixelFormat described;
    if (describeFormat(format, described)) {
        header.pixelFormat = described.name;
        header.bitDepth = described.depth();
        header.hasAlpha = described.hasAlpha;
        header.isFloat = described.isFloat;
    }
    if (codec == AV_CODEC_ID_EXR && header.isFloat) {
        header.bitDepth = exrBits(path);
    }
    header.colour = tagsOf(frame);
    if (frame.sample_aspect_ratio.num > 0) {
        header.pixelAspect = fromAv(frame.sample_aspect_ratio);
    }
    video::StreamInfo stream;
    stream.kind = video::StreamKind::kVideo;
    stream.codec = header.codec;
    header.streams.push_back(stream);
    return header;
}

// Codecs of cameras whose pictures say that they are two fields and whose containers seldom do.
bool tellsFieldsInPictures(AVCodecID codec)
{
    return codec == AV_CODEC_ID_DVVIDEO || codec == AV_CODEC_ID_MJPEG || codec == AV_CODEC_ID_VC1 ||
           codec == AV_CODEC_ID_WMV3 || codec == AV_CODEC_ID_DNXHD;
}

video::FieldOrder fieldOrderOfPictures(const fs::path& path, int stream)
{
    FramePtr frame;
    try {
        frame = firstFrame(path, stream);
    } catch (const base::Error&) {
        return video::FieldOrder::kUnknown; // whoever reads it hears why
    }
    if (!frame || !frame->interlaced_frame) {
        return video::FieldOrder::kUnknown;
    }
    return frame->top_field_first ? video::FieldOrder::kTopFirst : video::FieldOrder::kBottomFirst;
}

ClipFile openPictures(Sequence sequence, bool isStill, const fs::path& given, base::Rational rate)
{
    ClipFile clip;
    clip.path = given;
    clip.isStill = isStill;
    clip.sequenceRate = rate.isPositive() ? rate : base::Rational{24, 1};
    const fs::path first = sequence.file(0);
    if (const auto claimed = pictureSize(first)) {
        refuseSize(first, claimed->width, claimed->height);
    }
    const FramePtr frame = decodePicture(first, &clip.pictureCodec);
    clip.info.header = pictureHeader(first, clip.pictureCodec, *frame);
    clip.info.header.container = isStill ? clip.info.header.codec + "_pipe" : "image2";
    clip.info.header.frameRate = clip.sequenceRate;
    clip.info.header.frameCount = sequence.length();
    clip.info.header.durationSeconds = static_cast<double>(sequence.length()) / clip.sequenceRate.value();
    clip.info.path = isStill ? base::pathText(given) : sequence.pattern();
    clip.sequence = std::move(sequence);
    return clip;
}

// A file name as a sequence of one, so that both go the same way.
Sequence singlePicture(const fs::path& path)
{
    Sequence sequence;
    sequence.folder = path.parent_path();
    sequence.prefix = base::pathText(path.filename());
    sequence.digits = -1;
    sequence.numbers = {0};
    return sequence;
}

} // namespace

void refuseSpecialFile(const fs::path& path)
{
    std::error_code ignored;
    const fs::file_status status = fs::status(path, ignored);
    if (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status)) {
        throw base::Error(base::ErrorKind::kInput, quoted(path) + " cannot be opened.",
            "It is a device or a pipe, not a file.", "Choose a video file.");
    }
}

ClipFile openClip(const fs::path& path, base::Rational sequenceRate, const base::Control* control)
{
    std::error_code ignored;
    if (namesSequence(path)) {
        return openPictures(findSequence(path), false, path, sequenceRate);
    }
    if (!fs::exists(path, ignored)) {
        throw base::systemError(base::ErrorKind::kInput, quoted(path) + " cannot be opened.", ENOENT);
    }
    refuseSpecialFile(path);
    if (pictureCodec(path) != AV_CODEC_ID_NONE) {
        Sequence sequence = singlePicture(path);
        return openPictures(std::move(sequence), true, path, sequenceRate);
    }
    ClipFile clip;
    clip.path = path;
    clip.input = openInput(path, control);
    clip.stream = footageStream(clip.input.get());
    if (clip.stream < 0) {
        throw base::Error(base::ErrorKind::kInput, quoted(path) + " cannot be opened.",
            "It holds no moving pictures.", "Choose a video file.");
    }
    const AVCodecParameters& parameters = *clip.input->streams[clip.stream]->codecpar;
    refuseSize(path, parameters.width, parameters.height);
    clip.info.path = base::pathText(path);
    clip.info.header = headerOf(*clip.input, clip.stream);
    if (clip.info.header.fieldOrder == video::FieldOrder::kUnknown && tellsFieldsInPictures(parameters.codec_id)) {
        clip.info.header.fieldOrder = fieldOrderOfPictures(path, clip.stream);
    }
    return clip;
}

PacketIndex indexOf(const ClipFile& clip, const base::Control* control, const Progress& progress, bool useCache)
{
    if (!clip.sequence) {
        PacketIndex index = indexOf(clip.path, clip.stream, control, progress, useCache);
        if (index.frames.empty()) {
            throw base::Error(base::ErrorKind::kInput, quoted(clip.path) + " cannot be opened.",
                "Not a single frame of it can be read.", "Check that the file was copied completely.");
        }
        return index;
    }
    PacketIndex index;
    index.timeBase = {clip.sequenceRate.den, clip.sequenceRate.num};
    index.lastDuration = 1;
    for (std::int64_t i = 0; i < clip.sequence->length(); ++i) {
        index.packets.push_back({i, i, PacketIndex::kNone, true});
        index.frames.push_back({i, i, clip.sequence->isHole(i)});
    }
    return index;
}

} // namespace reelmend::media
