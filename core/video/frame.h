#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/base/time.h"
#include "core/video/colour.h"
#include "core/video/pixel_format.h"

namespace reelmend::video {

// Time of a frame as its file states it, in units of timeBase seconds.
struct FrameTime {
    std::int64_t pts = 0;
    std::int64_t duration = 0; // 0 = not known
    base::Rational timeBase{1, 1};

    double seconds() const { return static_cast<double>(pts) * timeBase.value(); }
};

// One picture in its native planes. Immutable and cheap to copy: copies share the samples. Safe to read from any
// thread. Converting to RGB is explicit: see convert.h.
class Frame {
public:
    struct Plane {
        const std::uint8_t* data = nullptr;
        std::ptrdiff_t stride = 0; // bytes from one row to the next; may be negative
    };
    struct Description {
        PixelFormat format;
        int width = 0;
        int height = 0;
        ColourTags colour;
        FrameTime time;
        bool isInterlaced = false;
        bool isConcealed = false; // the file's data was broken here; the decoder filled in
    };

    Frame() = default;
    // `owner` keeps the memory that `planes` point into alive.
    Frame(Description description, std::array<Plane, 4> planes, std::shared_ptr<const void> owner);

    bool isEmpty() const { return !data_; }
    const Description& description() const { return data_->description; }
    const PixelFormat& format() const { return data_->description.format; }
    const ColourTags& colour() const { return data_->description.colour; }
    const FrameTime& time() const { return data_->description.time; }
    int width() const { return data_->description.width; }
    int height() const { return data_->description.height; }
    const Plane& plane(int index) const { return data_->planes[static_cast<std::size_t>(index)]; }

    // The same samples under another time or tags.
    Frame withTime(FrameTime time) const;
    Frame withColour(ColourTags colour) const;

    std::size_t sizeBytes() const; // memory the samples take

private:
    struct Data {
        Description description;
        std::array<Plane, 4> planes;
        std::shared_ptr<const void> owner;
    };
    std::shared_ptr<const Data> data_;
};

// A frame that is being made: own memory, rows 64-byte aligned. finish() hands it over; the builder is then empty.
class FrameBuilder {
public:
    explicit FrameBuilder(Frame::Description description); // throws Error(kUsage) on a size outside 1…32768

    const Frame::Description& description() const { return description_; }
    std::uint8_t* row(int plane, int y);
    std::ptrdiff_t stride(int plane) const { return strides_[static_cast<std::size_t>(plane)]; }
    Frame finish();

private:
    Frame::Description description_;
    std::array<std::ptrdiff_t, 4> strides_{};
    std::array<std::uint8_t*, 4> planes_{};
    std::shared_ptr<std::uint8_t> memory_;
};

// Every native sample equal (padding ignored), formats and sizes too. Times and tags are not compared.
bool sameSamples(const Frame& a, const Frame& b);

} // namespace reelmend::video
