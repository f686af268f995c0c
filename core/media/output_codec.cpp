#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>

#include "core/base/files.h"
#include "core/media/ffmpeg.h"
#include "core/media/video_writer.h"

namespace reelmend::media {

namespace {

std::string lowerExtension(const std::filesystem::path& path)
{
    std::string text = base::pathText(path.extension());
    std::transform(
        text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
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

bool holdsRotation(const std::filesystem::path& output)
{
    const AVOutputFormat* format = av_guess_format(nullptr, base::pathText(output).c_str(), nullptr);
    return format && isMp4Family(*format); // FFmpeg's Matroska takes a rotation and drops it
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

} // namespace reelmend::media
