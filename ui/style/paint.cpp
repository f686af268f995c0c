#include "ui/style/paint.h"

#include "ui/style/fonts.h"
#include "ui/style/tokens.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QPainterPath>

#include <cmath>

namespace reelmend::ui::style {

namespace {

double digitCell(const QFontMetricsF& metrics)
{
    double widest = 0;
    for (char16_t digit = u'0'; digit <= u'9'; ++digit) {
        widest = std::max(widest, metrics.horizontalAdvance(QChar(digit)));
    }
    return widest;
}

// Runs of other characters keep their kerning; digits stand alone in their cells.
template <class Visit> double walkTabular(const QFontMetricsF& metrics, QStringView text, Visit visit)
{
    const double cell = digitCell(metrics);
    double x = 0;
    qsizetype i = 0;
    while (i < text.size()) {
        if (text[i] >= u'0' && text[i] <= u'9') {
            const QString digit(text[i]);
            visit(x + (cell - metrics.horizontalAdvance(digit)) / 2, digit);
            x += cell;
            ++i;
            continue;
        }
        qsizetype end = i;
        while (end < text.size() && !(text[end] >= u'0' && text[end] <= u'9')) {
            ++end;
        }
        const QString run = text.sliced(i, end - i).toString();
        visit(x, run);
        x += metrics.horizontalAdvance(run);
        i = end;
    }
    return x;
}

double ratioOf(const QPainter& painter)
{
    return painter.device()->devicePixelRatioF();
}

double toDevice(double value, double ratio)
{
    return std::round(value * ratio) / ratio;
}

double lineWidth(double width, double ratio)
{
    return std::max(1.0, std::round(width * ratio)) / ratio;
}

} // namespace

double tabularWidth(const QFont& font, QStringView text)
{
    return walkTabular(QFontMetricsF(font), text, [](double, const QString&) {});
}

void drawTabular(QPainter& painter, const QRectF& rect, Qt::Alignment alignment, QStringView text)
{
    const QFontMetricsF metrics(painter.font(), painter.device());
    const double width = walkTabular(metrics, text, [](double, const QString&) {});
    double left = rect.left();
    if (alignment & Qt::AlignRight) {
        left = rect.right() - width;
    } else if (alignment & Qt::AlignHCenter) {
        left = rect.center().x() - width / 2;
    }
    const double ratio = ratioOf(painter);
    const double baseline = toDevice(rect.center().y() + (metrics.ascent() - metrics.descent()) / 2, ratio);
    left = toDevice(left, ratio);
    walkTabular(
        metrics, text, [&](double x, const QString& run) { painter.drawText(QPointF(left + x, baseline), run); });
}

void drawVerticalLine(QPainter& painter, double x, double top, double bottom, const QColor& colour, double width)
{
    const double ratio = ratioOf(painter);
    painter.fillRect(QRectF(QPointF(toDevice(x, ratio), toDevice(top, ratio)),
                         QPointF(toDevice(x, ratio) + lineWidth(width, ratio), toDevice(bottom, ratio))),
        colour);
}

void drawHorizontalLine(QPainter& painter, double y, double left, double right, const QColor& colour, double width)
{
    const double ratio = ratioOf(painter);
    painter.fillRect(QRectF(QPointF(toDevice(left, ratio), toDevice(y, ratio)),
                         QPointF(toDevice(right, ratio), toDevice(y, ratio) + lineWidth(width, ratio))),
        colour);
}

QRectF snapped(const QRectF& rect, double deviceRatio)
{
    return QRectF(QPointF(toDevice(rect.left(), deviceRatio), toDevice(rect.top(), deviceRatio)),
        QPointF(toDevice(rect.right(), deviceRatio), toDevice(rect.bottom(), deviceRatio)));
}

void drawHatch(QPainter& painter, const QRectF& rect, const QColor& colour, double spacing, double width)
{
    if (rect.isEmpty()) {
        return;
    }
    painter.save();
    painter.setClipRect(rect, Qt::IntersectClip);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colour, width, Qt::SolidLine, Qt::FlatCap));
    // Anchored at the painter's origin, so that neighbouring pieces join.
    const double first = std::floor((rect.left() - rect.height()) / spacing) * spacing;
    for (double x = first; x < rect.right() + spacing; x += spacing) {
        painter.drawLine(
            QPointF(x - width, rect.bottom() + width), QPointF(x + rect.height() + width, rect.top() - width));
    }
    painter.restore();
}

void drawRounded(
    QPainter& painter, const QRectF& rect, double radius, const QColor& ground, const QColor& border, double width)
{
    const double ratio = ratioOf(painter);
    const QRectF outer = snapped(rect, ratio);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    if (ground.isValid()) {
        painter.setBrush(ground);
        painter.drawRoundedRect(outer, radius, radius);
    }
    if (border.isValid()) {
        const double line = lineWidth(width, ratio);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(border, line));
        painter.drawRoundedRect(
            outer.adjusted(line / 2, line / 2, -line / 2, -line / 2), radius - line / 2, radius - line / 2);
    }
    painter.restore();
}

QSizeF pictureLabelSize(const QFont& font, const QString& text)
{
    const QFontMetricsF metrics(font);
    return {std::ceil(metrics.horizontalAdvance(text)) + 16, std::max(20.0, std::ceil(metrics.height()) + 4)};
}

void drawPictureLabel(QPainter& painter, const QRectF& rect, const QString& text)
{
    const PictureColours& c = pictureColours();
    drawRounded(painter, rect, kRadiusControl, c.labelGround, {});
    painter.setPen(c.onLabel);
    painter.drawText(rect, Qt::AlignCenter | Qt::TextSingleLine, text);
}

} // namespace reelmend::ui::style
