#include "app/desktop/clip_pictures.h"

#include <QCoreApplication>

#include <algorithm>
#include <memory>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/video_reader.h"

namespace reelmend::desktop {

namespace {

// Shares the frame's samples: no copy of a picture on its way to the screen.
QImage imageOf(const video::Frame& frame)
{
    const auto keep = [](void* kept) { delete static_cast<video::Frame*>(kept); };
    const video::Frame::Plane& plane = frame.plane(0);
    return {plane.data, frame.width(), frame.height(), static_cast<qsizetype>(plane.stride), QImage::Format_RGB32,
        keep, new video::Frame(frame)};
}

class FilePictures : public ui::viewer::DisplaySource {
public:
    FilePictures(const QString& path, qint64 firstFrame, const base::Control& control)
        : firstFrame_(firstFrame)
    {
        media::ReaderOptions options;
        options.output = media::ReaderOptions::Output::kDisplayBgra;
        options.control = &control;
        reader_ = media::VideoReader::open(base::pathFromText(path.toStdString()), options);
        size_ = {reader_->info().displayWidth(), reader_->info().displayHeight()};
    }

    std::int64_t frameCount() const override { return firstFrame_ + reader_->frameCount(); }
    QSize pictureSize() const override { return size_; }
    QImage picture(std::int64_t index, QSize maximum) override
    {
        if (index < firstFrame_) {
            throw base::Error(base::ErrorKind::kUsage,
                QCoreApplication::translate("reelmend::desktop::ClipPictures", "This version begins later.")
                    .toStdString());
        }
        const QSize wanted = ui::viewer::decodeSize(size_, maximum);
        if (wanted != asked_) {
            reader_->setMaximumSize(wanted.width(), wanted.height());
            asked_ = wanted;
        }
        return imageOf(reader_->frame(index - firstFrame_));
    }

private:
    std::unique_ptr<media::VideoReader> reader_;
    qint64 firstFrame_;
    QSize size_, asked_;
};

} // namespace

ui::viewer::DisplaySourceFactory picturesOf(const QString& path, qint64 firstFrame)
{
    return [path, firstFrame](const base::Control& control) {
        return std::make_unique<FilePictures>(path, firstFrame, control);
    };
}

QImage middlePicture(const QString& path, QSize size, const base::Control& control)
{
    FilePictures pictures(path, 0, control);
    return pictures.picture(std::max<std::int64_t>(pictures.frameCount() / 2, 0), size).copy();
}

} // namespace reelmend::desktop
