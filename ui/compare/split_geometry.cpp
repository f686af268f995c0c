#include "ui/compare/split_geometry.h"

#include <algorithm>
#include <cmath>

namespace reelmend::ui::compare {

SplitGeometry SplitGeometry::of(const QRectF& picture, const QRectF& widget, double position, double deviceRatio)
{
    SplitGeometry g;
    g.picture = picture;
    g.visible = picture & widget;
    const double wanted = picture.left() + picture.width() * std::clamp(position, 0.0, 1.0);
    g.line = std::clamp(std::round(wanted * deviceRatio) / deviceRatio, g.visible.left(), g.visible.right());
    // In the lower third, where it covers the middle of the picture least.
    const double y = g.visible.top() + g.visible.height() * 0.62;
    g.handle = {g.line, std::round(y)};
    return g;
}

bool SplitGeometry::grabs(QPointF point) const
{
    const bool isOnLine =
        std::abs(point.x() - line) <= kGrab && point.y() >= visible.top() && point.y() <= visible.bottom();
    const QPointF off = point - handle;
    return isOnLine || QPointF::dotProduct(off, off) <= kHandleRadius * kHandleRadius;
}

double SplitGeometry::positionAt(double x) const
{
    return picture.width() > 0 ? std::clamp((x - picture.left()) / picture.width(), 0.0, 1.0) : 0.5;
}

QRectF SplitGeometry::leftSide() const
{
    return {visible.topLeft(), QPointF(line, visible.bottom())};
}

QRectF SplitGeometry::rightSide() const
{
    return {QPointF(line, visible.top()), visible.bottomRight()};
}

QRectF SplitGeometry::leftLabel(QSizeF size) const
{
    const QRectF side = leftSide();
    if (side.width() < size.width() + 2 * kLabelInset || side.height() < size.height() + 2 * kLabelInset) {
        return {};
    }
    return {QPointF(std::ceil(side.left() + kLabelInset), std::ceil(side.top() + kLabelInset)), size};
}

QRectF SplitGeometry::rightLabel(QSizeF size) const
{
    const QRectF side = rightSide();
    if (side.width() < size.width() + 2 * kLabelInset || side.height() < size.height() + 2 * kLabelInset) {
        return {};
    }
    return {
        QPointF(std::floor(side.right() - kLabelInset - size.width()), std::ceil(side.top() + kLabelInset)), size};
}

} // namespace reelmend::ui::compare
