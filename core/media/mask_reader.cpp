#include "core/media/mask_reader.h"

#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/clip_file.h"
#include "core/media/luma.h"
#include "core/media/picture.h"
#include "core/media/sequence.h"
#include "core/media/video_reader.h"

namespace reelmend::media {

namespace {

std::string counted(std::int64_t count, const char* singular)
{
    return std::to_string(count) + " " + singular + (count == 1 ? "" : "s");
}

void refuseOtherSize(int width, int height, int clipWidth, int clipHeight)
{
    if (width != clipWidth || height != clipHeight) {
        const std::string clip = std::to_string(clipWidth) + "x" + std::to_string(clipHeight);
        throw base::Error(base::ErrorKind::kInput,
            "This mask is " + std::to_string(width) + "x" + std::to_string(height) + " pixels large, the clip is " +
                clip + ".",
            {}, "Choose a mask of " + clip + " pixels.");
    }
}

class StaticMask : public video::MaskSource {
public:
    explicit StaticMask(video::Mask mask)
        : mask_(std::move(mask))
    {}
    bool isStatic() const override { return true; }
    video::Mask mask(std::int64_t) override { return mask_; }

private:
    video::Mask mask_;
};

class MovingMask : public video::MaskSource {
public:
    explicit MovingMask(std::unique_ptr<VideoReader> reader)
        : reader_(std::move(reader))
    {}
    bool isStatic() const override { return false; }
    video::Mask mask(std::int64_t index) override { return lumaMask(reader_->frame(index)); }

private:
    std::unique_ptr<VideoReader> reader_;
};

} // namespace

std::unique_ptr<video::MaskSource> openMask(const std::filesystem::path& path, int clipWidth, int clipHeight,
    std::int64_t clipFrames, const base::Control* control)
{
    std::error_code ignored;
    refuseSpecialFile(path);
    if (!namesSequence(path) && std::filesystem::exists(path, ignored) && pictureCodec(path) != AV_CODEC_ID_NONE) {
        const video::Frame picture = readPicture(path);
        refuseOtherSize(picture.width(), picture.height(), clipWidth, clipHeight);
        return std::make_unique<StaticMask>(lumaMask(picture));
    }
    ReaderOptions options;
    options.control = control;
    std::unique_ptr<VideoReader> reader = VideoReader::open(path, options);
    const video::ClipInfo& info = reader->info();
    refuseOtherSize(info.header.width, info.header.height, clipWidth, clipHeight);
    if (!info.scan->missingFrames.empty()) {
        throw base::Error(base::ErrorKind::kInput, "This mask has gaps.", info.scan->remarks.front(),
            "Add the missing pictures, or choose one picture for all.");
    }
    if (reader->frameCount() == 1) {
        return std::make_unique<StaticMask>(lumaMask(reader->frame(0)));
    }
    if (reader->frameCount() != clipFrames) {
        const bool isSequence = info.isSequence();
        const char* unit = isSequence ? "picture" : "frame";
        throw base::Error(base::ErrorKind::kInput,
            "This mask has " + counted(reader->frameCount(), unit) + ", the clip has " +
                counted(clipFrames, "frame") + ".",
            {}, "Choose a mask with " + counted(clipFrames, unit) + ", or one picture for all.");
    }
    return std::make_unique<MovingMask>(std::move(reader));
}

std::filesystem::path wholeMask(const std::filesystem::path& path, std::int64_t clipFrames)
{
    std::error_code ignored;
    if (clipFrames < 2 || base::pathText(path.filename()).find('%') != std::string::npos ||
        std::filesystem::is_directory(path, ignored) || pictureCodec(path) == AV_CODEC_ID_NONE) {
        return path;
    }
    for (const std::filesystem::path& pattern : patternsOf(path)) {
        try {
            const Sequence sequence = findSequence(pattern);
            if (sequence.length() == clipFrames && sequence.holes().empty()) {
                return pattern;
            }
        } catch (const base::Error&) { // none of that name: the picture stands alone
        }
    }
    return path;
}

} // namespace reelmend::media
