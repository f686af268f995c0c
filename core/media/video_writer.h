#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/control.h"
#include "core/base/time.h"
#include "core/video/clip_info.h"
#include "core/video/source.h"

namespace reelmend::media {

enum class Codec { kH264, kH265, kAv1, kVp9, kProRes, kFfv1, kPng, kTiff, kJpeg, kExr, kDpx };

// What a person chooses. Draft: small and quick, for looking at; good: no difference at normal viewing; best: for
// further work; lossless: every sample as handed over.
enum class WriterQuality { kDraft, kGood, kBest, kLossless };

struct WriterSettings {
    std::filesystem::path path; // sequences: "name.%04d.png"
    Codec codec = Codec::kH264;
    WriterQuality quality = WriterQuality::kGood;
    std::string pixelFormat; // FFmpeg's name, normally the source's; the nearest that the codec can hold is used
    int floatBits = 32;      // of floating-point samples: 16 where they come from half floats
    int width = 0;           // as stored, before rotation and pixel aspect
    int height = 0;
    base::Rational timeBase;         // of the frames' times; normally the source's
    base::Rational frameRate{24, 1}; // nominal, for rate control and headers
    video::ColourTags colour;
    base::Rational pixelAspect{1, 1};
    int rotationDegrees = 0; // clockwise, to be seen upright; carried as a tag, samples are not turned
    // Interlaced frames are coded as such where the codec can, and said to be so where the container can.
    video::FieldOrder fieldOrder = video::FieldOrder::kUnknown;
    int threads = 0;     // 0 = as many as the machine has cores
    int firstNumber = 1; // of a sequence
    const base::Control* control = nullptr;
};

// Codec that fits the name: the extension decides for sequences and ProRes-only containers, else `lossless` picks
// FFV1 (mkv, nut) or lossless H.264 (mp4), and H.264 otherwise; webm gets VP9. Throws Error(kUsage) for an
// unknown extension and lists those that work.
Codec codecFor(const std::filesystem::path& output, WriterQuality quality);
bool isSequenceCodec(Codec codec);
// Whether a file of that name can say that its picture is to be turned; numbered pictures cannot.
bool holdsRotation(const std::filesystem::path& output);
std::string codecName(Codec codec); // for people: "H.264", "FFV1", "PNG sequence"

// Native pixel format that a file of these settings will hold when frames come in settings.pixelFormat, and what that
// changes, in words ("10 bits become 8"); the words are empty when nothing changes. Throws Error(kUnavailable) where
// this FFmpeg lacks the encoder, Error(kUsage) where the codec cannot do the quality.
struct StoredFormat {
    std::string pixelFormat;
    std::string change;
    std::string encoder; // FFmpeg's name; a draft takes one in hardware where that works
};
StoredFormat storedFormat(const WriterSettings& settings);

// One clip without sound, written under a temporary name until finish(). Frames in another format than the file's are
// converted; a size other than the settings' is Error(kUsage). Times are kept as they are, absolute, in
// settings.timeBase. Not thread-safe.
class VideoWriter : public video::FrameSink {
public:
    // Throws as storedFormat() does, and Error(kOutput) where the place cannot be written.
    explicit VideoWriter(WriterSettings settings);
    ~VideoWriter() override;

    void write(const video::Frame& frame, const video::Frame* source, const video::Mask* changed) override;
    void finish() override;

    std::int64_t framesWritten() const;
    const std::string& pixelFormat() const; // of the file

private:
    struct Private;
    std::unique_ptr<Private> d_;
};

} // namespace reelmend::media
