#include "ui/viewer/clip_source.h"

#include "core/base/files.h"
#include "core/media/video_reader.h"

namespace reelmend::ui::viewer {

namespace {

class ClipDisplaySource : public DisplaySource {
public:
    explicit ClipDisplaySource(std::unique_ptr<media::VideoReader> reader)
        : reader_(std::move(reader))
    {}

    std::int64_t frameCount() const override { return reader_->frameCount(); }
    QSize pictureSize() const override { return {reader_->info().displayWidth(), reader_->info().displayHeight()}; }
    QImage picture(std::int64_t index, QSize maximum) override
    {
        const QSize size = decodeSize(pictureSize(), maximum);
        if (size != size_) {
            size_ = size;
            reader_->setMaximumSize(size.width(), size.height());
        }
        // The frame's own bytes become the picture's: nothing is copied, and the last of both frees them.
        auto frame = std::make_unique<video::Frame>(reader_->frame(index));
        const video::Frame::Plane& plane = frame->plane(0);
        const int width = frame->width();
        const int height = frame->height();
        return QImage(
            plane.data, width, height, plane.stride, QImage::Format_RGB32,
            [](void* owner) { delete static_cast<video::Frame*>(owner); }, frame.release());
    }

private:
    std::unique_ptr<media::VideoReader> reader_;
    QSize size_;
};

} // namespace

DisplaySourceFactory clipSource(const QString& path, DecoderThreads threads)
{
    return [path, threads](const base::Control& control) -> std::unique_ptr<DisplaySource> {
        media::ReaderOptions options;
        options.output = media::ReaderOptions::Output::kDisplayBgra;
        options.threads = threads == DecoderThreads::kOne ? 1 : 0;
        options.control = &control;
        // The cache keeps what was decoded; the reader needs no second store beside it.
        options.backwardBytes = 48 * 1024 * 1024;
        return std::make_unique<ClipDisplaySource>(
            media::VideoReader::open(base::pathFromText(path.toStdString()), options));
    };
}

} // namespace reelmend::ui::viewer
