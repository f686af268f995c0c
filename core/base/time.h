#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace reelmend::base {

// An exact ratio, e.g. a frame rate 30000/1001 or a time base 1/90000. Denominator > 0; not reduced automatically.
struct Rational {
    std::int64_t num = 0;
    std::int64_t den = 1;

    double value() const { return static_cast<double>(num) / static_cast<double>(den); }
    bool isPositive() const { return num > 0 && den > 0; }
    Rational reduced() const;
    bool operator==(const Rational&) const = default;
};

// Frame indices, 0-based, half-open: [begin, end).
struct FrameRange {
    std::int64_t begin = 0;
    std::int64_t end = 0;

    std::int64_t size() const { return end > begin ? end - begin : 0; }
    bool empty() const { return end <= begin; }
    bool contains(std::int64_t frame) const { return frame >= begin && frame < end; }
    FrameRange intersected(FrameRange other) const;
    bool operator==(const FrameRange&) const = default;
};

// "a:b", ":b", "a:" or "" against a clip of `frameCount` frames. Throws Error(kUsage) when it is not of that form, is
// empty, or reaches beyond the clip.
FrameRange parseRange(std::string_view text, std::int64_t frameCount);

// "48 s", "3 min 20 s", "2 h 05 min": a remaining or elapsed time as the program writes it everywhere.
std::string durationText(double seconds);

// "00:00:02:07" for a frame at a frame rate (rounded to whole frames per second for the last field).
std::string timecodeText(std::int64_t frame, Rational framesPerSecond);

// "1.2 GB", "340 MB", "12 kB": decimal units, as everywhere in the program.
std::string bytesText(double bytes);

// Seconds of a clock that never jumps.
double monotonicSeconds();

// "2026-11-21T05:14:03Z"
std::string utcNowText();

} // namespace reelmend::base
