#include "ui/tasks/result_list.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QIdentityProxyModel>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>

#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/paint.h"
#include "ui/style/style.h"
#include "ui/tasks/words.h"

namespace reelmend::ui::tasks {

using session::Job;

namespace {

constexpr QSize kPicture(64, 36);
constexpr int kButtonPadding = 8;

void drawPicture(QPainter& painter, const QRect& place, const QImage& picture, const style::Tokens& t)
{
    QPainterPath shape;
    shape.addRoundedRect(place, style::kRadiusBlock, style::kRadiusBlock);
    painter.save();
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    painter.setClipPath(shape);
    painter.fillRect(place, t.field);
    if (picture.isNull()) {
        style::drawIcon(
            painter, QRectF(place.center().x() - 7.5, place.center().y() - 7.5, 16, 16), u"film", t.text2);
    } else { // fills the place; what is too long is cut
        const QSizeF size = QSizeF(picture.size()).scaled(place.size(), Qt::KeepAspectRatioByExpanding);
        QRectF target(QPointF(), size);
        target.moveCenter(QRectF(place).center());
        painter.drawImage(target, picture);
    }
    painter.restore();
}

// Gives screen readers the whole row.
class SpokenRows : public QIdentityProxyModel {
public:
    SpokenRows(session::JobList& jobs, const ResultDelegate& delegate, QObject* parent)
        : QIdentityProxyModel(parent)
        , jobs_(jobs)
        , delegate_(delegate)
    {
        setSourceModel(&jobs);
    }
    QVariant data(const QModelIndex& index, int role) const override
    {
        if (role == Qt::AccessibleTextRole && index.isValid()) {
            const Job& job = jobs_.job(index.row());
            return QString(Words::version(job) + u", " + delegate_.facts(job));
        }
        return QIdentityProxyModel::data(index, role);
    }

private:
    session::JobList& jobs_;
    const ResultDelegate& delegate_;
};

} // namespace

ResultDelegate::ResultDelegate(session::JobList& jobs, session::Thumbnails& thumbnails, QObject* parent)
    : QStyledItemDelegate(parent)
    , jobs_(jobs)
    , thumbnails_(thumbnails)
{}

QString ResultDelegate::buttonText(const Job& job) const
{
    if (job.state == jobs::JobState::kFinished) {
        return thumbnails_.isMissing(job.result) ? QString() : tr("Compare");
    }
    return job.canStartAgain() ? tr("Start again") : QString();
}

QString ResultDelegate::facts(const Job& job) const
{
    return Words::jobFacts(job, QDateTime::currentDateTime(), thumbnails_.isMissing(job.result));
}

QSize ResultDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const
{
    const QFontMetrics body(style::fontFor(style::TextRole::kBody));
    const QFontMetrics small(style::fontFor(style::TextRole::kCaption));
    return {option.rect.width(), std::max(style::kRowHeight, body.height() + small.height() + 14)};
}

QRect ResultDelegate::buttonRect(const QStyleOptionViewItem& option, const QString& text) const
{
    const QFontMetrics metrics(style::fontFor(style::TextRole::kBody));
    const int width = metrics.horizontalAdvance(text) + 2 * kButtonPadding;
    const int height = std::max(style::kControlHeight, metrics.height() + 8);
    return {option.rect.right() + 1 - width, option.rect.center().y() - height / 2 + 1, width, height};
}

void ResultDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const Job& job = jobs_.job(index.row());
    const style::Tokens& t = style::tokensFor(option.palette);
    painter->save();
    if (option.state.testFlag(QStyle::State_HasFocus) && style::isFocusVisible(option.widget)) {
        style::drawRounded(
            *painter, QRectF(option.rect).adjusted(0, 1, 0, -1), style::kRadiusControl, {}, t.accent, 2);
    }
    const QRect picture(QPoint(option.rect.left(), option.rect.center().y() - kPicture.height() / 2 + 1), kPicture);
    drawPicture(*painter, picture, job.result.isEmpty() ? QImage() : thumbnails_.picture(job.result), t);

    const QString button = buttonText(job);
    int right = option.rect.right() + 1;
    if (job.id == compared_) {
        const QString badge = tr("On screen");
        const QFont small = style::fontFor(style::TextRole::kCaption);
        QRect place = buttonRect(option, badge);
        place.setLeft(place.right() + 1 - QFontMetrics(small).horizontalAdvance(badge) - 2 * kButtonPadding);
        place.setHeight(QFontMetrics(small).height() + 6);
        place.moveTop(option.rect.center().y() - place.height() / 2 + 1);
        style::drawRounded(*painter, place, style::kRadiusControl, t.selection, {});
        painter->setFont(small);
        painter->setPen(t.text);
        painter->drawText(place, Qt::AlignCenter | Qt::TextSingleLine, badge);
        right = place.left() - style::kSpace2;
    } else if (!button.isEmpty()) {
        const QRect place = buttonRect(option, button);
        const bool isOver = option.state.testFlag(QStyle::State_MouseOver) &&
                            place.contains(option.widget->mapFromGlobal(QCursor::pos()));
        style::drawRounded(*painter, place, style::kRadiusControl,
            held_ == index ? t.field
            : isOver       ? t.hover
                           : QColor(),
            t.edge);
        painter->setFont(style::fontFor(style::TextRole::kBody));
        painter->setPen(t.text);
        painter->drawText(place, Qt::AlignCenter | Qt::TextSingleLine, button);
        right = place.left() - style::kSpace2;
    }

    const int left = picture.right() + 1 + style::kSpace3;
    const QFont body = style::fontFor(style::TextRole::kBody);
    const QFont caption = style::fontFor(style::TextRole::kCaption);
    const QFontMetrics bodyMetrics(body), captionMetrics(caption);
    const int top = option.rect.center().y() - (bodyMetrics.height() + captionMetrics.height() + 1) / 2 + 1;
    painter->setFont(body);
    painter->setPen(t.text);
    const QRect titlePlace(left, top, right - left, bodyMetrics.height());
    painter->drawText(titlePlace, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
        bodyMetrics.elidedText(Words::version(job), Qt::ElideMiddle, titlePlace.width()));
    painter->setFont(caption);
    const bool isBad = job.state == jobs::JobState::kFailed || job.state == jobs::JobState::kInterrupted;
    painter->setPen(isBad ? t.error : t.text2);
    const QRect factsPlace(left, titlePlace.bottom() + 2, right - left, captionMetrics.height());
    painter->drawText(factsPlace, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
        captionMetrics.elidedText(facts(job), Qt::ElideRight, factsPlace.width()));
    painter->restore();
}

bool ResultDelegate::editorEvent(
    QEvent* event, QAbstractItemModel*, const QStyleOptionViewItem& option, const QModelIndex& index)
{
    if (event->type() != QEvent::MouseButtonPress && event->type() != QEvent::MouseButtonRelease) {
        return false;
    }
    const auto* mouse = static_cast<QMouseEvent*>(event);
    const QString text = buttonText(jobs_.job(index.row()));
    const bool isOn = mouse->button() == Qt::LeftButton && !text.isEmpty() &&
                      jobs_.job(index.row()).id != compared_ &&
                      buttonRect(option, text).contains(mouse->position().toPoint());
    if (event->type() == QEvent::MouseButtonPress) {
        held_ = isOn ? QPersistentModelIndex(index) : QPersistentModelIndex();
    } else if (std::exchange(held_, {}) == index && isOn) {
        Q_EMIT pressed(index);
    }
    return isOn;
}

bool ResultDelegate::helpEvent(
    QHelpEvent* event, QAbstractItemView* view, const QStyleOptionViewItem&, const QModelIndex& index)
{
    if (event->type() != QEvent::ToolTip || !index.isValid()) {
        return false;
    }
    const Job& job = jobs_.job(index.row());
    QString tip = tr("%1\n%2").arg(facts(job), job.output());
    if (job.failure && job.state == jobs::JobState::kFailed) { // in the list there is room for one word only
        const Words::Message why = Words::failure(job);
        tip += QStringLiteral("\n%1 %2").arg(why.title, why.details);
    }
    QToolTip::showText(event->globalPos(), tip, view);
    return true;
}

ResultList::ResultList(session::JobList& jobs, session::Thumbnails& thumbnails, QWidget* parent)
    : QListView(parent)
    , jobs_(jobs)
    , thumbnails_(thumbnails)
    , delegate_(new ResultDelegate(jobs, thumbnails, this))
{
    setModel(new SpokenRows(jobs, *delegate_, this));
    setItemDelegate(delegate_);
    setAccessibleName(tr("Earlier results"));
    setFrameShape(NoFrame);
    setProperty("tone", QStringLiteral("plain"));
    viewport()->setAutoFillBackground(false);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff); // the panel scrolls
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setSelectionMode(NoSelection); // the current row is the keyboard's, the one on screen says so itself
    setMouseTracking(true);
    setUniformItemSizes(true);
    style::setOwnsFocusRing(this);
    connect(model(), &QAbstractItemModel::rowsInserted, this, [this] { updateGeometry(); });
    connect(model(), &QAbstractItemModel::rowsRemoved, this, [this] { updateGeometry(); });
    connect(model(), &QAbstractItemModel::modelReset, this, [this] { updateGeometry(); });
    connect(&thumbnails_, &session::Thumbnails::ready, viewport(), qOverload<>(&QWidget::update));
    connect(delegate_, &ResultDelegate::pressed, this, &ResultList::act);
    connect(this, &QAbstractItemView::doubleClicked, this, &ResultList::act);
}

QSize ResultList::sizeHint() const
{
    const int rows = model() != nullptr ? model()->rowCount() : 0;
    return {200, rows * sizeHintForRow(0)};
}

void ResultList::setCompared(const QString& jobId)
{
    delegate_->setCompared(jobId);
    viewport()->update();
}

void ResultList::act(const QModelIndex& index)
{
    if (!index.isValid()) {
        return;
    }
    const Job& job = jobs_.job(index.row());
    if (delegate_->buttonText(job).isEmpty()) {
        return;
    }
    if (job.state == jobs::JobState::kFinished) {
        Q_EMIT compareRequested(job.id);
    } else {
        Q_EMIT startAgainRequested(job.id);
    }
}

void ResultList::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        act(currentIndex());
    } else if (event->key() == Qt::Key_Delete && currentIndex().isValid()) {
        const Job& job = jobs_.job(currentIndex().row());
        if (!job.isAlive()) {
            Q_EMIT removeRequested(job.id);
        }
    } else {
        QListView::keyPressEvent(event);
    }
}

void ResultList::contextMenuEvent(QContextMenuEvent* event)
{
    const bool isMouse = event->reason() == QContextMenuEvent::Mouse;
    const QModelIndex index = isMouse ? indexAt(event->pos()) : currentIndex();
    if (index.isValid()) {
        openMenu(index, isMouse ? event->globalPos() : viewport()->mapToGlobal(visualRect(index).center()));
    }
}

void ResultList::openMenu(const QModelIndex& index, const QPoint& globalPosition)
{
    const Job& job = jobs_.job(index.row());
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const QString id = job.id;
    const QString result = job.result;
    if (const QString text = delegate_->buttonText(job); !text.isEmpty()) {
        menu->setDefaultAction(menu->addAction(text, this, [this, row = QPersistentModelIndex(index)] { act(row); }));
    }
    menu->addAction(tr("Show in folder"), this, [this, result] { Q_EMIT showInFolderRequested(result); })
        ->setEnabled(!result.isEmpty());
    menu->addSeparator();
    menu->addAction(tr("Remove from the list"), this, [this, id] { Q_EMIT removeRequested(id); })
        ->setEnabled(!job.isAlive());
    menu->popup(globalPosition);
}

} // namespace reelmend::ui::tasks
