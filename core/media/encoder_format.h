#pragma once
#include <string>

#include "core/media/ffmpeg.h"
#include "core/media/video_writer.h"

// In which pixel format an encoder gets its pictures. Internal.
namespace reelmend::media {

// What the codec is offered instead of the wanted format, where a plainer one serves people better.
AVPixelFormat preferredFormat(const WriterSettings& settings, AVPixelFormat wanted);

// The encoder's own format that is nearest to what is preferred: may be big endian or "yuvj". AV_PIX_FMT_NONE where
// it has none.
AVPixelFormat encoderFormat(const WriterSettings& settings, const AVCodec& encoder, AVPixelFormat wanted);

// What is lost or stored otherwise, in words ("10 bits become 8"); empty when nothing changes. Both formats as
// simpleFormat() gives them.
std::string formatChange(AVPixelFormat from, AVPixelFormat to);

} // namespace reelmend::media
