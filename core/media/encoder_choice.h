#pragma once
#include <string>
#include <utility>
#include <vector>

#include "core/media/ffmpeg.h"
#include "core/media/video_writer.h"

namespace reelmend::media {

// How a codec and a quality become an FFmpeg encoder with options. Internal.
struct EncoderChoice {
    const AVCodec* encoder = nullptr;
    std::vector<std::pair<std::string, std::string>> options;
    AVPixelFormat encoderFormat = AV_PIX_FMT_NONE; // what the encoder takes: may be big endian or "yuvj"
    AVPixelFormat storedFormat = AV_PIX_FMT_NONE;  // the same as the program describes it
    std::string change;                            // see StoredFormat
};

EncoderChoice chooseEncoder(const WriterSettings& settings);

// Whether frames of that height can be coded field by field: x264 refuses a field that ends in half a chroma line.
constexpr bool hasWholeFields(int height)
{
    return height % 4 == 0;
}

} // namespace reelmend::media
