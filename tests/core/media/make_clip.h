#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/video/frame.h"
#include "core/video/image.h"

// Tiny clips with the frame number painted in, made with FFmpeg's libraries directly so that the code under test is
// not its own judge.
namespace reelmend::test {

struct ClipSpec {
    std::string encoder = "libx264";
    std::string pixelFormat = "yuv420p";
    int width = 96;
    int height = 64;
    int frames = 60;
    int gop = 48;
    int bFrames = 2;
    int timeBaseNum = 1, timeBaseDen = 24;
    std::vector<std::int64_t> times;                  // pts by frame; empty = 0, 1, 2, …
    std::map<std::string, std::string> options;       // of the encoder
    std::map<std::string, std::string> muxer;         // of the container
    std::map<std::string, std::string> metadata;      // of the file
    std::map<std::string, std::string> videoMetadata; // of the track
    std::string container;                            // FFmpeg's name; empty = by the extension
    int audioTracks = 0;                              // of a tone each
    std::string audioEncoder = "aac";
    bool subtitles = false;
    bool chapters = false;
    bool attachment = false; // a font, by name only
    bool cover = false;
    bool captions = false; // inside the pictures
    int rotation = 0;      // degrees clockwise
    int aspectNum = 1, aspectDen = 1;
    int primaries = 2, transfer = 2, matrix = 2, range = 0;
};

void makeClip(const std::filesystem::path& path, const ClipSpec& spec);

// A frame with the number as 16 large blocks (bits) and some texture, in any format that fromRgb() makes.
video::Frame paintedFrame(int number, int width, int height, const std::string& pixelFormat,
    video::FrameTime time = {0, 1, {1, 24}}, video::ColourTags tags = {});
int paintedNumber(const video::Frame& frame);
int paintedNumber(const video::Image8& rgb);

// All samples of a frame differ from their neighbours: for bit-exact round trips.
video::Frame noiseFrame(unsigned seed, int width, int height, const video::PixelFormat& format);

struct RawPacket {
    std::int64_t pts, duration;
    double seconds;
    std::string bytes;
    bool operator==(const RawPacket& other) const { return bytes == other.bytes; }
};
// Packets of the n-th track of a kind ("audio", "video", "subtitle").
std::vector<RawPacket> packetsOf(const std::filesystem::path& path, const std::string& kind, int n = 0);
std::string fileMetadata(const std::filesystem::path& path, const std::string& key);

void truncateFile(const std::filesystem::path& path, double keepFraction);

} // namespace reelmend::test
