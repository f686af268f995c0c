#include "ui/viewer/viewer.h"

#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/paint.h"
#include "ui/style/tokens.h"

#include <QDragEnterEvent>
#include <QMimeData>
#include <QPainter>

namespace reelmend::ui::viewer {

namespace {

constexpr int kPatienceMilliseconds = 250;
constexpr double kLabelInset = 12;

} // namespace

Viewer::Viewer(QWidget* parent)
    : PictureCanvas(parent)
    , emptyTitle_(tr("Drop a clip here"))
    , emptyText_(tr("Or double-click to choose one. The original file is never changed."))
{
    setAcceptDrops(true);
    setAccessibleName(tr("Viewer"));
    patience_.setSingleShot(true);
    patience_.setInterval(kPatienceMilliseconds);
    connect(&patience_, &QTimer::timeout, this, [this] {
        isLoadingSaid_ = isBehind();
        update();
    });
    describe();
}

void Viewer::setCache(FrameCache* cache)
{
    if (cache_) {
        disconnect(cache_, nullptr, this, nullptr);
    }
    cache_ = cache;
    shown_ = {};
    shownFrame_ = -1;
    failure_.clear();
    clearPreview();
    layer_.clear();
    if (!cache_) {
        setPictureSize({});
        describe();
        update();
        return;
    }
    connect(cache_, &FrameCache::opened, this, [this](QSize size, qint64) {
        setPictureSize(size);
        showFrame(frame_);
    });
    connect(cache_, &FrameCache::frameReady, this, [this](qint64 index) {
        if (index == frame_) {
            showFrame(frame_);
        } else if (shownFrame_ != frame_ && !cache_->isGood(frame_) &&
                   std::abs(index - frame_) < std::abs(shownFrame_ - frame_)) {
            // While scrubbing faster than decoding, the newest finished frame is better than an old one.
            shown_ = cache_->picture(index);
            shownFrame_ = index;
            update();
        }
    });
    connect(cache_, &FrameCache::frameFailed, this, [this](qint64 index, const base::Error& error) {
        if (index == frame_) {
            failure_ = QString::fromStdString(error.message());
            update();
        }
    });
    if (!cache_->pictureSize().isEmpty()) {
        setPictureSize(cache_->pictureSize());
    }
    showFrame(frame_);
}

void Viewer::showFrame(qint64 index)
{
    const bool isNew = index != frame_;
    frame_ = index;
    if (isNew) {
        failure_.clear();
        isLoadingSaid_ = false;
    }
    if (!cache_) {
        return;
    }
    if (QImage image = cache_->picture(index); !image.isNull()) {
        shown_ = std::move(image);
        shownFrame_ = index;
        isLoadingSaid_ = false;
        patience_.stop();
    } else if (!patience_.isActive()) {
        patience_.start();
    }
    if (const auto error = cache_->errorOf(index)) {
        failure_ = QString::fromStdString(error->message());
    }
    cache_->request(index);
    describe();
    update();
}

bool Viewer::isBehind() const
{
    return cache_ && shownFrame_ != frame_ && failure_.isEmpty();
}

void Viewer::setPreview(qint64 index, const QImage& picture)
{
    previewFrame_ = index;
    preview_ = picture;
    update();
}

void Viewer::clearPreview()
{
    previewFrame_ = -1;
    preview_ = {};
    update();
}

bool Viewer::isShowingPreview() const
{
    return !preview_.isNull() && previewFrame_ == frame_;
}

void Viewer::setLabels(const QString& left, const QString& right)
{
    leftLabel_ = left;
    rightLabel_ = right;
    describe();
    update();
}

void Viewer::setEmptyText(const QString& title, const QString& text)
{
    emptyTitle_ = title;
    emptyText_ = text;
    describe();
    update();
}

void Viewer::describe()
{
    setAccessibleDescription(cache_ ? tr("%1, frame %2").arg(leftLabel_).arg(frame_) : emptyTitle_);
}

void Viewer::shownSizeSettled(QSize deviceSize)
{
    if (cache_) {
        cache_->setShownSize(deviceSize);
        cache_->request(frame_);
    }
}

void Viewer::paintPictures(QPainter& painter)
{
    if (!cache_) {
        paintEmpty(painter);
        return;
    }
    layer_.draw(painter, isShowingPreview() ? preview_ : shown_, view());
    if (shownFrame_ >= 0) {
        Q_EMIT framePainted(shownFrame_);
    }
}

void Viewer::paintTop(QPainter& painter)
{
    if (!cache_ || view().isEmpty()) {
        return;
    }
    const QRectF visible = view().rect() & QRectF(rect());
    painter.setFont(style::fontFor(style::TextRole::kSmall));
    const auto place = [&](const QString& text, bool isRight) {
        const QSizeF size = style::pictureLabelSize(painter.font(), text);
        // Above the picture where there is room, so that nothing of it is covered; else in its corner.
        const bool isAbove = visible.top() >= size.height() + 12;
        const double inset = isAbove ? 0 : kLabelInset;
        const double y = isAbove ? visible.top() - size.height() - 7 : std::max(0.0, visible.top()) + kLabelInset;
        const double x = isRight ? visible.right() - size.width() - inset : visible.left() + inset;
        return QRectF(QPointF(std::round(x), std::round(y)), size);
    };
    QRectF left;
    if (!leftLabel_.isEmpty() || isShowingPreview()) {
        const QString text = isShowingPreview() ? tr("Preview of this frame") : leftLabel_;
        left = place(text, false);
        style::drawPictureLabel(painter, left, text);
    }
    if (!rightLabel_.isEmpty()) {
        const QRectF right = place(rightLabel_, true);
        if (right.left() > left.right() + 8) {
            style::drawPictureLabel(painter, right, rightLabel_);
        }
    }
    if (!failure_.isEmpty() || (isLoadingSaid_ && isBehind())) {
        const QString text = failure_.isEmpty() ? tr("Loading frame %1").arg(frame_) : failure_;
        const QSizeF size = style::pictureLabelSize(painter.font(), text);
        const QRectF base(
            QPointF(std::round(rect().center().x() - size.width() / 2), height() - size.height() - 16), size);
        style::drawPictureLabel(painter, base, text);
    }
    if (isDropping_) {
        style::drawRounded(painter, QRectF(rect()).adjusted(4, 4, -4, -4), style::kRadiusCard, {},
            style::tokensFor(palette()).accent, 2);
    }
}

void Viewer::paintEmpty(QPainter& painter)
{
    // No footage to judge, so the panel's own ground: text reads better on it than on the surround.
    const style::Tokens& t = style::tokensFor(palette());
    painter.fillRect(rect(), t.panel);
    const QRectF area(rect());
    const QSizeF size(
        std::floor(std::min(520.0, area.width() - 32)), std::floor(std::min(220.0, area.height() - 32)));
    const QRectF box(QPointF(std::floor(area.center().x() - size.width() / 2) + 0.5,
                         std::floor(area.center().y() - size.height() / 2) + 0.5),
        size);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    QPen pen(isDropping_ ? t.accent : t.track, isDropping_ ? 2 : 1, Qt::CustomDashLine);
    pen.setDashPattern({5, 4});
    painter.setPen(pen);
    painter.setBrush(t.win);
    painter.drawRoundedRect(box, style::kRadiusCard, style::kRadiusCard);
    painter.restore();
    const double top = std::floor(area.center().y() - 52);
    style::drawIcon(painter, QRectF(area.center().x() - 16, top, 32, 32), u"film", t.text2);
    painter.setFont(style::fontFor(style::TextRole::kBodyMedium));
    painter.setPen(t.text);
    painter.drawText(QRectF(0, top + 44, area.width(), 22), Qt::AlignCenter, emptyTitle_);
    painter.setFont(style::fontFor(style::TextRole::kSmall));
    painter.setPen(t.text2);
    painter.drawText(box.adjusted(16, top + 68 - box.top(), -16, 0), Qt::AlignHCenter | Qt::TextWordWrap, emptyText_);
}

void Viewer::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls()) {
        event->acceptProposedAction();
        isDropping_ = true;
        update();
    }
}

void Viewer::dragLeaveEvent(QDragLeaveEvent*)
{
    isDropping_ = false;
    update();
}

void Viewer::dropEvent(QDropEvent* event)
{
    isDropping_ = false;
    update();
    const QList<QUrl> urls = event->mimeData()->urls();
    if (!urls.isEmpty()) {
        event->acceptProposedAction();
        Q_EMIT filesDropped(urls);
    }
}

void Viewer::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (!cache_) {
        Q_EMIT openRequested();
        return;
    }
    PictureCanvas::mousePressEvent(event); // a quick second stroke is a stroke
}

void Viewer::keyPressEvent(QKeyEvent* event)
{
    if (!cache_ && (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)) {
        Q_EMIT openRequested();
        return;
    }
    PictureCanvas::keyPressEvent(event);
}

} // namespace reelmend::ui::viewer
