#pragma once
#include <QRectF>
#include <QString>

namespace reelmend::ui::compare {

// Where the split line, its handle and the two labels lie. A value, in logical pixels of the widget.
struct SplitGeometry {
    static constexpr double kHandleRadius = 15;
    static constexpr double kGrab = 8;
    static constexpr double kLabelInset = 12;

    QRectF picture;  // the whole picture
    QRectF visible;  // what of it lies in the widget
    double line = 0; // middle of the 2 px line; within `visible`, so that the handle can always be had
    QPointF handle;  // middle

    // `position` 0 to 1 across the picture; the line stays on a whole device pixel.
    static SplitGeometry of(const QRectF& picture, const QRectF& widget, double position, double deviceRatio);

    bool grabs(QPointF point) const;   // ±8 px of the line, or on the handle
    double positionAt(double x) const; // 0 to 1
    QRectF leftSide() const;
    QRectF rightSide() const;
    // 12 px in from its own side's outer corner; empty when that side is narrower than the label.
    QRectF leftLabel(QSizeF size) const;
    QRectF rightLabel(QSizeF size) const;
};

} // namespace reelmend::ui::compare
