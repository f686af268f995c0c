#include "app/desktop/drop_area.h"

#include <QDragEnterEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QMimeData>
#include <QPainter>
#include <QVBoxLayout>

#include "ui/style/buttons.h"
#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/labels.h"
#include "ui/style/style.h"
#include "ui/style/tokens.h"

namespace reelmend::desktop {

namespace style = ui::style;

DropArea::DropArea(QWidget* parent)
    : QWidget(parent)
    , icon_(new QLabel)
{
    setAcceptDrops(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(style::kSpace6, style::kSpace6, style::kSpace6, style::kSpace6);
    column->setSpacing(0);
    column->addStretch(1);
    icon_->setFixedSize(32, 32);
    column->addWidget(icon_, 0, Qt::AlignHCenter);
    column->addSpacing(style::kSpace4);
    column->addWidget(
        new style::TextLabel(tr("Drop a clip, a folder or numbered frames here"), style::TextRole::kBodyMedium), 0,
        Qt::AlignHCenter);
    column->addSpacing(style::kSpace1);
    auto* formats = new QLabel(tr("MP4, MOV, MKV, WebM, PNG, JPEG, TIFF"));
    formats->setFont(style::fontFor(style::TextRole::kCaption));
    formats->setProperty("tone", QStringLiteral("secondary"));
    formats->setAlignment(Qt::AlignCenter);
    column->addWidget(formats);
    column->addSpacing(style::kSpace4);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(style::kSpace2);
    buttons->addStretch(1);
    auto* open = new style::PrimaryButton(tr("Open…"), u"folder2-open");
    open->setHint(QKeySequence::Open);
    auto* folder = new QPushButton(tr("Open folder…"));
    style::setButtonRole(folder, style::ButtonRole::kOutlined);
    folder->setMinimumHeight(style::kMainControlHeight);
    for (QPushButton* button : {static_cast<QPushButton*>(open), folder}) {
        button->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
        buttons->addWidget(button);
    }
    buttons->addStretch(1);
    column->addLayout(buttons);
    column->addStretch(1);
    connect(open, &QPushButton::clicked, this, &DropArea::openRequested);
    connect(folder, &QPushButton::clicked, this, &DropArea::openFolderRequested);
    showIcon();
}

void DropArea::showIcon()
{
    icon_->setPixmap(style::icon(u"film", style::IconTint::kControl).pixmap(QSize(32, 32), devicePixelRatio()));
}

void DropArea::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        showIcon();
    }
}

void DropArea::paintEvent(QPaintEvent*)
{
    const style::Tokens& t = style::tokensFor(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(isOver_ ? t.selection : t.win);
    QPen pen(isOver_ ? t.accent : t.track, 2);
    pen.setDashPattern({3, 2.5});
    painter.setPen(isOver_ ? QPen(t.accent, 2) : pen);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), style::kRadiusCard, style::kRadiusCard);
}

void DropArea::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls()) {
        event->acceptProposedAction();
        isOver_ = true;
        update();
    }
}

void DropArea::dragLeaveEvent(QDragLeaveEvent*)
{
    isOver_ = false;
    update();
}

void DropArea::dropEvent(QDropEvent* event)
{
    isOver_ = false;
    update();
    event->acceptProposedAction();
    Q_EMIT filesDropped(event->mimeData()->urls());
}

} // namespace reelmend::desktop
