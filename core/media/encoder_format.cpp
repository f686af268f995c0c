#include "core/media/encoder_format.h"

#include <vector>

#include "core/media/av_frame.h"

namespace reelmend::media {

namespace {

// x264 and x265 refuse pictures whose last chroma sample would be half outside: those are stored without chroma
// subsampling.
AVPixelFormat wholeChroma(const WriterSettings& settings, AVPixelFormat format)
{
    const AVPixFmtDescriptor& d = *av_pix_fmt_desc_get(format);
    const bool isHalf = settings.width % (1 << d.log2_chroma_w) != 0 || settings.height % (1 << d.log2_chroma_h) != 0;
    if (!isHalf || (settings.codec != Codec::kH264 && settings.codec != Codec::kH265)) {
        return format;
    }
    const int bits = d.comp[0].depth;
    return bits > 10 ? AV_PIX_FMT_YUV444P12LE : bits > 8 ? AV_PIX_FMT_YUV444P10LE : AV_PIX_FMT_YUV444P;
}

AVPixelFormat nearestFormat(const AVCodec& encoder, AVPixelFormat wanted)
{
    if (!encoder.pix_fmts) {
        return wanted;
    }
    const AVPixFmtDescriptor* w = av_pix_fmt_desc_get(wanted);
    AVPixelFormat best = AV_PIX_FMT_NONE;
    for (const AVPixelFormat* format = encoder.pix_fmts; *format != AV_PIX_FMT_NONE; ++format) {
        if (simpleFormat(*format) == wanted) {
            // Formats that differ in byte order or name alone hold the same samples.
            if (*format == wanted || best == AV_PIX_FMT_NONE || simpleFormat(best) != wanted) {
                best = *format;
            }
        } else if (best == AV_PIX_FMT_NONE || simpleFormat(best) != wanted) {
            const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(*format);
            if (d->flags & (AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BITSTREAM)) {
                continue;
            }
            const bool hasAlpha = w->flags & AV_PIX_FMT_FLAG_ALPHA;
            best = best == AV_PIX_FMT_NONE ? *format
                                           : av_find_best_pix_fmt_of_2(best, *format, wanted, hasAlpha, nullptr);
        }
    }
    return best;
}

std::string chromaText(const AVPixFmtDescriptor& d)
{
    return d.log2_chroma_w == 0 ? "4:4:4" : d.log2_chroma_h == 0 ? "4:2:2" : "4:2:0";
}

} // namespace

AVPixelFormat preferredFormat(const WriterSettings& settings, AVPixelFormat wanted)
{
    const AVPixFmtDescriptor& d = *av_pix_fmt_desc_get(wanted);
    const bool isDelivery = settings.quality == WriterQuality::kDraft || settings.quality == WriterQuality::kGood;
    const bool isForPlayers = settings.codec == Codec::kH264 || settings.codec == Codec::kH265 ||
                              settings.codec == Codec::kVp9 || settings.codec == Codec::kAv1;
    if (isDelivery && isForPlayers && (d.flags & AV_PIX_FMT_FLAG_RGB)) {
        return d.comp[0].depth > 8 && settings.codec != Codec::kH264 ? AV_PIX_FMT_YUV420P10LE : AV_PIX_FMT_YUV420P;
    }
    return wanted;
}

AVPixelFormat encoderFormat(const WriterSettings& settings, const AVCodec& encoder, AVPixelFormat wanted)
{
    return nearestFormat(encoder, wholeChroma(settings, preferredFormat(settings, wanted)));
}

std::string formatChange(AVPixelFormat from, AVPixelFormat to)
{
    const AVPixFmtDescriptor& a = *av_pix_fmt_desc_get(from);
    const AVPixFmtDescriptor& b = *av_pix_fmt_desc_get(to);
    std::vector<std::string> parts;
    const bool isFloatLost = (a.flags & AV_PIX_FMT_FLAG_FLOAT) && !(b.flags & AV_PIX_FMT_FLAG_FLOAT);
    if (isFloatLost) {
        parts.push_back("floating point becomes " + std::to_string(b.comp[0].depth) + " bits");
    } else if (b.comp[0].depth < a.comp[0].depth) {
        parts.push_back(std::to_string(a.comp[0].depth) + " bits become " + std::to_string(b.comp[0].depth));
    }
    const bool aIsYuv = !(a.flags & AV_PIX_FMT_FLAG_RGB) && a.nb_components >= 3;
    const bool bIsYuv = !(b.flags & AV_PIX_FMT_FLAG_RGB) && b.nb_components >= 3;
    const bool losesChroma =
        bIsYuv && a.nb_components >= 3 &&
        (b.log2_chroma_w > (aIsYuv ? a.log2_chroma_w : 0) || b.log2_chroma_h > (aIsYuv ? a.log2_chroma_h : 0));
    if ((a.flags & AV_PIX_FMT_FLAG_RGB) && bIsYuv) {
        parts.push_back("RGB becomes YUV " + chromaText(b));
    } else if (aIsYuv && (b.flags & AV_PIX_FMT_FLAG_RGB)) {
        parts.push_back("YUV becomes RGB");
    } else if (losesChroma) {
        parts.push_back("colour becomes " + chromaText(b));
    } else if (aIsYuv && bIsYuv && chromaText(a) != chromaText(b)) {
        parts.push_back("colour is stored as " + chromaText(b));
    } else if (a.nb_components >= 3 && b.nb_components < 3) {
        parts.push_back("colour becomes grey");
    }
    if ((a.flags & AV_PIX_FMT_FLAG_ALPHA) && !(b.flags & AV_PIX_FMT_FLAG_ALPHA)) {
        parts.push_back("transparency is lost");
    }
    std::string text;
    for (const std::string& part : parts) {
        text += (text.empty() ? "" : ", ") + part;
    }
    return text;
}

} // namespace reelmend::media
