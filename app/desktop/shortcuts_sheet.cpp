#include "app/desktop/shortcuts_sheet.h"

#include <QApplication>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>

#include "ui/style/buttons.h"
#include "ui/style/icons.h"
#include "ui/style/labels.h"
#include "ui/style/style.h"

namespace reelmend::desktop {

namespace style = ui::style;

namespace {

constexpr int kVeilAlpha = 158; // 62 % of 255
constexpr int kColumns = 3;

QWidget* shortcutTable(const Actions::Group& group)
{
    auto* table = new QWidget;
    auto* grid = new QGridLayout(table);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(style::kSpace4);
    grid->setVerticalSpacing(2);
    grid->setColumnStretch(0, 1);
    grid->addWidget(
        new style::TextLabel(group.name, style::TextRole::kSectionTitle, style::Tone::kSecondary), 0, 0, 1, 2);
    int row = 1;
    for (const QAction* action : group.actions) {
        auto* name = new QLabel(action->text().section(u'\t', 0, 0).remove(u'&'));
        name->setMinimumHeight(style::kMessageControlHeight);
        grid->addWidget(name, row, 0);
        grid->addWidget(new style::KeyCap(Actions::keysOf(*action)), row, 1, Qt::AlignRight | Qt::AlignVCenter);
        ++row;
    }
    return table;
}

} // namespace

Sheet::Sheet(const QString& title, QWidget* content, QWidget* window)
    : QWidget(window)
    , frame_(new QWidget(this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(title);
    auto* outer = new QGridLayout(this);
    outer->setContentsMargins(style::kSpace6, style::kSpace6, style::kSpace6, style::kSpace6);
    outer->addWidget(frame_, 0, 0, Qt::AlignCenter);
    auto* column = new QVBoxLayout(frame_);
    column->setContentsMargins(style::kSpace6, style::kSpace4, style::kSpace4, style::kSpace6);
    column->setSpacing(style::kSpace3);
    auto* head = new QHBoxLayout;
    head->addWidget(new style::TextLabel(title, style::TextRole::kSheetTitle), 1);
    auto* close = new style::IconButton(u"x-lg", tr("Close"), QKeySequence(Qt::Key_Escape));
    head->addWidget(close);
    column->addLayout(head);
    content->setContentsMargins(0, 0, style::kSpace2, 0);
    column->addWidget(content);
    connect(close, &QToolButton::clicked, this, &QWidget::close);
    window->installEventFilter(this);
    setGeometry(window->rect());
    show();
    raise();
    close->setFocus(Qt::ShortcutFocusReason);
}

bool Sheet::event(QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride) {
        event->accept(); // no command of the window behind
        return true;
    }
    return QWidget::event(event);
}

bool Sheet::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == parent() && event->type() == QEvent::Resize) {
        setGeometry(parentWidget()->rect());
    }
    return QWidget::eventFilter(watched, event);
}

void Sheet::paintEvent(QPaintEvent*)
{
    const style::Tokens& t = style::tokensFor(palette());
    QPainter painter(this);
    painter.fillRect(rect(), QColor(0, 0, 0, kVeilAlpha));
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(t.edge, 1));
    painter.setBrush(t.panel);
    painter.drawRoundedRect(QRectF(frame_->geometry()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
}

void Sheet::mousePressEvent(QMouseEvent* event)
{
    if (!frame_->geometry().contains(event->pos())) {
        close();
    }
}

void Sheet::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape) {
        close();
    }
    event->accept(); // nothing behind the veil hears a key
}

bool Sheet::focusNextPrevChild(bool isNext)
{
    QList<QWidget*> stops;
    for (QWidget* child : findChildren<QWidget*>()) {
        if (child->focusPolicy() & Qt::TabFocus && child->isVisible() && child->isEnabled()) {
            stops.append(child);
        }
    }
    if (stops.isEmpty()) {
        return true;
    }
    const qsizetype now = stops.indexOf(QApplication::focusWidget());
    const qsizetype next = (now + (isNext ? 1 : stops.size() - 1)) % stops.size();
    stops[now < 0 ? 0 : next]->setFocus(isNext ? Qt::TabFocusReason : Qt::BacktabFocusReason);
    return true;
}

void showShortcuts(const Actions& actions, QWidget* window)
{
    // Groups go into the column that is shortest so far.
    auto* content = new QWidget;
    auto* row = new QHBoxLayout(content);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(style::kSpace8);
    QVBoxLayout* columns[kColumns];
    qsizetype lengths[kColumns] = {};
    for (QVBoxLayout*& column : columns) {
        column = new QVBoxLayout;
        column->setSpacing(style::kSpace4);
        row->addLayout(column, 1);
    }
    for (const Actions::Group& group : actions.groups()) {
        const auto at = std::min_element(std::begin(lengths), std::end(lengths)) - std::begin(lengths);
        columns[at]->addWidget(shortcutTable(group));
        lengths[at] += group.actions.size() + 2;
    }
    for (QVBoxLayout* column : columns) {
        column->addStretch(1);
    }
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setProperty("tone", QStringLiteral("plain"));
    scroll->setWidgetResizable(true);
    scroll->setWidget(content);
    content->setAutoFillBackground(false);
    scroll->viewport()->setAutoFillBackground(false);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    const QSize wanted = content->sizeHint();
    scroll->setMinimumSize(
        std::min(wanted.width() + 16, window->width() - 112), std::min(wanted.height() + 4, window->height() - 144));
    new Sheet(Sheet::tr("Keyboard shortcuts"), scroll, window);
}

void showAbout(QWidget* window)
{
    auto* text = new QLabel(Sheet::tr("Version %1\n\n"
                                      "Enhances video on your own machine. Your footage never leaves it.\n\n"
                                      "Reelmend is free software under the GNU General Public License 3 or later.\n"
                                      "It comes without any warranty.\n\n"
                                      "It uses Qt %2, FFmpeg, LibTorch, OpenCV, nlohmann JSON, CLI11,\n"
                                      "the Inter typeface (OFL) and Bootstrap Icons (MIT).")
                                .arg(QStringLiteral(REELMEND_VERSION), QString::fromLatin1(qVersion())));
    text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    text->setMinimumWidth(420);
    new Sheet(Sheet::tr("About Reelmend"), text, window);
}

} // namespace reelmend::desktop
