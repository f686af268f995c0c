#include "ui/viewer/picture_layer.h"

#include "ui/viewer/view_transform.h"

#include <QPainter>

namespace reelmend::ui::viewer {

void PictureLayer::draw(QPainter& painter, const QImage& image, const ViewTransform& view, Scaling scaling)
{
    if (image.isNull() || view.isEmpty()) {
        return;
    }
    const bool isNearest = scaling == Scaling::kByZoom && view.isNearest();
    const double ratio = view.deviceRatio();
    const QRect target = view.deviceRect();
    const QRect window(0, 0, qCeil(view.viewport().width() * ratio), qCeil(view.viewport().height() * ratio));
    const QRect place = target & window;
    if (place.isEmpty()) {
        return;
    }
    painter.save();
    // Device pixels: nothing between here and the screen may resample.
    painter.scale(1 / ratio, 1 / ratio);
    if (image.size() == target.size()) {
        painter.drawImage(place.topLeft(), image, place.translated(-target.topLeft()));
        painter.restore();
        return;
    }
    if (scaled_.isNull() || key_ != image.cacheKey() || target_ != target || scaledPlace_ != place ||
        isNearest_ != isNearest) {
        if (scaled_.size() != place.size()) {
            scaled_ = QImage(place.size(), QImage::Format_RGB32);
        }
        QPainter scaler(&scaled_);
        scaler.setCompositionMode(QPainter::CompositionMode_Source);
        scaler.setRenderHint(QPainter::SmoothPixmapTransform, !isNearest);
        scaler.drawImage(QRectF(target.translated(-place.topLeft())), image);
        key_ = image.cacheKey();
        target_ = target;
        scaledPlace_ = place;
        isNearest_ = isNearest;
    }
    painter.drawImage(place.topLeft(), scaled_);
    painter.restore();
}

} // namespace reelmend::ui::viewer
