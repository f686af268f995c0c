#pragma once
#include <memory>

#include "core/media/ffmpeg.h"
#include "core/media/video_writer.h"

namespace reelmend::media {

// Where encoded pictures go: one file, or one file each. Nothing appears under the final name before finish().
// Internal. Throws Error(kOutput or kDiskFull).
class PacketSink {
public:
    virtual ~PacketSink() = default;
    virtual bool needsGlobalHeader() const = 0;
    virtual void begin(const AVCodecContext& encoder) = 0;
    virtual void write(AVPacket& packet, AVRational timeBase) = 0;
    virtual void finish() = 0;
};

std::unique_ptr<PacketSink> makeFileSink(const WriterSettings& settings);
std::unique_ptr<PacketSink> makeSequenceSink(const WriterSettings& settings);

// FLAC and others in MP4 count as experimental although every player takes them.
inline constexpr int kCompliance = FF_COMPLIANCE_EXPERIMENTAL;
// A container being written under PartFile's name; shared by the writer and joinSegments().
OutputPtr makeOutput(const std::filesystem::path& part, const std::filesystem::path& target);
// Opens the file and writes the header.
void openOutput(AVFormatContext* output, const std::filesystem::path& part, const std::filesystem::path& target);
// Throws what a failed write means; the file's own error (a full disk) counts before FFmpeg's code.
void checkWrite(int code, const AVFormatContext* output, const std::filesystem::path& target);
// Trailer, then closes. Does not rename.
void closeAndCheck(OutputPtr& output, const std::filesystem::path& target);
void setRotation(AVStream* stream, int degreesClockwise);

} // namespace reelmend::media
