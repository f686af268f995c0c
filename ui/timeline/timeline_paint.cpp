// How a timeline is painted. The static layer holds all but playhead and focus.
#include "ui/timeline/timeline.h"

#include "ui/style/fonts.h"
#include "ui/style/paint.h"
#include "ui/style/style.h"

#include <QPainter>
#include <QPainterPath>

#include <cmath>

namespace reelmend::ui::timeline {

namespace {

constexpr double kBarHeight = 3;    // in to out
constexpr double kBarEnd = 10;      // its upright ends
constexpr double kCachedHeight = 2; // at the ruler's foot
constexpr double kFlagHeight = 17;

} // namespace

QRectF Timeline::flagRect() const
{
    const QFont small = style::fontFor(style::TextRole::kSectionTitle);
    const double width = std::max(28.0, std::ceil(style::tabularWidth(small, QString::number(frame_))) + 14);
    const double x = scale_.xOf(static_cast<double>(frame_));
    // The flag stays whole at the edges; its line does not move.
    const double left = std::clamp(std::round(x - width / 2), 0.0, std::max(0.0, this->width() - width));
    return {left, 3, width, static_cast<double>(height())};
}

void Timeline::paintRuler(QPainter& painter) const
{
    const style::Tokens& t = style::tokensFor(palette());
    const double ruler = rulerHeight();
    painter.fillRect(QRectF(0, 0, width(), ruler), t.win);
    if (scale_.frameCount() == 0) {
        return;
    }
    const std::int64_t major = scale_.majorStep(rate_);
    const std::int64_t minor = scale_.minorStep(major);
    const base::FrameRange visible = scale_.visible();
    painter.setFont(style::fontFor(style::TextRole::kCaption));
    for (std::int64_t frame = visible.begin / major * major; frame <= visible.end; frame += minor) {
        const double x = scale_.xOf(static_cast<double>(frame));
        const bool isMajor = frame % major == 0;
        style::drawVerticalLine(painter, x, ruler - (isMajor ? 9 : 5), ruler - kCachedHeight, t.track);
        if (isMajor && frame < scale_.frameCount()) {
            painter.setPen(t.text2);
            style::drawTabular(painter, QRectF(x + 4, 3, 80, 14), Qt::AlignLeft, QString::number(frame));
        }
    }
    for (const base::FrameRange& range : cached_) {
        const double left = scale_.xOf(static_cast<double>(range.begin));
        const double right = scale_.xOf(static_cast<double>(range.end));
        if (right >= 0 && left <= width()) {
            painter.fillRect(QRectF(std::max(0.0, left), ruler - kCachedHeight,
                                 std::min<double>(right, width()) - std::max(0.0, left), kCachedHeight),
                t.good);
        }
    }
}

void Timeline::paintRange(QPainter& painter) const
{
    const style::Tokens& t = style::tokensFor(palette());
    const double ruler = rulerHeight();
    const double left = scale_.xOf(static_cast<double>(range_.begin));
    const double right = scale_.xOf(static_cast<double>(range_.end));
    const double end = scale_.xOf(static_cast<double>(scale_.frameCount()));
    const QColor veil = style::pictureColours().outside;
    const QRectF lane(0, ruler, width(), laneHeight());
    painter.fillRect(QRectF(QPointF(0, lane.top()), QPointF(std::max(0.0, left), lane.bottom())), veil);
    painter.fillRect(QRectF(QPointF(std::min<double>(right, width()), lane.top()),
                         QPointF(std::min<double>(end, width()), lane.bottom())),
        veil);
    painter.fillRect(QRectF(left, 0, right - left, kBarHeight), t.accent);
    painter.fillRect(QRectF(left, 0, 3, kBarEnd), t.accent);
    painter.fillRect(QRectF(right - 3, 0, 3, kBarEnd), t.accent);
}

void Timeline::paintScroll(QPainter& painter) const
{
    if (scale_.zoom() <= 1.0001) {
        return;
    }
    // Where the shown part lies in the clip: a slim mark over the pictures' foot, nothing moves for it.
    const style::PictureColours& c = style::pictureColours();
    const double total = static_cast<double>(scale_.frameCount());
    const double shown = width() / scale_.pixelsPerFrame() / total;
    const QRectF groove(0, height() - 5, width(), 4);
    painter.fillRect(groove.adjusted(0, -1, 0, 1), c.outside);
    const QRectF thumb(groove.left() + groove.width() * scale_.firstFrame() / total + 1, groove.top(),
        std::max(16.0, groove.width() * shown - 2), groove.height());
    style::drawRounded(painter, thumb, 2, style::tokens(style::Theme::kDark).track, {});
}

void Timeline::paintStatic(QPainter& painter) const
{
    const style::Tokens& t = style::tokensFor(palette());
    const QRectF lane(0, rulerHeight(), width(), height() - rulerHeight());
    paintRuler(painter);
    painter.fillRect(lane, t.well);
    if (scale_.frameCount() == 0) {
        return;
    }
    thumbnails_.draw(painter, lane);
    paintRange(painter);
    paintScroll(painter);
}

void Timeline::paintPlayhead(QPainter& painter) const
{
    const style::Tokens& t = style::tokensFor(palette());
    const double x = scale_.xOf(static_cast<double>(frame_));
    if (x < -1 || x > width() + 1) {
        return;
    }
    const QRectF flag(flagRect().topLeft(), QSizeF(flagRect().width(), kFlagHeight));
    // The last frame's line would fall on the edge of the widget.
    const double line = std::min(x, width() - 1.0);
    style::drawVerticalLine(painter, line, flag.bottom(), height(), t.accent);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    QPainterPath shape;
    shape.addRoundedRect(flag, 3, 3);
    QPainterPath tip;
    tip.moveTo(line - 3.5, flag.bottom() - 0.5);
    tip.lineTo(line + 0.5, flag.bottom() + 4);
    tip.lineTo(line + 4.5, flag.bottom() - 0.5);
    tip.closeSubpath();
    painter.setClipRect(rect());
    painter.fillPath(shape.united(tip), t.fill);
    if (style::isFocusVisible(this)) {
        style::drawRounded(painter, flag.adjusted(-3, -3, 3, 3), 5, {}, t.accent, 2);
    }
    painter.restore();
    painter.setFont(style::fontFor(style::TextRole::kSectionTitle));
    painter.setPen(t.onFill);
    style::drawTabular(painter, flag, Qt::AlignHCenter, QString::number(frame_));
}

void Timeline::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const double ratio = devicePixelRatioF();
    if (static_.isNull() || static_.size() != size() * ratio) {
        static_ = QPixmap((QSizeF(size()) * ratio).toSize());
        static_.setDevicePixelRatio(ratio);
        QPainter layer(&static_);
        paintStatic(layer);
    }
    painter.drawPixmap(0, 0, static_);
    if (scale_.frameCount() > 0) {
        paintPlayhead(painter);
    }
}

} // namespace reelmend::ui::timeline
