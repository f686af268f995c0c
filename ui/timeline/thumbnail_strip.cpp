#include "ui/timeline/thumbnail_strip.h"

#include "ui/style/paint.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace reelmend::ui::timeline {

ThumbnailStrip::ThumbnailStrip(QObject* parent)
    : QObject(parent)
{}

void ThumbnailStrip::setSource(viewer::DisplaySourceFactory factory)
{
    cache_.reset();
    slots_.clear();
    if (factory) {
        cache_ = std::make_unique<viewer::FrameCache>(std::move(factory), kBytes);
        cache_->setPrefetching(false);
        connect(cache_.get(), &viewer::FrameCache::opened, this, [this] { layOut(scale_, height_, deviceRatio_); });
        connect(cache_.get(), &viewer::FrameCache::frameReady, this, &ThumbnailStrip::changed);
    }
    Q_EMIT changed();
}

void ThumbnailStrip::layOut(const TimelineScale& scale, double height, double deviceRatio)
{
    scale_ = scale;
    height_ = height;
    deviceRatio_ = deviceRatio;
    slots_.clear();
    const QSize picture = cache_ ? cache_->pictureSize() : QSize();
    if (picture.isEmpty() || scale.frameCount() == 0 || height <= 0) {
        return;
    }
    // A panorama must not fill the strip with one picture, nor a portrait with slivers.
    const double aspect = std::clamp(static_cast<double>(picture.width()) / picture.height(), 0.5, 3.0);
    slotWidth_ = std::max(8.0, std::round(height * aspect));
    cache_->setShownSize(QSize(qCeil(slotWidth_ * deviceRatio), qCeil(height * deviceRatio)));
    // Slots hang on the clip, not on the window: scrolling moves them, it does not choose other frames.
    const double pitch = std::max(slotWidth_, scale.pixelsPerFrame());
    const double origin = scale.firstFrame() * scale.pixelsPerFrame();
    const double end = static_cast<double>(scale.frameCount()) * scale.pixelsPerFrame();
    for (auto k = static_cast<std::int64_t>(std::floor(origin / pitch));; ++k) {
        const double content = static_cast<double>(k) * pitch;
        if (content >= end - 0.5 || content - origin >= scale.width()) {
            break;
        }
        const auto frame = static_cast<std::int64_t>(std::floor(content / scale.pixelsPerFrame() + 1e-6));
        slots_.push_back({std::min(frame, scale.frameCount() - 1), content - origin});
    }
    std::vector<std::int64_t> frames;
    for (const Slot& slot : slots_) {
        frames.push_back(slot.frame);
    }
    cache_->setWanted(std::move(frames));
}

void ThumbnailStrip::draw(QPainter& painter, const QRectF& lane) const
{
    if (!cache_) {
        return;
    }
    const double end = scale_.xOf(static_cast<double>(scale_.frameCount()));
    const auto reach = static_cast<std::int64_t>(std::ceil(slotWidth_ / scale_.pixelsPerFrame())) * 2;
    painter.save();
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    for (const Slot& slot : slots_) {
        const QRectF place = style::snapped(
            QRectF(lane.left() + slot.left, lane.top(), std::min(slotWidth_, end - slot.left), lane.height()),
            deviceRatio_);
        QImage image = cache_->picture(slot.frame);
        if (image.isNull()) {
            image = cache_->nearestPicture(slot.frame, reach);
        }
        if (image.isNull() || place.width() <= 0) {
            continue;
        }
        // Filled, keeping the shape: the middle of the picture is cut out where the last slot is narrower.
        const double scale = std::max(slotWidth_ / image.width(), lane.height() / image.height());
        const QSizeF part(place.width() / scale, place.height() / scale);
        const QPointF corner(std::max(0.0, (image.width() - slotWidth_ / scale) / 2),
            std::max(0.0, (image.height() - part.height()) / 2));
        painter.drawImage(place, image, QRectF(corner, part));
    }
    painter.restore();
}

} // namespace reelmend::ui::timeline
