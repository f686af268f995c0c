#pragma once
#include <QImage>
#include <QRect>

class QPainter;

namespace reelmend::ui::viewer {

class ViewTransform;

// Draws one picture where a view wants it, and keeps the scaled visible part: repainting for a brush ring or an
// overlay then costs a copy, not a scaling.
class PictureLayer {
public:
    enum class Scaling { kByZoom, kSmooth }; // kByZoom: pixels stay squares above 4x
    // `image` may have fewer pixels than view.picture(): it is stretched over the same rectangle.
    void draw(QPainter& painter, const QImage& image, const ViewTransform& view, Scaling scaling = Scaling::kByZoom);
    void clear() { scaled_ = {}; }

private:
    QImage scaled_; // of the visible part, device pixels
    QRect scaledPlace_;
    QRect target_;
    qint64 key_ = 0;
    bool isNearest_ = false;
};

} // namespace reelmend::ui::viewer
