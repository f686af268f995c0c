#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/video/colour.h"

namespace reelmend::video {

enum class StreamKind { kVideo, kAudio, kSubtitle, kAttachment, kTimecode, kData };
enum class FieldOrder { kUnknown, kProgressive, kTopFirst, kBottomFirst };
constexpr bool isInterlaced(FieldOrder order)
{
    return order == FieldOrder::kTopFirst || order == FieldOrder::kBottomFirst;
}

struct StreamInfo {
    int index = 0; // in the file
    StreamKind kind = StreamKind::kData;
    std::string codec;      // FFmpeg's name: "aac", "subrip", …
    std::string language;   // ISO 639-2, may be empty
    std::string summary;    // for people: "stereo, 48 kHz", …
    bool isPicture = false; // cover art, not footage
};

// What the file claims about itself. Claims can be wrong or missing: 0 and empty mean "not said".
struct ClipHeader {
    std::string container; // FFmpeg's demuxer name
    std::string codec;     // of the pictures
    std::string pixelFormat;
    int width = 0; // as stored, before rotation and pixel aspect
    int height = 0;
    int bitDepth = 0;
    bool hasAlpha = false;
    bool isFloat = false;
    ColourTags colour;
    base::Rational pixelAspect{1, 1};
    int rotationDegrees = 0; // 0, 90, 180, 270 clockwise: turn by this to see it upright
    FieldOrder fieldOrder = FieldOrder::kUnknown;
    base::Rational frameRate; // nominal
    double durationSeconds = 0;
    std::int64_t frameCount = 0;
    bool isFrameCountStated = false; // else worked out from the duration, which may be that of a longer sound
    std::string timecode;            // of the first frame, "01:00:00:00"
    std::vector<StreamInfo> streams;
    int chapterCount = 0;
};

// What reading the whole index found.
struct ClipScan {
    std::int64_t frameCount = 0;
    bool hasVariableRate = false;
    base::Rational frameRate;   // exact when constant, average when variable
    double durationSeconds = 0; // from the first frame's start to the last frame's end
    std::int64_t keyFrameCount = 0;
    std::int64_t longestGop = 0;             // frames
    std::vector<std::int64_t> missingFrames; // holes of a numbered sequence, file numbers
    std::vector<std::int64_t> oddFrames;     // pictures of a sequence that are of another size and cannot be read
    bool wasChecked = false;                 // every frame was decoded: damagedFrames is complete
    std::vector<std::int64_t> damagedFrames; // frames whose data is broken; their nearest whole neighbour is shown
    std::vector<std::string> remarks;        // what will be awkward, one plain sentence each
};

// A clip as it is known so far; claims and findings are kept apart (design.md, "Words").
struct ClipInfo {
    std::string path; // UTF-8; a sequence as its pattern, "name.%04d.png"
    ClipHeader header;
    std::optional<ClipScan> scan;

    std::int64_t frameCount() const { return scan ? scan->frameCount : header.frameCount; }
    base::Rational frameRate() const
    {
        return scan && scan->frameRate.isPositive() ? scan->frameRate : header.frameRate;
    }
    // Size as it is to be seen: upright, square pixels (the longer side is stretched, never shrunk).
    int displayWidth() const;
    int displayHeight() const;
    bool isSequence() const; // numbered pictures instead of one file
    bool isInterlaced() const { return video::isInterlaced(header.fieldOrder); }
};

} // namespace reelmend::video
