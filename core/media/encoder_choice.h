#pragma once
#include <string>

#include "core/media/encoder_options.h"
#include "core/media/ffmpeg.h"
#include "core/media/video_writer.h"

namespace reelmend::media {

// How a codec and a quality become an FFmpeg encoder with options. Internal.
struct EncoderChoice {
    const AVCodec* encoder = nullptr;
    EncoderOptions options;
    AVPixelFormat encoderFormat = AV_PIX_FMT_NONE; // what the encoder takes: may be big endian or "yuvj"
    AVPixelFormat storedFormat = AV_PIX_FMT_NONE;  // the same as the program describes it
    std::string change;                            // see StoredFormat
};

// Throws as storedFormat() does.
EncoderChoice chooseEncoder(const WriterSettings& settings);

} // namespace reelmend::media
