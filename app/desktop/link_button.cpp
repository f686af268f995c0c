#include "app/desktop/link_button.h"

#include <QPainter>

#include "ui/style/fonts.h"
#include "ui/style/tokens.h"

namespace reelmend::desktop {

namespace style = ui::style;

LinkButton::LinkButton(const QString& text, QWidget* parent)
    : QPushButton(text, parent)
{
    setFont(style::fontFor(style::TextRole::kSmall));
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setCursor(Qt::PointingHandCursor);
    setAttribute(Qt::WA_Hover);
    setAutoDefault(true); // Enter
}

QSize LinkButton::sizeHint() const
{
    return {fontMetrics().horizontalAdvance(text()) + 1, fontMetrics().height()};
}

void LinkButton::paintEvent(QPaintEvent*)
{
    const style::Tokens& t = style::tokensFor(palette());
    QFont shown = font();
    shown.setUnderline(underMouse() || isDown());
    QPainter painter(this);
    painter.setFont(shown);
    painter.setPen(isEnabled() ? t.accent : t.text3);
    painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, text());
}

} // namespace reelmend::desktop
