#include "ui/viewer/view_transform.h"

#include <algorithm>
#include <cmath>

namespace reelmend::ui::viewer {

namespace {

// Air between a fitted picture and the panel.
constexpr double kMarginX = 16;
constexpr double kMarginY = 8;

} // namespace

void ViewTransform::setPicture(QSize size)
{
    if (size == picture_) {
        return;
    }
    if (!isFit_ && !picture_.isEmpty() && !size.isEmpty()) {
        const double ratio = static_cast<double>(size.width()) / picture_.width();
        centre_ = {centre_.x() * ratio, centre_.y() * size.height() / picture_.height()};
        zoom_ /= ratio;
    }
    picture_ = size;
}

void ViewTransform::setViewport(QSize logicalSize, double deviceRatio)
{
    viewport_ = logicalSize;
    deviceRatio_ = deviceRatio;
}

QPointF ViewTransform::middle() const
{
    return {viewport_.width() * deviceRatio_ / 2, viewport_.height() * deviceRatio_ / 2};
}

double ViewTransform::fitZoom() const
{
    if (isEmpty()) {
        return 1;
    }
    const double width = std::max(8.0, viewport_.width() - 2 * kMarginX) * deviceRatio_;
    const double height = std::max(8.0, viewport_.height() - 2 * kMarginY) * deviceRatio_;
    return std::clamp(std::min(width / picture_.width(), height / picture_.height()), kSmallestZoom, kLargestZoom);
}

void ViewTransform::fit()
{
    isFit_ = true;
}

QPointF ViewTransform::centre() const
{
    return isFit_ ? QPointF(picture_.width() / 2.0, picture_.height() / 2.0) : centre_;
}

void ViewTransform::clampCentre()
{
    centre_.setX(std::clamp(centre_.x(), 0.0, static_cast<double>(picture_.width())));
    centre_.setY(std::clamp(centre_.y(), 0.0, static_cast<double>(picture_.height())));
}

void ViewTransform::zoomTo(double zoom, QPointF anchor)
{
    if (isEmpty()) {
        return;
    }
    // Of the view before its corner was put on whole pixels: rounding must not add up over the steps of a zoom.
    const QPointF kept = centre() + (anchor * deviceRatio_ - middle()) / this->zoom();
    isFit_ = false;
    zoom_ = std::clamp(zoom, kSmallestZoom, kLargestZoom);
    centre_ = kept - (anchor * deviceRatio_ - middle()) / zoom_;
    clampCentre();
}

void ViewTransform::panBy(QPointF logicalDelta)
{
    if (isEmpty()) {
        return;
    }
    centre_ = centre() - logicalDelta * deviceRatio_ / zoom();
    zoom_ = zoom();
    isFit_ = false;
    clampCentre();
}

void ViewTransform::follow(const ViewTransform& other)
{
    isFit_ = other.isFit_;
    if (isFit_ || other.isEmpty() || isEmpty()) {
        return;
    }
    const double ratio = static_cast<double>(picture_.width()) / other.picture_.width();
    zoom_ = other.zoom_ / ratio;
    centre_ = {other.centre_.x() * ratio, other.centre_.y() * picture_.height() / other.picture_.height()};
    clampCentre();
}

QRect ViewTransform::deviceRect() const
{
    if (isEmpty()) {
        return {};
    }
    const double z = zoom();
    const QPointF corner = middle() - centre() * z;
    return {static_cast<int>(std::round(corner.x())), static_cast<int>(std::round(corner.y())),
        std::max(1, static_cast<int>(std::round(picture_.width() * z))),
        std::max(1, static_cast<int>(std::round(picture_.height() * z)))};
}

QRectF ViewTransform::rect() const
{
    const QRect device = deviceRect();
    return {device.x() / deviceRatio_, device.y() / deviceRatio_, device.width() / deviceRatio_,
        device.height() / deviceRatio_};
}

QPointF ViewTransform::toPicture(QPointF widget) const
{
    const QRect device = deviceRect();
    if (device.isEmpty()) {
        return {};
    }
    return {(widget.x() * deviceRatio_ - device.x()) * picture_.width() / device.width(),
        (widget.y() * deviceRatio_ - device.y()) * picture_.height() / device.height()};
}

QPointF ViewTransform::toWidget(QPointF picture) const
{
    return pictureToWidget().map(picture);
}

QRectF ViewTransform::toWidget(const QRectF& picture) const
{
    return pictureToWidget().mapRect(picture);
}

QTransform ViewTransform::pictureToWidget() const
{
    const QRectF r = rect();
    if (isEmpty()) {
        return {};
    }
    return QTransform(r.width() / picture_.width(), 0, 0, r.height() / picture_.height(), r.x(), r.y());
}

} // namespace reelmend::ui::viewer
