#include "app/desktop/recent_list.h"

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>

#include "ui/session/output_name.h"
#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/paint.h"
#include "ui/style/style.h"
#include "ui/style/tokens.h"

namespace reelmend::desktop {

namespace style = ui::style;

namespace {

constexpr QSize kPicture(80, 45);
constexpr int kRow = 61;
constexpr int kLeast = 3; // rows

class RecentDelegate : public QStyledItemDelegate {
public:
    RecentDelegate(RecentModel& model, ui::session::Thumbnails& thumbnails, QObject* parent)
        : QStyledItemDelegate(parent)
        , model_(model)
        , thumbnails_(thumbnails)
    {}

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override
    {
        return {option.rect.width(), std::max(kRow, 2 * option.fontMetrics.height() + 20)};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const style::Tokens& t = style::tokensFor(option.palette);
        const ui::session::RecentFile& file = model_.file(index.row());
        const bool isMissing = model_.isMissing(index.row());
        const bool isOver = option.state.testFlag(QStyle::State_MouseOver);
        const bool hasFocus = option.state.testFlag(QStyle::State_HasFocus) && style::isFocusVisible(option.widget);
        painter->save();
        if (isOver || hasFocus) {
            style::drawRounded(*painter, option.rect, style::kRadiusControl, isOver ? t.hover : QColor(),
                hasFocus ? t.accent : QColor(), hasFocus ? 2 : 1);
        }
        const QRect picture(
            QPoint(option.rect.left() + 8, option.rect.center().y() - kPicture.height() / 2), kPicture);
        paintPicture(*painter, picture, isMissing ? QImage() : thumbnails_.picture(file.path), t);

        const QFont body = style::fontFor(style::TextRole::kBodyMedium);
        const QFont caption = style::fontFor(style::TextRole::kCaption);
        const QFont small = style::fontFor(style::TextRole::kSmall);
        const QString right =
            isMissing ? RecentList::tr("Find it…") : ui::session::dayText(file.opened, QDateTime::currentDateTime());
        const int rightWidth = QFontMetrics(small).horizontalAdvance(right);
        const QRect rightPlace(
            option.rect.right() - 8 - rightWidth, option.rect.top(), rightWidth, option.rect.height());
        painter->setFont(small);
        painter->setPen(isMissing ? t.accent : isOver ? t.text : t.text2);
        painter->drawText(rightPlace, Qt::AlignRight | Qt::AlignVCenter, right);

        const int left = picture.right() + 1 + style::kSpace3;
        const int width = rightPlace.left() - style::kSpace2 - left;
        const QFontMetrics bodyMetrics(body), captionMetrics(caption);
        const int top = option.rect.center().y() - (bodyMetrics.height() + captionMetrics.height() + 2) / 2 + 1;
        painter->setFont(body);
        painter->setPen(t.text);
        painter->drawText(QRect(left, top, width, bodyMetrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
            bodyMetrics.elidedText(ui::session::clipName(file.path), Qt::ElideMiddle, width));
        QRect facts(left, top + bodyMetrics.height() + 2, width, captionMetrics.height());
        painter->setFont(caption);
        if (isMissing) {
            style::drawIcon(*painter, QRectF(facts.left(), facts.center().y() - 5.5, 12, 12),
                u"exclamation-triangle-fill", t.warn);
            facts.setLeft(facts.left() + 16);
        }
        painter->setPen(isMissing ? t.warn : isOver ? t.text : t.text2);
        painter->drawText(facts, Qt::AlignLeft | Qt::AlignVCenter,
            captionMetrics.elidedText(
                isMissing ? RecentList::tr("Not where it was") : ui::session::factsText(file.facts), Qt::ElideRight,
                width));
        painter->restore();
    }

private:
    static void paintPicture(QPainter& painter, const QRect& place, const QImage& picture, const style::Tokens& t)
    {
        painter.save();
        painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
        QPainterPath shape;
        shape.addRoundedRect(place, style::kRadiusBlock, style::kRadiusBlock);
        painter.setClipPath(shape);
        painter.fillRect(place, t.field);
        if (picture.isNull()) {
            style::drawIcon(
                painter, QRectF(place.center().x() - 7.5, place.center().y() - 7.5, 16, 16), u"film", t.text2);
        } else {
            QRectF target(QPointF(), QSizeF(picture.size()).scaled(place.size(), Qt::KeepAspectRatioByExpanding));
            target.moveCenter(QRectF(place).center());
            painter.drawImage(target, picture);
        }
        painter.restore();
    }

    RecentModel& model_;
    ui::session::Thumbnails& thumbnails_;
};

} // namespace

RecentModel::RecentModel(ui::session::RecentFiles& recent, ui::session::Thumbnails& thumbnails, QObject* parent)
    : QAbstractListModel(parent)
    , recent_(recent)
    , thumbnails_(thumbnails)
{
    connect(&recent_, &ui::session::RecentFiles::changed, this, [this] {
        beginResetModel();
        endResetModel();
    });
}

int RecentModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(recent_.files().size());
}

const ui::session::RecentFile& RecentModel::file(int row) const
{
    return recent_.files().at(row);
}

bool RecentModel::isMissing(int row) const
{
    return thumbnails_.isMissing(file(row).path);
}

QVariant RecentModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid()) {
        return {};
    }
    const ui::session::RecentFile& entry = file(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return ui::session::clipName(entry.path);
    case Qt::AccessibleTextRole: {
        const QString name = ui::session::clipName(entry.path);
        const QString facts =
            isMissing(index.row()) ? RecentList::tr("Not where it was") : ui::session::factsText(entry.facts);
        return facts.isEmpty() ? name : tr("%1, %2").arg(name, facts);
    }
    case Qt::ToolTipRole:
        return entry.path;
    default:
        return {};
    }
}

RecentList::RecentList(ui::session::RecentFiles& recent, ui::session::Thumbnails& thumbnails, QWidget* parent)
    : QListView(parent)
    , recent_(recent)
    , model_(new RecentModel(recent, thumbnails, this))
{
    setModel(model_);
    setItemDelegate(new RecentDelegate(*model_, thumbnails, this));
    setAccessibleName(tr("Recent"));
    setFrameShape(NoFrame);
    setProperty("tone", QStringLiteral("plain"));
    viewport()->setAutoFillBackground(false);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setMouseTracking(true);
    setUniformItemSizes(true);
    setSelectionMode(NoSelection);
    style::setOwnsFocusRing(this);
    connect(&thumbnails, &ui::session::Thumbnails::ready, viewport(), qOverload<>(&QWidget::update));
    connect(this, &QListView::clicked, this, &RecentList::act);
}

QSize RecentList::sizeHint() const
{
    return {400, kLeast * kRow}; // it takes what the page has: a small window need not scroll
}

void RecentList::act(const QModelIndex& index)
{
    if (!index.isValid()) {
        return;
    }
    const QString path = model_->file(index.row()).path;
    if (model_->isMissing(index.row())) {
        Q_EMIT findRequested(path);
    } else {
        Q_EMIT openRequested(path);
    }
}

void RecentList::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        act(currentIndex());
    } else if (event->key() == Qt::Key_Delete && currentIndex().isValid()) {
        const int row = currentIndex().row();
        recent_.remove(model_->file(row).path);
        setCurrentIndex(model_->index(std::min(row, model_->rowCount() - 1), 0)); // the next one
    } else {
        QListView::keyPressEvent(event);
    }
}

void RecentList::contextMenuEvent(QContextMenuEvent* event)
{
    const bool isMouse = event->reason() == QContextMenuEvent::Mouse;
    const QModelIndex index = isMouse ? indexAt(event->pos()) : currentIndex();
    if (!index.isValid()) {
        return;
    }
    const QString path = model_->file(index.row()).path;
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(tr("Open"), this, [this, path] { Q_EMIT openRequested(path); });
    menu->addAction(tr("Remove from the list"), this, [this, path] { recent_.remove(path); });
    menu->popup(isMouse ? event->globalPos() : viewport()->mapToGlobal(visualRect(index).center()));
}

} // namespace reelmend::desktop
