#include "core/media/encoder_options.h"

#include <cstdint>
#include <string_view>

#include "core/media/encoder_probe.h"

namespace reelmend::media {

namespace {

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

EncoderOptions h264Options(const WriterSettings& settings)
{
    const WriterQuality quality = settings.quality;
    // Left to the first frame's word, x264 begins with the upper field.
    std::string own =
        settings.fieldOrder == video::FieldOrder::kBottomFirst && hasWholeFields(settings.height) ? "bff=1" : "";
    EncoderOptions options{{"preset", "medium"}, {"qp", "0"}};
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

EncoderOptions h265Options(WriterQuality quality)
{
    // x265 writes its banner to the standard error by itself unless told not to.
    if (quality == WriterQuality::kLossless) {
        return {{"preset", "medium"}, {"x265-params", "lossless=1:log-level=none"}};
    }
    return {{"preset", pick(quality, "ultrafast", "medium", "slow")}, {"crf", pick(quality, "26", "19", "14")},
        {"x265-params", "log-level=none"}};
}

EncoderOptions vp9Options(WriterQuality quality, bool hasAlpha)
{
    // libvpx refuses hidden frames beside transparency.
    EncoderOptions options{{"deadline", "good"}, {"cpu-used", pick(quality, "5", "3", "1")}, {"row-mt", "1"},
        {"auto-alt-ref", hasAlpha ? "0" : "1"}, {"lag-in-frames", "16"}, {"b", "0"}};
    if (quality == WriterQuality::kLossless) {
        options.emplace_back("lossless", "1");
    } else {
        options.emplace_back("crf", pick(quality, "36", "24", "15"));
    }
    return options;
}

EncoderOptions av1Options(WriterQuality quality, bool isAom)
{
    if (isAom) {
        EncoderOptions options{{"cpu-used", pick(quality, "8", "6", "4")}, {"row-mt", "1"}, {"b", "0"}};
        options.emplace_back("crf", quality == WriterQuality::kLossless ? "0" : pick(quality, "38", "26", "18"));
        if (quality == WriterQuality::kLossless) {
            options.emplace_back("aom-params", "lossless=1");
        }
        return options;
    }
    return {{"preset", pick(quality, "11", "8", "5")}, {"crf", pick(quality, "40", "28", "18")}};
}

EncoderOptions ffv1Options(const WriterSettings& settings)
{
    // The number of slices must not depend on the machine: segments made on two machines have to fit together.
    const std::int64_t area = std::int64_t{settings.width} * settings.height;
    const char* slices = area >= 1920 * 1080 ? "24" : area >= 640 * 360 ? "12" : "4";
    return {{"level", "3"}, {"coder", "1"}, {"context", "0"}, {"g", "1"}, {"slices", slices}, {"slicecrc", "1"}};
}

EncoderOptions hardwareOptions(const AVCodec& encoder)
{
    const std::string_view name = encoder.name;
    if (name.ends_with("_nvenc")) {
        return {{"preset", "p4"}, {"rc", "vbr"}, {"cq", "26"}, {"b", "0"}};
    }
    return {{"b", "8000000"}};
}

} // namespace

EncoderOptions encoderOptions(const WriterSettings& settings, const AVCodec& encoder, AVPixelFormat stored)
{
    if (isHardwareEncoder(encoder)) {
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

} // namespace reelmend::media
