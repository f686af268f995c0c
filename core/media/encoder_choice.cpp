#include "core/media/encoder_choice.h"

#include <vector>

#include "core/media/av_frame.h"
#include "core/media/encoder_format.h"
#include "core/media/encoder_probe.h"
#include "core/media/hardware_decoding.h"

namespace reelmend::media {

namespace {

// Names of encoders for a codec, best first.
std::vector<const char*> encoderNames(const WriterSettings& settings, AVPixelFormat wanted)
{
    const bool isLossless = settings.quality == WriterQuality::kLossless;
    const AVPixFmtDescriptor* d = av_pix_fmt_desc_get(wanted);
    switch (settings.codec) {
    case Codec::kH264: {
        const bool isRgb8 = (d->flags & AV_PIX_FMT_FLAG_RGB) && d->comp[0].depth == 8;
        return {isLossless && isRgb8 ? "libx264rgb" : "libx264"};
    }
    case Codec::kH265:
        return {"libx265"};
    case Codec::kAv1: {
        // SVT-AV1 is by far the quicker, but knows 4:2:0 with loss only.
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

// A draft is for looking at, soon: an encoder in hardware may make it, where one works on a picture of this format.
// Anything better is made in software, which gives the same bytes on every machine.
const AVCodec* hardwareEncoder(const WriterSettings& settings, AVPixelFormat wanted)
{
    if (settings.quality != WriterQuality::kDraft || wanted != AV_PIX_FMT_YUV420P || !isHardwareAllowed()) {
        return nullptr;
    }
    for (const char* name : hardwareEncoders(settings.codec)) {
        const AVCodec* encoder = avcodec_find_encoder_by_name(name);
        if (encoder && isHardwareEncoder(*encoder) && encoderWorks(*encoder, wanted)) {
            return encoder;
        }
    }
    return nullptr;
}

} // namespace

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
    choice.encoder = hardwareEncoder(settings, preferredFormat(settings, wanted));
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
    choice.encoderFormat = encoderFormat(settings, *choice.encoder, wanted);
    choice.storedFormat = simpleFormat(choice.encoderFormat);
    choice.change = formatChange(wanted, choice.storedFormat);
    choice.options = encoderOptions(settings, *choice.encoder, choice.storedFormat);
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
