#pragma once
#include <string>
#include <utility>
#include <vector>

#include "core/media/ffmpeg.h"
#include "core/media/video_writer.h"

namespace reelmend::media {

// Names and values as avcodec_open2() takes them. Internal.
using EncoderOptions = std::vector<std::pair<std::string, std::string>>;

// What the encoder is told for the settings' quality, of pictures in the format `stored`. Throws Error(kUsage) where
// the codec cannot do the quality.
EncoderOptions encoderOptions(const WriterSettings& settings, const AVCodec& encoder, AVPixelFormat stored);

// Whether frames of that height can be coded field by field: x264 refuses a field that ends in half a chroma line.
constexpr bool hasWholeFields(int height)
{
    return height % 4 == 0;
}

// Whether OpenEXR pictures of that quality hold 16 bits a sample.
constexpr bool isHalfExr(WriterQuality quality)
{
    return quality == WriterQuality::kDraft || quality == WriterQuality::kGood;
}

} // namespace reelmend::media
