#pragma once
#include <vector>

#include "core/media/ffmpeg.h"
#include "core/media/video_writer.h"

namespace reelmend::media {

// Encodes one picture of that format: an encoder that is listed may still lack its library, its driver or its device.
// Says nothing when it fails. Internal.
bool encoderWorks(const AVCodec& encoder, AVPixelFormat format);

// Encoders in hardware that take pictures from main memory, best first; which of them works is another question.
std::vector<const char*> hardwareEncoders(Codec codec);
bool isHardwareEncoder(const AVCodec& encoder);

} // namespace reelmend::media
