#include "ui/style/labels.h"

#include "ui/style/paint.h"
#include "ui/style/tokens.h"

#include <QAccessible>
#include <QPainter>

#include <cmath>

namespace reelmend::ui::style {

TextLabel::TextLabel(const QString& text, TextRole role, Tone tone, QWidget* parent)
    : QWidget(parent)
    , text_(text)
    , tone_(tone)
{
    setFont(fontFor(role));
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    describe();
}

void TextLabel::setText(const QString& text)
{
    if (text != text_) {
        text_ = text;
        describe();
        if (!isTabular_) {
            updateGeometry();
        }
        update();
    }
}

void TextLabel::setTone(Tone tone)
{
    tone_ = tone;
    update();
}

void TextLabel::setShortText(const QString& text)
{
    short_ = text;
    updateGeometry();
    update();
}

void TextLabel::setTip(const QString& tip)
{
    tip_ = tip;
    describe();
}

void TextLabel::setElideMode(Qt::TextElideMode mode)
{
    elideMode_ = mode;
    update();
}

void TextLabel::setTabular(const QString& widest, Qt::Alignment alignment)
{
    isTabular_ = true;
    widest_ = widest;
    alignment_ = alignment;
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    updateGeometry();
    update();
}

QSize TextLabel::sizeHint() const
{
    const QFontMetricsF metrics(font());
    const double width = isTabular_ ? std::max(tabularWidth(font(), widest_), 1.0) : metrics.horizontalAdvance(text_);
    return {static_cast<int>(std::ceil(width)), static_cast<int>(std::ceil(metrics.height())) + 2};
}

QSize TextLabel::minimumSizeHint() const
{
    const QSize hint = sizeHint();
    const int least =
        short_.isEmpty() ? 24 : static_cast<int>(std::ceil(QFontMetricsF(font()).horizontalAdvance(short_)));
    return isTabular_ ? hint : QSize(std::min(hint.width(), least), hint.height());
}

void TextLabel::describe()
{
    setAccessibleName(text_);
    QString tip = isCut() && isVisible() ? text_ : QString();
    if (!tip_.isEmpty()) {
        tip += tip.isEmpty() ? tip_ : QString(u'\n' + tip_);
    }
    setToolTip(tip);
}

bool TextLabel::isCut() const
{
    return !isTabular_ && QFontMetricsF(font()).horizontalAdvance(text_) > width() + 0.5;
}

void TextLabel::resizeEvent(QResizeEvent*)
{
    describe();
}

void TextLabel::paintEvent(QPaintEvent*)
{
    const Tokens& t = tokensFor(palette());
    QPainter painter(this);
    QColor colour = t.text;
    switch (tone_) {
    case Tone::kNormal:
        break;
    case Tone::kSecondary:
        colour = t.text2;
        break;
    case Tone::kGood:
        colour = t.good;
        break;
    case Tone::kWarn:
        colour = t.warn;
        break;
    case Tone::kError:
        colour = t.error;
        break;
    }
    painter.setPen(isEnabled() ? colour : t.text3);
    if (isTabular_) {
        drawTabular(painter, rect(), alignment_, text_);
    } else {
        const QString& shown = isCut() && !short_.isEmpty() ? short_ : text_;
        painter.drawText(
            rect(), Qt::AlignVCenter | alignment_, QFontMetrics(font()).elidedText(shown, elideMode_, width()));
    }
}

} // namespace reelmend::ui::style
