#include "ui/style/buttons.h"

#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/paint.h"

#include <QPainter>
#include <QStyleOptionButton>

namespace reelmend::ui::style {

using namespace Qt::StringLiterals;

QString keyText(const QKeySequence& keys)
{
    QString text = keys.toString(QKeySequence::NativeText);
    for (qsizetype i = 1; i + 1 < text.size(); ++i) {
        if (text[i] == u'+') {
            text[i] = u' ';
        }
    }
    return text;
}

KeyCap::KeyCap(QString text, QWidget* parent)
    : QWidget(parent)
    , text_(std::move(text))
{
    setFont(fontFor(TextRole::kCaption));
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setAccessibleName(text_);
}

QSizeF KeyCap::sizeFor(const QFont& font, const QString& text)
{
    const QFontMetricsF metrics(font);
    const double height = std::max(18.0, std::ceil(metrics.height()) + 4);
    return {std::max(height, std::ceil(metrics.horizontalAdvance(text)) + 10), height};
}

void KeyCap::draw(QPainter& painter, const QRectF& rect, const QString& text, const QColor& colour)
{
    QColor border = colour;
    border.setAlphaF(border.alphaF() * 0.6F);
    drawRounded(painter, rect, 3, {}, border);
    painter.setPen(colour);
    painter.drawText(rect, Qt::AlignCenter | Qt::TextSingleLine, text);
}

QSize KeyCap::sizeHint() const
{
    return sizeFor(font(), text_).toSize();
}

void KeyCap::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Tokens& t = tokensFor(palette());
    draw(painter, rect(), text_, isEnabled() ? t.text2 : t.text3);
}

ActionButton::ActionButton(const QString& text, QStringView iconName, ButtonRole role, QWidget* parent)
    : QPushButton(text, parent)
    , iconName_(iconName.toString())
{
    setButtonRole(this, role);
    setFont(fontFor(role == ButtonRole::kMain ? TextRole::kBodyMedium : TextRole::kBody));
    setSizePolicy(QSizePolicy::MinimumExpanding, QSizePolicy::Fixed);
    setAttribute(Qt::WA_Hover);
}

void ActionButton::setHint(const QKeySequence& keys)
{
    hint_ = keyText(keys);
    setAccessibleDescription(hint_);
    updateGeometry();
    update();
}

QSize ActionButton::sizeHint() const
{
    const QFontMetricsF metrics(font());
    double width = 2 * kSpace4 + std::ceil(metrics.horizontalAdvance(text()));
    width += iconName_.isEmpty() ? 0 : 24;
    width += hint_.isEmpty() ? 0 : KeyCap::sizeFor(fontFor(TextRole::kCaption), hint_).width() + kSpace3;
    return {static_cast<int>(width), std::max(kMainControlHeight, static_cast<int>(metrics.height()) + 14)};
}

void ActionButton::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Tokens& t = tokensFor(palette());
    QStyleOptionButton option;
    initStyleOption(&option);
    style()->drawPrimitive(QStyle::PE_PanelButtonCommand, &option, &painter, this);
    const bool isMain = buttonRole(this) == ButtonRole::kMain;
    const QColor colour = !isEnabled() ? t.text3 : isMain ? t.onFill : t.text;
    QRectF place = QRectF(rect()).adjusted(kSpace4, 0, -kSpace4, 0);
    if (!iconName_.isEmpty()) {
        drawIcon(painter, QRectF(place.left(), place.center().y() - 8, 16, 16), iconName_, colour);
        place.setLeft(place.left() + 24);
    }
    if (!hint_.isEmpty()) {
        const QFont small = fontFor(TextRole::kCaption);
        const QSizeF size = KeyCap::sizeFor(small, hint_);
        painter.setFont(small);
        const QColor faint = !isEnabled() ? t.text3 : isMain ? t.onFill : t.text2;
        KeyCap::draw(painter,
            QRectF(QPointF(place.right() - size.width(), std::round(place.center().y() - size.height() / 2)), size),
            hint_, faint);
        place.setRight(place.right() - size.width() - kSpace2);
    }
    painter.setFont(font());
    painter.setPen(colour);
    const bool isCentred = iconName_.isEmpty() && hint_.isEmpty();
    painter.drawText(place,
        (isCentred ? Qt::AlignCenter : Qt::AlignLeft | Qt::AlignVCenter) | Qt::TextSingleLine | Qt::TextHideMnemonic,
        text());
}

IconButton::IconButton(QStringView iconName, const QString& name, const QKeySequence& keys, QWidget* parent)
    : QToolButton(parent)
{
    setAutoRaise(true);
    setIconSize({16, 16});
    setFixedSize(kControlHeight, kControlHeight);
    setFocusPolicy(Qt::TabFocus);
    setIconName(iconName);
    setName(name, keys);
}

void IconButton::setIconName(QStringView iconName)
{
    setIcon(style::icon(iconName));
}

void IconButton::setName(const QString& name, const QKeySequence& keys)
{
    setAccessibleName(name);
    setToolTip(keys.isEmpty() ? name : name + u"  "_s + keyText(keys));
}

void IconButton::setRaised(bool isRaised)
{
    setProperty("reelmendRaised", isRaised);
    update();
}

} // namespace reelmend::ui::style
