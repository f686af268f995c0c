#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/media/probe.h"
#include "core/video/source.h"

namespace reelmend::media {

struct ReaderOptions {
    enum class Output {
        kNative,      // the file's own planes, not copied
        kDisplayRgb,  // "rgb24", upright, square pixels
        kDisplayBgra, // "bgra", opaque: the bytes of QImage::Format_RGB32
    };
    Output output = Output::kNative;
    // Display outputs only: the frame is scaled to fit inside, keeping its shape; 0 = the clip's display size.
    int maximumWidth = 0;
    int maximumHeight = 0;
    int threads = 0; // of the decoder; 0 = as many as the machine has cores
    const base::Control* control = nullptr;
    Progress scanProgress;
    base::Rational sequenceRate{24, 1};
    bool useCache = true;                         // of the packet index
    bool useHardware = true;                      // to decode, where a device answers; else software, silently
    std::size_t backwardBytes = 96 * 1024 * 1024; // frames kept so that stepping back decodes a group only once
};

// Frames of a clip by index, exact for any order of access: a scanned packet index says which packets lead to which
// frame. Ascending access is as fast as plain decoding; any other starts at the nearest usable key frame. A frame
// whose data is broken or missing is replaced by its nearest neighbour and marked isConcealed. Native frames carry
// time and tags of the file; "yuvj" formats appear as "yuv" with full range, big-endian samples, palettes and bit
// streams are unpacked first. Not thread-safe; every reader may live in a thread of its own.
class VideoReader : public video::FrameSource {
public:
    // Throws as probe() does, and Cancelled.
    static std::unique_ptr<VideoReader> open(const std::filesystem::path& path, const ReaderOptions& options = {});
    ~VideoReader() override;

    const video::ClipInfo& info() const override;
    std::int64_t frameCount() const override;
    video::Frame frame(std::int64_t index) override;

    // When the frame is shown, without decoding it. Duration is that to the next frame.
    video::FrameTime time(std::int64_t index) const;
    // The frame that is on screen at `seconds` of the clip's own time line (clamped to the clip).
    std::int64_t frameAt(double seconds) const;
    // Format of native frames, known after the first was decoded (the reader decodes frame 0 to tell).
    const video::PixelFormat& nativeFormat();

    // Display outputs: a new size for the frames to come.
    void setMaximumSize(int width, int height);

    struct Statistics {
        std::int64_t decodedFrames = 0; // that the decoder put out, wanted or not
        std::int64_t seeks = 0;
        bool usesHardware = false;
    };
    Statistics statistics() const;

private:
    struct Private;
    explicit VideoReader(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d_;
};

} // namespace reelmend::media
