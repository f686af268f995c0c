#pragma once
#include <QPointF>
#include <QRect>
#include <QRectF>
#include <QSize>
#include <QTransform>

namespace reelmend::ui::viewer {

// Where a picture lies in a widget. Zoom is device pixels per picture pixel: 1 is pixel-exact on every screen. The
// picture's corner always lies on a whole device pixel. A value, shared by everything that shows the same view.
class ViewTransform {
public:
    static constexpr double kSmallestZoom = 0.02;
    static constexpr double kLargestZoom = 64;

    void setPicture(QSize size); // keeps fit, or the zoom and the middle
    void setViewport(QSize logicalSize, double deviceRatio);

    QSize picture() const { return picture_; }
    QSize viewport() const { return viewport_; }
    double deviceRatio() const { return deviceRatio_; }
    bool isEmpty() const { return picture_.isEmpty() || viewport_.isEmpty(); }

    bool isFit() const { return isFit_; }
    double zoom() const { return isFit_ ? fitZoom() : zoom_; }
    double fitZoom() const;
    void fit();
    // `anchor` (widget coordinates) keeps the picture's point that is under it.
    void zoomTo(double zoom, QPointF anchor);
    void panBy(QPointF logicalDelta);
    // The same zoom and middle as `other`, which may show a picture of another pixel size of the same field of view.
    void follow(const ViewTransform& other);
    QPointF centre() const; // picture coordinates in the middle of the widget

    QRect deviceRect() const; // of the picture, in device pixels of the widget
    QRectF rect() const;      // the same in logical pixels
    QPointF toPicture(QPointF widget) const;
    QPointF toWidget(QPointF picture) const;
    QRectF toWidget(const QRectF& picture) const;
    QTransform pictureToWidget() const;
    // Whether a picture pixel is to be seen as a square rather than interpolated.
    bool isNearest() const { return zoom() > 4; }

    bool operator==(const ViewTransform&) const = default;

private:
    QPointF middle() const; // of the viewport in device pixels
    void clampCentre();

    QSize picture_;
    QSize viewport_;
    double deviceRatio_ = 1;
    bool isFit_ = true;
    double zoom_ = 1;
    QPointF centre_;
};

} // namespace reelmend::ui::viewer
