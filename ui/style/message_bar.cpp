#include "ui/style/message_bar.h"

#include "ui/style/buttons.h"
#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/paint.h"

#include <QAccessible>
#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QPainter>

namespace reelmend::ui::style {

using namespace Qt::StringLiterals;

namespace {

struct Look {
    QColor ground, mark;
    QStringView icon;
};

Look lookOf(MessageKind kind, const Tokens& t)
{
    switch (kind) {
    case MessageKind::kGood:
        return {t.goodGround, t.good, u"check-circle-fill"};
    case MessageKind::kWarn:
        return {t.warnGround, t.warn, u"exclamation-triangle-fill"};
    case MessageKind::kError:
        return {t.errorGround, t.error, u"x-octagon-fill"};
    case MessageKind::kInfo:
        break;
    }
    return {t.infoGround, t.accent, u"info-circle-fill"};
}

constexpr int kTextLeft = 40;

} // namespace

MessageBar::MessageBar(QWidget* parent)
    : QFrame(parent)
    , title_(new QLabel(this))
    , details_(new QLabel(this))
    , actions_(new QWidget(this))
    , actionsLayout_(new QHBoxLayout(actions_))
    , close_(new IconButton(u"x-lg", tr("Dismiss"), {}, this))
{
    for (QLabel* label : {title_, details_}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        label->setMinimumWidth(80);
    }
    title_->setFont(fontFor(TextRole::kBody));
    details_->setFont(fontFor(TextRole::kSmall));
    actionsLayout_->setContentsMargins(0, kSpace1, 0, 0);
    actionsLayout_->setSpacing(kSpace2);
    actionsLayout_->addStretch(1);
    close_->setFixedSize(kMessageControlHeight, kMessageControlHeight);

    auto* text = new QVBoxLayout;
    text->setSpacing(2);
    text->addWidget(title_);
    text->addWidget(details_);
    text->addWidget(actions_);
    auto* all = new QHBoxLayout(this);
    all->setContentsMargins(kTextLeft, 10, kSpace3, 10);
    all->addLayout(text, 1);
    all->addWidget(close_, 0, Qt::AlignTop);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    connect(close_, &QToolButton::clicked, this, &MessageBar::dismiss);
    close_->hide();
    hide();
}

void MessageBar::showMessage(MessageKind kind, const QString& title, const QString& details)
{
    kind_ = kind;
    while (actionsLayout_->count() > 1) {
        QLayoutItem* item = actionsLayout_->takeAt(0);
        item->widget()->hide();
        item->widget()->deleteLater(); // it may be the button whose click led here
        delete item;
    }
    actions_->hide();
    title_->setText(title);
    title_->setFont(fontFor(details.isEmpty() ? TextRole::kBody : TextRole::kBodyMedium));
    details_->setText(details);
    details_->setVisible(!details.isEmpty());
    const QString kindName = kind == MessageKind::kError  ? tr("Failed")
                             : kind == MessageKind::kWarn ? tr("Look here")
                             : kind == MessageKind::kGood ? tr("Done")
                                                          : tr("Note");
    setAccessibleName(kindName + u": "_s + title);
    setAccessibleDescription(details);
    updateGeometry();
    show();
    update();
    QAccessibleEvent alert(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&alert);
}

QPushButton* MessageBar::addAction(const QString& text, bool isMain)
{
    auto* button = new QPushButton(text, actions_);
    setButtonRole(button, isMain ? ButtonRole::kMain : ButtonRole::kRaised);
    button->setFixedHeight(std::max(kMessageControlHeight, QFontMetrics(button->font()).height() + 6));
    actionsLayout_->insertWidget(actionsLayout_->count() - 1, button);
    actions_->show();
    updateGeometry();
    return button;
}

void MessageBar::setClosable(bool isClosable)
{
    close_->setVisible(isClosable);
}

void MessageBar::dismiss()
{
    if (!isHidden()) {
        hide();
        Q_EMIT dismissed();
    }
}

QString MessageBar::title() const
{
    return title_->text();
}

QString MessageBar::details() const
{
    return details_->text();
}

QSize MessageBar::minimumSizeHint() const
{
    return {200, 40};
}

int MessageBar::heightForWidth(int width) const
{
    return layout()->hasHeightForWidth() ? layout()->heightForWidth(width) : layout()->sizeHint().height();
}

QSize MessageBar::sizeHint() const
{
    return {320, heightForWidth(320)};
}

void MessageBar::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        update();
    }
}

void MessageBar::paintEvent(QPaintEvent*)
{
    const Tokens& t = tokensFor(palette());
    const Look look = lookOf(kind_, t);
    QPainter painter(this);
    drawRounded(painter, rect(), kRadiusControl, look.ground, t.edge == t.text2 ? t.edge : QColor());
    painter.save();
    painter.setClipRect(QRectF(0, 0, 3, height()));
    drawRounded(painter, rect(), kRadiusControl, look.mark, {});
    painter.restore();
    // Beside the first line, wherever a title with room to spare stands.
    const double line = QFontMetricsF(title_->font()).height();
    const int spare = std::max(0, title_->height() - title_->heightForWidth(title_->width()));
    drawIcon(painter, QRectF(14, title_->y() + spare / 2 + (line - 16) / 2, 16, 16), look.icon, look.mark);
}

} // namespace reelmend::ui::style
