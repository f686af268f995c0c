#pragma once
#include <string>
#include <vector>

#include "core/video/image.h"

namespace reelmend::media {

// A codec as something that damages pictures: what is left of frames that were encoded and decoded again, in memory.
struct CodecPass {
    std::string encoder = "libx264"; // FFmpeg's name
    int quality = 23;                // libx264, libx265, libvpx-vp9: crf; others: the quantiser, 1 (best) to 31
    int groupOfPictures = 50;        // frames from one key frame to the next
    double framesPerSecond = 25;
};

// As many frames of the same size as were given, 8-bit RGB by way of 4:2:0 in limited range; sides must be even. One
// thread, so that the same frames always give the same bytes. Safe to call from any thread. Throws
// Error(kUnavailable) where this FFmpeg lacks the encoder, Error(kUsage) for odd sizes or frames of several sizes.
std::vector<video::Image8> passThroughCodec(const std::vector<video::Image8>& frames, const CodecPass& codec);

bool hasEncoder(const std::string& encoder); // listed by this FFmpeg

} // namespace reelmend::media
