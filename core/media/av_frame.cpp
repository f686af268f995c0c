#include "core/media/av_frame.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

namespace reelmend::media {

namespace {

AVPixelFormat withoutJ(AVPixelFormat format)
{
    switch (format) {
    case AV_PIX_FMT_YUVJ420P:
        return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
        return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P:
        return AV_PIX_FMT_YUV444P;
    case AV_PIX_FMT_YUVJ440P:
        return AV_PIX_FMT_YUV440P;
    case AV_PIX_FMT_YUVJ411P:
        return AV_PIX_FMT_YUV411P;
    default:
        return format;
    }
}

// Samples of one plane that lie in the same bytes (rgb565, x2rgb10) need masks that PixelFormat does not describe.
bool sharesBytes(const AVPixFmtDescriptor& d)
{
    for (int i = 0; i < d.nb_components; ++i) {
        const AVComponentDescriptor& a = d.comp[i];
        const int bytes = (a.depth + a.shift + 7) / 8;
        if ((d.comp[0].depth + d.comp[0].shift + 7) / 8 != bytes) {
            return true;
        }
        for (int j = 0; j < i; ++j) {
            const AVComponentDescriptor& b = d.comp[j];
            if (a.plane == b.plane && a.offset < b.offset + bytes && b.offset < a.offset + bytes) {
                return true;
            }
        }
    }
    return false;
}

bool isDescribable(AVPixelFormat format, const AVPixFmtDescriptor& d)
{
    constexpr std::uint64_t kForeign = AV_PIX_FMT_FLAG_BE | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM |
                                       AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BAYER;
    const std::string_view name = d.name;
    // XYZ has no place among the colour models; 4:1:1 packed has luma at uneven distances.
    return !(d.flags & kForeign) && !sharesBytes(d) && !name.starts_with("xyz") && format != AV_PIX_FMT_UYYVYY411 &&
           withoutJ(format) == format && d.nb_components >= 1;
}

template <class T> void setTagsOf(T& target, const video::ColourTags& tags)
{
    target.color_primaries = static_cast<AVColorPrimaries>(tags.primaries);
    target.color_trc = static_cast<AVColorTransferCharacteristic>(tags.transfer);
    target.color_range = static_cast<AVColorRange>(tags.range);
}

// The code point of an FFmpeg enumeration, or `unspecified` for one that FFmpeg does not know: demuxers put there
// what the file says, and a number outside an enumeration must not even be read as one.
template <class Enum> int codePoint(const Enum& value, Enum end, int unspecified)
{
    unsigned number = 0;
    static_assert(sizeof number == sizeof value);
    std::memcpy(&number, &value, sizeof number);
    return number < static_cast<unsigned>(end) ? static_cast<int>(number) : unspecified;
}

video::ColourTags makeTags(const AVColorPrimaries& primaries, const AVColorTransferCharacteristic& transfer,
    const AVColorSpace& matrix, const AVColorRange& range, const AVChromaLocation& place)
{
    const auto named = [](int number) { return number == 0 ? 2 : number; };
    video::ColourTags tags;
    tags.primaries = static_cast<video::Primaries>(named(codePoint(primaries, AVCOL_PRI_NB, 2)));
    tags.transfer = static_cast<video::Transfer>(named(codePoint(transfer, AVCOL_TRC_NB, 2)));
    tags.matrix = static_cast<video::Matrix>(codePoint(matrix, AVCOL_SPC_NB, 2));
    tags.range = static_cast<video::ColourRange>(codePoint(range, AVCOL_RANGE_NB, 0));
    tags.chromaPlace = static_cast<video::ChromaPlace>(codePoint(place, AVCHROMA_LOC_NB, 0));
    return tags;
}

void freeWrapped(void* opaque, std::uint8_t*)
{
    delete static_cast<video::Frame*>(opaque);
}

int swsSpace(video::Matrix matrix)
{
    switch (matrix) {
    case video::Matrix::kFcc:
        return SWS_CS_FCC;
    case video::Matrix::kBt470bg:
    case video::Matrix::kSmpte170m:
        return SWS_CS_ITU601;
    case video::Matrix::kSmpte240m:
        return SWS_CS_SMPTE240M;
    case video::Matrix::kBt2020:
        return SWS_CS_BT2020;
    default:
        return SWS_CS_ITU709;
    }
}

bool isRgb(int format)
{
    const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(format));
    return d && (d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL));
}

bool isYuv(int format)
{
    const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(format));
    return d && !isRgb(format) && d->nb_components >= 3;
}

} // namespace

bool describeFormat(AVPixelFormat format, video::PixelFormat& description)
{
    const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(format);
    if (!d || !isDescribable(format, *d)) {
        return false;
    }
    description = {};
    description.name = d->name;
    description.model = d->flags & AV_PIX_FMT_FLAG_RGB ? video::ColourModel::kRgb
                        : d->nb_components <= 2        ? video::ColourModel::kGrey
                                                       : video::ColourModel::kYuv;
    description.componentCount = d->nb_components;
    for (int i = 0; i < d->nb_components; ++i) {
        const AVComponentDescriptor& c = d->comp[i];
        description.components[static_cast<std::size_t>(i)] = {c.plane, c.step, c.offset, c.shift, c.depth};
    }
    description.planeCount = av_pix_fmt_count_planes(format);
    if (description.model == video::ColourModel::kYuv) {
        description.log2ChromaWidth = d->log2_chroma_w;
        description.log2ChromaHeight = d->log2_chroma_h;
    }
    description.isFloat = d->flags & AV_PIX_FMT_FLAG_FLOAT;
    description.hasAlpha = d->flags & AV_PIX_FMT_FLAG_ALPHA;
    return true;
}

AVPixelFormat simpleFormat(AVPixelFormat format)
{
    const AVPixelFormat plain = withoutJ(format);
    const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(plain);
    if (!d) {
        return AV_PIX_FMT_NONE;
    }
    if (isDescribable(plain, *d)) {
        return plain;
    }
    if (d->flags & AV_PIX_FMT_FLAG_BE) {
        const AVPixelFormat little = av_pix_fmt_swap_endianness(plain);
        const AVPixFmtDescriptor* l = av_pix_fmt_desc_get(little);
        if (l && isDescribable(little, *l)) {
            return little;
        }
    }
    const bool isDeep = d->comp[0].depth > 8;
    const std::string_view name = d->name;
    if (name.starts_with("mono")) {
        return AV_PIX_FMT_GRAY8;
    }
    if (plain == AV_PIX_FMT_PAL8 || (d->flags & AV_PIX_FMT_FLAG_ALPHA)) {
        return isDeep ? AV_PIX_FMT_RGBA64LE : AV_PIX_FMT_RGBA;
    }
    if ((d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_BAYER)) || name.starts_with("xyz")) {
        return isDeep ? AV_PIX_FMT_RGB48LE : AV_PIX_FMT_RGB24;
    }
    if (plain == AV_PIX_FMT_UYYVYY411) {
        return AV_PIX_FMT_YUV411P;
    }
    return isDeep ? AV_PIX_FMT_YUV444P16LE : AV_PIX_FMT_YUV444P;
}

AVPixelFormat avFormat(const video::PixelFormat& format)
{
    const AVPixelFormat found = av_get_pix_fmt(format.name.c_str());
    if (found == AV_PIX_FMT_NONE) {
        throw base::Error(
            base::ErrorKind::kUsage, "FFmpeg has no pixel format \"" + format.name + "\".", "It cannot be written.");
    }
    return found;
}

video::ColourTags tagsOf(const AVFrame& frame)
{
    video::ColourTags tags =
        makeTags(frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range, frame.chroma_location);
    const auto format = static_cast<AVPixelFormat>(frame.format);
    if (withoutJ(format) != format) {
        tags.range = video::ColourRange::kFull;
    }
    if (isRgb(frame.format)) {
        tags.matrix = video::Matrix::kRgb;
    }
    return tags;
}

video::ColourTags tagsOf(const AVCodecParameters& p)
{
    video::ColourTags tags =
        makeTags(p.color_primaries, p.color_trc, p.color_space, p.color_range, p.chroma_location);
    const auto format = static_cast<AVPixelFormat>(p.format);
    if (withoutJ(format) != format) {
        tags.range = video::ColourRange::kFull;
    }
    return tags;
}

void setTags(AVFrame& frame, const video::ColourTags& tags)
{
    setTagsOf(frame, tags);
    frame.colorspace = static_cast<AVColorSpace>(tags.matrix);
    frame.chroma_location = static_cast<AVChromaLocation>(tags.chromaPlace);
}

void setTags(AVCodecParameters& parameters, const video::ColourTags& tags)
{
    setTagsOf(parameters, tags);
    parameters.color_space = static_cast<AVColorSpace>(tags.matrix);
    parameters.chroma_location = static_cast<AVChromaLocation>(tags.chromaPlace);
}

void setTags(AVCodecContext& context, const video::ColourTags& tags)
{
    setTagsOf(context, tags);
    context.colorspace = static_cast<AVColorSpace>(tags.matrix);
    context.chroma_sample_location = static_cast<AVChromaLocation>(tags.chromaPlace);
}

video::Frame wrapFrame(const AVFrame& frame, const video::FrameTime& time)
{
    const auto given = static_cast<AVPixelFormat>(frame.format);
    const AVPixelFormat format = simpleFormat(given);
    video::Frame::Description description;
    if (format == AV_PIX_FMT_NONE || !describeFormat(format, description.format)) {
        throw base::Error(base::ErrorKind::kInput, "A frame cannot be used.",
            "Its pixel format is not one that can be unpacked.", "Convert the clip with another program first.");
    }
    description.width = frame.width;
    description.height = frame.height;
    description.colour = tagsOf(frame);
    description.time = time;
    description.isInterlaced = frame.interlaced_frame;
    description.isConcealed = (frame.flags & AV_FRAME_FLAG_CORRUPT) || frame.decode_error_flags;

    FramePtr own;
    if (format == withoutJ(given)) {
        own = makeFrame();
        if (const int code = av_frame_ref(own.get(), &frame); code < 0) {
            throw ffmpegError(base::ErrorKind::kInput, "A frame cannot be kept.", code);
        }
    } else {
        own = Scaler(Scaler::Use::kExact).convert(frame, format, frame.width, frame.height);
    }
    std::array<video::Frame::Plane, 4> planes{};
    for (int p = 0; p < description.format.planeCount; ++p) {
        planes[static_cast<std::size_t>(p)] = {own->data[p], own->linesize[p]};
    }
    std::shared_ptr<const void> owner(own.release(), [](const void* p) {
        auto* released = static_cast<AVFrame*>(const_cast<void*>(p));
        av_frame_free(&released);
    });
    return {std::move(description), planes, std::move(owner)};
}

FramePtr referFrame(const video::Frame& frame)
{
    FramePtr result = makeFrame();
    result->format = avFormat(frame.format());
    result->width = frame.width();
    result->height = frame.height();
    result->pts = frame.time().pts;
    setTags(*result, frame.colour());
    result->interlaced_frame = frame.description().isInterlaced;
    for (int p = 0; p < frame.format().planeCount; ++p) {
        result->data[p] = const_cast<std::uint8_t*>(frame.plane(p).data);
        result->linesize[p] = static_cast<int>(frame.plane(p).stride);
    }
    auto owned = std::make_unique<video::Frame>(frame);
    // One buffer stands for all planes: FFmpeg only counts its references, and never writes (read-only).
    result->buf[0] =
        av_buffer_create(result->data[0], frame.sizeBytes(), freeWrapped, owned.get(), AV_BUFFER_FLAG_READONLY);
    if (!result->buf[0]) {
        throw ffmpegError(base::ErrorKind::kFailed, "A frame cannot be handed over.", AVERROR(ENOMEM));
    }
    owned.release();
    return result;
}

void Scaler::prepare(const AVFrame& frame, AVPixelFormat format, int width, int height)
{
    Key key{frame.format, frame.width, frame.height, format, width, height, tagsOf(frame)};
    if (scaler_ && key == key_) {
        return;
    }
    key_ = key;
    scaler_.reset(sws_alloc_context());
    if (!scaler_) {
        throw ffmpegError(base::ErrorKind::kFailed, "A picture cannot be converted.", AVERROR(ENOMEM));
    }
    int flags = SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT | SWS_BICUBIC;
    if (use_ == Use::kDisplay) {
        flags = SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT; // without the last two, 1 to 2 levels too dark
    }
    const video::ColourTags tags = video::effectiveTags(key.tags, frame.width, frame.height, isYuv(frame.format));
    const bool fromFull = tags.range == video::ColourRange::kFull;
    const bool toFull = !isYuv(format) || (isYuv(frame.format) && fromFull);
    AVPixelFormat from = static_cast<AVPixelFormat>(frame.format);
    av_opt_set_int(scaler_.get(), "srcw", frame.width, 0);
    av_opt_set_int(scaler_.get(), "srch", frame.height, 0);
    av_opt_set_int(scaler_.get(), "src_format", withoutJ(from), 0);
    av_opt_set_int(scaler_.get(), "dstw", width, 0);
    av_opt_set_int(scaler_.get(), "dsth", height, 0);
    av_opt_set_int(scaler_.get(), "dst_format", format, 0);
    av_opt_set_int(scaler_.get(), "sws_flags", flags, 0);
    av_opt_set_int(scaler_.get(), "threads", threads_, 0);
    if (const int code = sws_init_context(scaler_.get(), nullptr, nullptr); code < 0) {
        scaler_.reset();
        throw ffmpegError(base::ErrorKind::kFailed, "A picture cannot be converted.", code);
    }
    const int* table = sws_getCoefficients(swsSpace(tags.matrix));
    sws_setColorspaceDetails(scaler_.get(), table, fromFull, table, toFull, 0, 1 << 16, 1 << 16);
}

FramePtr Scaler::convert(const AVFrame& frame, AVPixelFormat format, int width, int height)
{
    prepare(frame, format, width, height);
    FramePtr result = makeFrame();
    result->format = format;
    result->width = width;
    result->height = height;
    int code = av_frame_get_buffer(result.get(), 64);
    if (code >= 0) {
        code = sws_scale_frame(scaler_.get(), result.get(), &frame);
    }
    if (code < 0) {
        throw ffmpegError(base::ErrorKind::kFailed, "A picture cannot be converted.", code);
    }
    const bool fromRgb = isRgb(frame.format);
    video::ColourTags tags = tagsOf(frame);
    if (isRgb(format) != fromRgb) {
        tags.matrix = fromRgb ? video::effectiveTags({}, width, height, true).matrix : video::Matrix::kRgb;
        tags.range = fromRgb ? video::ColourRange::kLimited : video::ColourRange::kFull;
    } else if (!isYuv(format)) {
        tags.range = video::ColourRange::kFull;
    }
    setTags(*result, tags);
    result->pts = frame.pts;
    result->interlaced_frame = frame.interlaced_frame;
    result->flags |= frame.flags & AV_FRAME_FLAG_CORRUPT;
    return result;
}

} // namespace reelmend::media
