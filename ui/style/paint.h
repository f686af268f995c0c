#pragma once
#include <QColor>
#include <QFont>
#include <QRectF>
#include <QStringView>

class QPainter;

namespace reelmend::ui::style {

// Numbers that change. Inter's digits differ in width and Qt 6.4 cannot switch font features, so each digit is drawn
// in the middle of a cell as wide as the widest digit: a time code that runs does not tremble.
double tabularWidth(const QFont& font, QStringView text);
// `rect` in logical pixels; alignment: left, right or centre across, always centred on the line down.
void drawTabular(QPainter& painter, const QRectF& rect, Qt::Alignment alignment, QStringView text);

// Lines that cover whole device pixels at any device ratio. Positions and widths in logical pixels, rounded to device
// pixels; `x` or `y` is the line's first edge.
void drawVerticalLine(QPainter& painter, double x, double top, double bottom, const QColor& colour, double width = 1);
void drawHorizontalLine(
    QPainter& painter, double y, double left, double right, const QColor& colour, double width = 1);
// `rect` with edges moved to the nearest device pixels.
QRectF snapped(const QRectF& rect, double deviceRatio);

// 45° hatch over `rect`: warnings (amber), failures (red), work under way (accent). `offset` shifts it along x.
void drawHatch(QPainter& painter, const QRectF& rect, const QColor& colour, double spacing = 6, double width = 2.5);

// A rounded rectangle with a 1 px border inside its edge, whole device pixels. Invalid colours are left out.
void drawRounded(QPainter& painter, const QRectF& rect, double radius, const QColor& ground, const QColor& border,
    double width = 1);

// A corner label on a picture: #f2f2f2 on #1c1c1c, radius 4. Returns the size that drawPictureLabel() needs.
QSizeF pictureLabelSize(const QFont& font, const QString& text);
void drawPictureLabel(QPainter& painter, const QRectF& rect, const QString& text);

} // namespace reelmend::ui::style
