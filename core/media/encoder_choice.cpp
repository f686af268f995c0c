#include "core/media/encoder_choice.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>

#include "core/base/files.h"
#include "core/media/av_frame.h"
#include "core/media/encoder_probe.h"
#include "core/media/hardware_decoding.h"

namespace reelmend::media {

namespace {

using Options = std::vector<std::pair<std::string, std::string>>;

std::string lowerExtension(const std::filesystem::path& path)
{
    std::string text = base::pathText(path.extension());
    std::transform(
        text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

bool isRgb(AVPixelFormat format)
{
    return av_pix_fmt_desc_get(format)->flags & AV_PIX_FMT_FLAG_RGB;
}

// A value for draft, good, best.
std::string pick(WriterQuality quality, const char* draft, const char* good, const char* best)
{
    return quality == WriterQuality::kDraft ? draft : quality == WriterQuality::kGood ? good : best;
}

[[noreturn]] void cannotBeLossless(Codec codec, const std::string& instead)
{
    throw base::Error(base::ErrorKind::kUsage, codecName(codec) + " cannot be written without loss.",
        "The format has no such mode.", "Choose " + instead + ", or the quality \"best\".");
}

bool isHalfExr(WriterQuality quality)
{
    return quality == WriterQuality::kDraft || quality == WriterQuality::kGood;
}

Options h264Options(const WriterSettings& settings)
{
    const WriterQuality quality = settings.quality;
    // Left to the first frame's word, x264 begins with the upper field.
    std::string own =
        settings.fieldOrder == video::FieldOrder::kBottomFirst && hasWholeFields(settings.height) ? "bff=1" : "";
    Options options{{"preset", "medium"}, {"qp", "0"}};
    if (quality != WriterQuality::kLossless) {
        options = {{"preset", pick(quality, "veryfast", "medium", "slow")}, {"crf", pick(quality, "23", "17", "12")}};
#if defined(__x86_64__)
        // x264 0.164's macroblock tree gives varying results for the same pictures on processors with AVX-512 (one
        // run in five at 192x128, also with one thread; none in forty with the code for AVX2). A segment that is made
        // again has to be the same segment.
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx2")) {
            own += own.empty() ? "asm=avx2" : ":asm=avx2";
        }
#endif
    }
    if (!own.empty()) {
        options.emplace_back("x264-params", own);
    }
    return options;
}

Options h265Options(WriterQuality quality)
{
    // x265 writes its banner to the standard error by itself unless told not to.
    if (quality == WriterQuality::kLossless) {
        return {{"preset", "medium"}, {"x265-params", "lossless=1:log-level=none"}};
    }
    return {{"preset", pick(quality, "ultrafast", "medium", "slow")}, {"crf", pick(quality, "26", "19", "14")},
        {"x265-params", "log-level=none"}};
}

Options vp9Options(WriterQuality quality, bool hasAlpha)
{
    // libvpx refuses hidden frames beside transparency.
    Options options{{"deadline", "good"}, {"cpu-used", pick(quality, "5", "3", "1")}, {"row-mt", "1"},
        {"auto-alt-ref", hasAlpha ? "0" : "1"}, {"lag-in-frames", "16"}, {"b", "0"}};
    if (quality == WriterQuality::kLossless) {
        options.emplace_back("lossless", "1");
    } else {
        options.emplace_back("crf", pick(quality, "36", "24", "15"));
    }
    return options;
}

Options av1Options(WriterQuality quality, bool isAom)
{
    if (isAom) {
        Options options{{"cpu-used", pick(quality, "8", "6", "4")}, {"row-mt", "1"}, {"b", "0"}};
        options.emplace_back("crf", quality == WriterQuality::kLossless ? "0" : pick(quality, "38", "26", "18"));
        if (quality == WriterQuality::kLossless) {
            options.emplace_back("aom-params", "lossless=1");
        }
        return options;
    }
    return {{"preset", pick(quality, "11", "8", "5")}, {"crf", pick(quality, "40", "28", "18")}};
}

Options ffv1Options(const WriterSettings& settings)
{
    // The number of slices must not depend on the machine: segments made on two machines have to fit together.
    const std::int64_t area = std::int64_t{settings.width} * settings.height;
    const char* slices = area >= 1920 * 1080 ? "24" : area >= 640 * 360 ? "12" : "4";
    return {{"level", "3"}, {"coder", "1"}, {"context", "0"}, {"g", "1"}, {"slices", slices}, {"slicecrc", "1"}};
}

// Names of encoders for a codec, best first.
std::vector<const char*> encoderNames(const WriterSettings& settings, AVPixelFormat wanted)
{
    const bool isLossless = settings.quality == WriterQuality::kLossless;
    switch (settings.codec) {
    case Codec::kH264:
        return {isLossless && isRgb(wanted) && av_pix_fmt_desc_get(wanted)->comp[0].depth == 8 ? "libx264rgb"
                                                                                               : "libx264"};
    case Codec::kH265:
        return {"libx265"};
    case Codec::kAv1: {
        // SVT-AV1 is by far the quicker, but knows 4:2:0 with loss only.
        const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(wanted);
        const bool isSimple = d->log2_chroma_w == 1 && d->log2_chroma_h == 1 && d->comp[0].depth <= 10;
        if (isLossless || (!isSimple && settings.quality == WriterQuality::kBest)) {
            return {"libaom-av1"};
        }
        return {"libsvtav1", "libaom-av1"};
    }
    case Codec::kVp9:
        return {"libvpx-vp9"};
    case Codec::kProRes:
        return {"prores_ks"};
    case Codec::kFfv1:
        return {"ffv1"};
    case Codec::kPng:
        return {"png"};
    case Codec::kTiff:
        return {"tiff"};
    case Codec::kJpeg:
        return {"mjpeg"};
    case Codec::kExr:
        return {"exr"};
    case Codec::kDpx:
        return {"dpx"};
    }
    return {};
}

bool isHardware(const AVCodec& encoder)
{
    return encoder.capabilities & (AV_CODEC_CAP_HARDWARE | AV_CODEC_CAP_HYBRID);
}

// A draft is for looking at, soon: an encoder in hardware may make it, where one works on a picture of this format.
// Anything better is made in software, which gives the same bytes on every machine.
const AVCodec* hardwareEncoder(const WriterSettings& settings, AVPixelFormat wanted)
{
    if (settings.quality != WriterQuality::kDraft || wanted != AV_PIX_FMT_YUV420P || !isHardwareAllowed()) {
        return nullptr;
    }
    for (const char* name : hardwareEncoders(settings.codec)) {
        const AVCodec* encoder = avcodec_find_encoder_by_name(name);
        if (encoder && isHardware(*encoder) && encoderWorks(*encoder, wanted)) {
            return encoder;
        }
    }
    return nullptr;
}

Options hardwareOptions(const AVCodec& encoder)
{
    const std::string_view name = encoder.name;
    if (name.ends_with("_nvenc")) {
        return {{"preset", "p4"}, {"rc", "vbr"}, {"cq", "26"}, {"b", "0"}};
    }
    return {{"b", "8000000"}};
}

Options optionsFor(const WriterSettings& settings, const AVCodec& encoder, AVPixelFormat stored)
{
    if (isHardware(encoder)) {
        return hardwareOptions(encoder);
    }
    const WriterQuality quality = settings.quality;
    const bool isLossless = quality == WriterQuality::kLossless;
    switch (settings.codec) {
    case Codec::kH264:
        return h264Options(settings);
    case Codec::kH265:
        return h265Options(quality);
    case Codec::kAv1:
        return av1Options(quality, std::string_view(encoder.name) == "libaom-av1");
    case Codec::kVp9:
        return vp9Options(quality, av_pix_fmt_desc_get(stored)->flags & AV_PIX_FMT_FLAG_ALPHA);
    case Codec::kProRes: {
        if (isLossless) {
            cannotBeLossless(settings.codec, "FFV1 (.mkv)");
        }
        const bool is444 = av_pix_fmt_desc_get(stored)->log2_chroma_w == 0;
        return {{"profile", is444 ? "4444" : pick(quality, "lt", "standard", "hq")}, {"vendor", "apl0"}};
    }
    case Codec::kFfv1:
        return ffv1Options(settings);
    case Codec::kPng:
        return {{"compression_level", pick(quality, "1", "4", "6")}, {"pred", "mixed"}};
    case Codec::kTiff:
        return {{"compression_algo", "deflate"}};
    case Codec::kJpeg:
        if (isLossless) {
            cannotBeLossless(settings.codec, "PNG");
        }
        return {{"huffman", "optimal"}};
    case Codec::kExr:
        return {{"compression", "zip16"}, {"format", isHalfExr(quality) ? "half" : "float"}};
    case Codec::kDpx:
        return {};
    }
    return {};
}

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

// What the codec is offered instead of the wanted format, where a plainer one serves people better.
AVPixelFormat preferred(const WriterSettings& settings, AVPixelFormat wanted)
{
    const bool isDelivery = settings.quality == WriterQuality::kDraft || settings.quality == WriterQuality::kGood;
    const bool isForPlayers = settings.codec == Codec::kH264 || settings.codec == Codec::kH265 ||
                              settings.codec == Codec::kVp9 || settings.codec == Codec::kAv1;
    if (isDelivery && isForPlayers && isRgb(wanted)) {
        return av_pix_fmt_desc_get(wanted)->comp[0].depth > 8 && settings.codec != Codec::kH264
                   ? AV_PIX_FMT_YUV420P10LE
                   : AV_PIX_FMT_YUV420P;
    }
    return wanted;
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

std::string changeText(AVPixelFormat from, AVPixelFormat to)
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

} // namespace

std::string codecName(Codec codec)
{
    switch (codec) {
    case Codec::kH264:
        return "H.264";
    case Codec::kH265:
        return "H.265";
    case Codec::kAv1:
        return "AV1";
    case Codec::kVp9:
        return "VP9";
    case Codec::kProRes:
        return "ProRes";
    case Codec::kFfv1:
        return "FFV1";
    case Codec::kPng:
        return "PNG sequence";
    case Codec::kTiff:
        return "TIFF sequence";
    case Codec::kJpeg:
        return "JPEG sequence";
    case Codec::kExr:
        return "EXR sequence";
    case Codec::kDpx:
        return "DPX sequence";
    }
    return {};
}

bool isSequenceCodec(Codec codec)
{
    return codec == Codec::kPng || codec == Codec::kTiff || codec == Codec::kJpeg || codec == Codec::kExr ||
           codec == Codec::kDpx;
}

Codec codecFor(const std::filesystem::path& output, WriterQuality quality)
{
    static const std::map<std::string_view, Codec> kSequences{{".png", Codec::kPng}, {".tif", Codec::kTiff},
        {".tiff", Codec::kTiff}, {".jpg", Codec::kJpeg}, {".jpeg", Codec::kJpeg}, {".exr", Codec::kExr},
        {".dpx", Codec::kDpx}};
    const std::string extension = lowerExtension(output);
    if (const auto found = kSequences.find(extension); found != kSequences.end()) {
        return found->second;
    }
    const bool isLossless = quality == WriterQuality::kLossless;
    if (extension == ".webm") {
        return Codec::kVp9;
    }
    if (extension == ".mkv" || extension == ".nut") {
        return isLossless ? Codec::kFfv1 : Codec::kH264;
    }
    if (extension == ".mov" && quality == WriterQuality::kBest) {
        return Codec::kProRes;
    }
    if (extension == ".mp4" || extension == ".m4v" || extension == ".mov" || extension == ".ts") {
        return Codec::kH264;
    }
    throw base::Error(base::ErrorKind::kUsage, quoted(output.filename()) + " is no name for an output.",
        extension.empty() ? "It has no extension to tell the format by."
                          : "Files ending in \"" + extension + "\" cannot be written.",
        "Use .mp4, .mov, .mkv, .webm, or a sequence such as name.%04d.png (also .tif, .jpg, .exr, .dpx).");
}

EncoderChoice chooseEncoder(const WriterSettings& settings)
{
    quietFfmpeg();
    const AVPixelFormat given =
        av_get_pix_fmt(settings.pixelFormat.empty() ? "yuv420p" : settings.pixelFormat.c_str());
    if (given == AV_PIX_FMT_NONE) {
        throw base::Error(base::ErrorKind::kUsage, "There is no pixel format \"" + settings.pixelFormat + "\".",
            "The installed FFmpeg does not know it.");
    }
    const AVPixelFormat wanted = simpleFormat(given);
    EncoderChoice choice;
    choice.encoder = hardwareEncoder(settings, preferred(settings, wanted));
    for (const char* name : encoderNames(settings, wanted)) {
        if (choice.encoder) {
            break;
        }
        choice.encoder = avcodec_find_encoder_by_name(name);
    }
    if (!choice.encoder) {
        throw base::Error(base::ErrorKind::kUnavailable, codecName(settings.codec) + " cannot be written.",
            "The installed FFmpeg has no encoder for it.", "Choose another format, or install a fuller FFmpeg.");
    }
    choice.encoderFormat = nearestFormat(*choice.encoder, wholeChroma(settings, preferred(settings, wanted)));
    choice.storedFormat = simpleFormat(choice.encoderFormat);
    choice.change = changeText(wanted, choice.storedFormat);
    choice.options = optionsFor(settings, *choice.encoder, choice.storedFormat);
    if (settings.codec == Codec::kExr && isHalfExr(settings.quality) && settings.floatBits > 16 &&
        (av_pix_fmt_desc_get(wanted)->flags & AV_PIX_FMT_FLAG_FLOAT)) {
        choice.change += choice.change.empty() ? "" : ", ";
        choice.change += "floating point of 32 bits becomes one of 16 (the quality \"best\" keeps it)";
    }
    return choice;
}

StoredFormat storedFormat(const WriterSettings& settings)
{
    const EncoderChoice choice = chooseEncoder(settings);
    return {av_get_pix_fmt_name(choice.storedFormat), choice.change, choice.encoder->name};
}

} // namespace reelmend::media
