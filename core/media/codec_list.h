#pragma once
#include <string>
#include <vector>

namespace reelmend::media {

// What the FFmpeg libraries in use can do with one kind of coded pictures.
struct CodecSupport {
    std::string name;    // for people: "H.264"
    std::string decoder; // FFmpeg's name; empty = cannot be read
    std::string encoder; // the one that is opened first; empty = cannot be written
};

// H.264, H.265, AV1, VP9, ProRes, FFV1, in this order. An encoder counts when it makes a packet of a test picture,
// not when it is listed. Not while other threads read the environment.
std::vector<CodecSupport> codecSupport();

std::string ffmpegVersion(); // "5.1.9-0+deb12u1, libavcodec 59.37.100"

} // namespace reelmend::media
