#include "ui/viewer/display_source.h"

#include "core/video/display_transform.h"

#include <algorithm>

namespace reelmend::ui::viewer {

namespace {

class FrameDisplaySource : public DisplaySource {
public:
    FrameDisplaySource(std::unique_ptr<video::FrameSource> source, const base::Control& control)
        : source_(std::move(source))
        , control_(control)
    {
        size_ = {source_->info().displayWidth(), source_->info().displayHeight()};
        if (size_.isEmpty() && source_->frameCount() > 0) {
            const video::Frame first = source_->frame(0);
            size_ = {first.width(), first.height()};
        }
    }

    std::int64_t frameCount() const override { return source_->frameCount(); }
    QSize pictureSize() const override { return size_; }
    QImage picture(std::int64_t index, QSize maximum) override
    {
        control_.throwIfCancelled();
        const video::Image8 rgb = video::toScreen8(source_->frame(index));
        control_.throwIfCancelled();
        const QImage wrapped(
            rgb.pixels.data(), rgb.width, rgb.height, static_cast<qsizetype>(rgb.width) * 3, QImage::Format_RGB888);
        const QSize wanted = decodeSize(size_, maximum);
        if (wanted == wrapped.size()) {
            return wrapped.convertToFormat(QImage::Format_RGB32);
        }
        return wrapped.scaled(wanted, Qt::IgnoreAspectRatio, Qt::SmoothTransformation)
            .convertToFormat(QImage::Format_RGB32);
    }

private:
    std::unique_ptr<video::FrameSource> source_;
    const base::Control& control_;
    QSize size_;
};

} // namespace

DisplaySourceFactory displayOf(std::function<std::unique_ptr<video::FrameSource>()> makeSource)
{
    return [makeSource = std::move(makeSource)](
               const base::Control& control) { return std::make_unique<FrameDisplaySource>(makeSource(), control); };
}

QSize decodeSize(QSize picture, QSize maximum)
{
    if (maximum.isEmpty() || (maximum.width() >= picture.width() && maximum.height() >= picture.height())) {
        return picture;
    }
    return picture.scaled(maximum, Qt::KeepAspectRatio).expandedTo({1, 1});
}

} // namespace reelmend::ui::viewer
