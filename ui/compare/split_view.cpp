#include "ui/compare/split_view.h"

#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/paint.h"
#include "ui/style/style.h"

#include <QKeyEvent>
#include <QPainter>

#include <cmath>

namespace reelmend::ui::compare {

namespace {

constexpr double kStep = 0.005; // of the picture's width
constexpr int kPatienceMilliseconds = 250;

} // namespace

SplitView::SplitView(QWidget* parent)
    : PictureCanvas(parent)
{
    setAccessibleName(tr("Comparison"));
    glide_.setEasingCurve(QEasingCurve::OutCubic);
    connect(&glide_, &QVariantAnimation::valueChanged, this, [this](const QVariant& value) {
        position_ = value.toDouble();
        describe();
        update();
        Q_EMIT positionChanged(position_);
    });
    patience_.setSingleShot(true);
    patience_.setInterval(kPatienceMilliseconds);
    connect(&patience_, &QTimer::timeout, this, [this] {
        isLoadingSaid_ = shownFrame_ != frame_;
        update();
    });
    describe();
}

void SplitView::attach(Version& version, viewer::FrameCache* cache, const QString& label)
{
    if (version.cache) {
        disconnect(version.cache, nullptr, this, nullptr);
    }
    version.cache = cache;
    version.label = label;
    version.shown = {};
    version.failure.clear();
    version.layer.clear();
    shownFrame_ = -1;
    if (cache) {
        connect(cache, &viewer::FrameCache::opened, this, [this] {
            if (source_.cache) {
                setPictureSize(source_.cache->pictureSize());
            }
            showFrame(frame_);
        });
        connect(cache, &viewer::FrameCache::frameReady, this, [this] { takePair(); });
        connect(cache, &viewer::FrameCache::frameFailed, this, [this, &version](qint64, const base::Error& error) {
            version.failure = QString::fromStdString(error.message());
            takePair();
        });
        connect(cache, &viewer::FrameCache::openFailed, this, [this, &version](const base::Error& error) {
            version.failure = QString::fromStdString(error.message());
            update();
        });
    }
    setPictureSize(source_.cache ? source_.cache->pictureSize() : QSize());
    // The sizes may have settled before this version came.
    if (!view().isEmpty()) {
        shownSizeSettled(view().deviceRect().size());
    }
    showFrame(frame_);
    describe();
}

void SplitView::setSource(viewer::FrameCache* cache, const QString& label)
{
    attach(source_, cache, label);
}

void SplitView::setResult(viewer::FrameCache* cache, const QString& label)
{
    attach(result_, cache, label);
}

void SplitView::setResultOffset(qint64 sourceFrame)
{
    resultOffset_ = sourceFrame;
    showFrame(frame_);
}

void SplitView::showFrame(qint64 index)
{
    if (index != frame_) {
        source_.failure.clear();
        result_.failure.clear();
        isLoadingSaid_ = false;
    }
    frame_ = index;
    if (source_.cache) {
        source_.cache->request(frame_);
    }
    if (result_.cache) {
        result_.cache->request(resultFrame());
    }
    if (!patience_.isActive()) {
        patience_.start();
    }
    takePair();
}

void SplitView::takePair()
{
    const bool isResultOutside = resultFrame() < 0 || (result_.cache && result_.cache->frameCount() > 0 &&
                                                          resultFrame() >= result_.cache->frameCount());
    QImage left = source_.cache ? source_.cache->picture(frame_) : QImage();
    QImage right = result_.cache && !isResultOutside ? result_.cache->picture(resultFrame()) : QImage();
    const bool isSourceReady = !left.isNull() || !source_.failure.isEmpty();
    const bool isResultReady = !right.isNull() || isResultOutside || !result_.failure.isEmpty() || !result_.cache;
    if (!isSourceReady || !isResultReady) {
        return; // one frame beside another would compare nothing
    }
    source_.shown = std::move(left);
    result_.shown = std::move(right);
    shownFrame_ = frame_;
    isLoadingSaid_ = false;
    patience_.stop();
    update();
}

void SplitView::shownSizeSettled(QSize deviceSize)
{
    for (Version* version : {&source_, &result_}) {
        if (version->cache) {
            version->cache->setShownSize(deviceSize);
        }
    }
    showFrame(frame_);
}

SplitGeometry SplitView::geometryOfSplit() const
{
    return SplitGeometry::of(view().rect(), QRectF(rect()), position_, devicePixelRatioF());
}

void SplitView::setPosition(double position)
{
    glide_.stop();
    position = std::clamp(position, 0.0, 1.0);
    if (std::abs(position - position_) > 1e-9) {
        position_ = position;
        describe();
        update();
        Q_EMIT positionChanged(position_);
    }
}

void SplitView::glideToCentre()
{
    const int duration = style::motionMilliseconds(style::kGlideMilliseconds);
    if (duration == 0 || !isVisible()) {
        setPosition(0.5);
        return;
    }
    glide_.stop();
    glide_.setDuration(duration);
    glide_.setStartValue(position_);
    glide_.setEndValue(0.5);
    glide_.start();
}

void SplitView::setSwapped(bool isSwapped)
{
    if (isSwapped != isSwapped_) {
        isSwapped_ = isSwapped;
        describe();
        update();
        Q_EMIT swappedChanged(isSwapped_);
    }
}

void SplitView::setSourceAlone(bool isAlone)
{
    if (isAlone != isSourceAlone_) {
        isSourceAlone_ = isAlone;
        describe();
        update();
    }
}

void SplitView::describe()
{
    const QString left = isSwapped_ ? result_.label : source_.label;
    const QString right = isSwapped_ ? source_.label : result_.label;
    setAccessibleDescription(isSourceAlone_ ? tr("%1 alone").arg(source_.label)
                                            : tr("%1 on the left, %2 on the right, split at %3 %")
                                                  .arg(left, right, QString::number(position_ * 100, 'f', 1)));
}

bool SplitView::handlePress(QMouseEvent& event)
{
    if (event.button() != Qt::LeftButton || isSourceAlone_) {
        return false;
    }
    const SplitGeometry g = geometryOfSplit();
    if (!g.grabs(event.position())) {
        return false;
    }
    glide_.stop();
    isHeld_ = true;
    grabOffset_ = event.position().x() - g.line;
    update();
    return true;
}

bool SplitView::handleMove(QMouseEvent& event)
{
    if (!isHeld_) {
        return false;
    }
    setPosition(geometryOfSplit().positionAt(event.position().x() - grabOffset_));
    return true;
}

bool SplitView::handleRelease(QMouseEvent&)
{
    isHeld_ = false;
    update();
    return true;
}

QCursor SplitView::cursorAt(QPointF widget) const
{
    if (isHeld_ || (!view().isEmpty() && !isSourceAlone_ && geometryOfSplit().grabs(widget))) {
        return Qt::SplitHCursor;
    }
    return PictureCanvas::cursorAt(widget);
}

void SplitView::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton && !view().isEmpty()) {
        glideToCentre();
    }
}

void SplitView::keyPressEvent(QKeyEvent* event)
{
    const double factor = event->modifiers() & Qt::ShiftModifier ? 10 : 1;
    switch (event->key()) {
    case Qt::Key_Left:
        setPosition(position_ - kStep * factor);
        return;
    case Qt::Key_Right:
        setPosition(position_ + kStep * factor);
        return;
    case Qt::Key_Home:
        setPosition(0);
        return;
    case Qt::Key_End:
        setPosition(1);
        return;
    case Qt::Key_S:
        if (event->isAutoRepeat()) {
            return;
        }
        if (event->modifiers() & Qt::ShiftModifier) {
            setSwapped(!isSwapped_);
        } else {
            setSourceAlone(true);
        }
        return;
    default:
        PictureCanvas::keyPressEvent(event);
    }
}

void SplitView::keyReleaseEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_S && !event->isAutoRepeat()) {
        setSourceAlone(false);
        return;
    }
    PictureCanvas::keyReleaseEvent(event);
}

void SplitView::focusOutEvent(QFocusEvent* event)
{
    setSourceAlone(false); // the release will go elsewhere
    PictureCanvas::focusOutEvent(event);
}

viewer::PictureLayer::Scaling SplitView::scaling() const
{
    // Squares are for looking at pixels. A small source stretched to its 4x result is not that: it is seen as it
    // would be played, until the finer picture's own pixels are large.
    const QSize finer = result_.cache ? result_.cache->pictureSize() : QSize();
    const double ratio = finer.isEmpty() || view().isEmpty()
                             ? 1
                             : std::max(1.0, static_cast<double>(finer.width()) / view().picture().width());
    return view().zoom() / ratio > 4 ? viewer::PictureLayer::Scaling::kByZoom
                                     : viewer::PictureLayer::Scaling::kSmooth;
}

void SplitView::paintPictures(QPainter& painter)
{
    if (view().isEmpty()) {
        return;
    }
    if (isSourceAlone_ || !result_.cache) {
        source_.layer.draw(painter, source_.shown, view(), scaling());
    } else {
        const SplitGeometry g = geometryOfSplit();
        Version& left = isSwapped_ ? result_ : source_;
        Version& right = isSwapped_ ? source_ : result_;
        painter.save();
        painter.setClipRect(g.leftSide());
        left.layer.draw(painter, left.shown, view(), scaling());
        painter.setClipRect(g.rightSide());
        right.layer.draw(painter, right.shown, view(), scaling());
        painter.restore();
    }
    if (shownFrame_ >= 0) {
        Q_EMIT pairPainted(shownFrame_);
    }
}

void SplitView::paintHandle(QPainter& painter, const SplitGeometry& g) const
{
    const style::PictureColours& c = style::pictureColours();
    const style::Tokens& dark =
        style::tokens(style::Theme::kDark); // on footage, so the brighter accent in both themes
    const QColor line = isHeld_ ? dark.accent : c.line;
    const double top = g.visible.top();
    const double bottom = g.visible.bottom();
    style::drawVerticalLine(painter, g.line - 2, top, bottom, c.halo);
    style::drawVerticalLine(painter, g.line + 1, top, bottom, c.halo);
    style::drawVerticalLine(painter, g.line - 1, top, bottom, line, 2);

    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    constexpr double r = SplitGeometry::kHandleRadius;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(c.halo, 1));
    painter.drawEllipse(g.handle, r + 1.5, r + 1.5);
    painter.setPen(QPen(c.line, 2));
    painter.setBrush(c.labelGround);
    painter.drawEllipse(g.handle, r, r);
    QPen chevron(c.line, 1.75, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
    painter.setPen(chevron);
    painter.setBrush(Qt::NoBrush);
    for (const double side : {-1.0, 1.0}) {
        const QPointF tip = g.handle + QPointF(side * 8, 0);
        const QPointF arms[] = {tip + QPointF(-side * 4, -4), tip, tip + QPointF(-side * 4, 4)};
        painter.drawPolyline(arms, 3);
    }
    if (style::isFocusVisible(this)) {
        painter.setPen(QPen(dark.accent, 2));
        painter.drawEllipse(g.handle, 21.0, 21.0);
    }
    painter.restore();
}

void SplitView::paintTop(QPainter& painter)
{
    if (view().isEmpty()) {
        return;
    }
    painter.setFont(style::fontFor(style::TextRole::kSmall));
    const auto label = [&painter](const QRectF& place, const QString& text) {
        if (!place.isEmpty()) {
            style::drawPictureLabel(painter, place, text);
        }
    };
    const SplitGeometry g = geometryOfSplit();
    const auto sizeOf = [&painter](const QString& text) { return style::pictureLabelSize(painter.font(), text); };
    if (isSourceAlone_ || !result_.cache) {
        label(QRectF(g.visible.topLeft() + QPointF(SplitGeometry::kLabelInset, SplitGeometry::kLabelInset),
                  sizeOf(source_.label)),
            source_.label);
        return;
    }
    const Version& left = isSwapped_ ? result_ : source_;
    const Version& right = isSwapped_ ? source_ : result_;
    label(g.leftLabel(sizeOf(left.label)), left.label);
    label(g.rightLabel(sizeOf(right.label)), right.label);
    for (const auto& [version, side] : {std::pair{&left, g.leftSide()}, std::pair{&right, g.rightSide()}}) {
        QString text = version->failure;
        const bool isMissing = shownFrame_ == frame_ && version->shown.isNull();
        if (text.isEmpty() && isMissing && version == &result_) {
            text = tr("Not part of %1").arg(result_.label);
        }
        if (text.isEmpty() && isLoadingSaid_ && version->cache) {
            text = tr("Loading frame %1").arg(frame_);
        }
        const QSizeF size = sizeOf(text);
        if (!text.isEmpty() && side.width() > size.width() + 16) {
            label(QRectF(QPointF(std::round(side.center().x() - size.width() / 2),
                             std::round(side.center().y() - size.height() / 2)),
                      size),
                text);
        }
    }
    paintHandle(painter, g);
}

} // namespace reelmend::ui::compare
