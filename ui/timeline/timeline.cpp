#include "ui/timeline/timeline.h"

#include "ui/style/style.h"
#include "ui/viewer/player.h"

#include <QAccessible>
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QMouseEvent>

#include <algorithm>
#include <cmath>

namespace reelmend::ui::timeline {

namespace {

constexpr double kGrab = 6;

} // namespace

Timeline::Timeline(QWidget* parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Timeline"));
    style::setOwnsFocusRing(this);
    connect(&thumbnails_, &ThumbnailStrip::changed, this, &Timeline::invalidate);
}

void Timeline::setPlayer(viewer::Player* player)
{
    if (player_) {
        disconnect(player_, nullptr, this, nullptr);
        disconnect(this, nullptr, player_, nullptr);
    }
    player_ = player;
    if (!player) {
        setClip(0, {24, 1});
        return;
    }
    const auto takeClip = [this] {
        setClip(player_->frameCount(), player_->frameRate());
        setRange(player_->range());
        setFrame(player_->frame());
    };
    connect(player, &viewer::Player::clipChanged, this, takeClip);
    connect(player, &viewer::Player::frameChanged, this, &Timeline::setFrame);
    connect(player, &viewer::Player::rangeChanged, this, &Timeline::setRange);
    connect(this, &Timeline::seekRequested, player, &viewer::Player::seek);
    connect(this, &Timeline::stepRequested, player, &viewer::Player::step);
    connect(this, &Timeline::rangeEdited, player, &viewer::Player::setRange);
    takeClip();
}

void Timeline::setClip(std::int64_t frameCount, base::Rational framesPerSecond)
{
    rate_ = framesPerSecond;
    if (frameCount != scale_.frameCount()) {
        scale_.setClip(frameCount);
        range_ = {0, frameCount};
        frame_ = 0;
        cached_.clear();
    }
    layOut();
    describe();
}

void Timeline::setThumbnails(viewer::DisplaySourceFactory factory)
{
    thumbnails_.setSource(std::move(factory));
    layOut();
}

void Timeline::setFrame(qint64 frame)
{
    if (frame == frame_) {
        return;
    }
    const QRectF before = flagRect();
    frame_ = frame;
    if (drag_ == Drag::kNone || drag_ == Drag::kScrub) {
        const TimelineScale old = scale_;
        scale_.reveal(frame);
        if (!(old == scale_)) {
            layOut();
            describe();
            return;
        }
    }
    // The flag's column is all that a moving playhead touches.
    update(before.toAlignedRect().adjusted(-1, 0, 1, 0));
    update(flagRect().toAlignedRect().adjusted(-1, 0, 1, 0));
    describe();
}

void Timeline::setRange(base::FrameRange range)
{
    range_ = range;
    describe();
    invalidate();
}

void Timeline::setCachedRanges(std::vector<base::FrameRange> ranges)
{
    if (ranges != cached_) {
        cached_ = std::move(ranges);
        invalidate();
    }
}

void Timeline::zoomTo(double zoom, double anchorX)
{
    const TimelineScale old = scale_;
    scale_.zoomTo(zoom, anchorX);
    if (!(old == scale_)) {
        layOut();
    }
}

double Timeline::rulerHeight() const
{
    return std::max(24.0, std::ceil(QFontMetricsF(font()).height()) + 8);
}

double Timeline::laneHeight() const
{
    return std::max(52.0, std::ceil(QFontMetricsF(font()).height()) + 10);
}

QSize Timeline::sizeHint() const
{
    return {800, static_cast<int>(rulerHeight() + laneHeight())};
}

QSize Timeline::minimumSizeHint() const
{
    return {200, sizeHint().height()};
}

void Timeline::layOut()
{
    scale_.setWidth(width(), devicePixelRatioF());
    thumbnails_.layOut(scale_, laneHeight(), devicePixelRatioF());
    invalidate();
}

void Timeline::invalidate()
{
    static_ = {};
    update();
}

void Timeline::describe()
{
    setAccessibleDescription(scale_.frameCount() == 0 ? tr("No clip")
                                                      : tr("Frame %1 of %2, in %3, out %4")
                                                            .arg(frame_)
                                                            .arg(scale_.frameCount())
                                                            .arg(range_.begin)
                                                            .arg(range_.end - 1));
    if (QAccessible::isActive()) {
        QAccessibleEvent event(this, QAccessible::DescriptionChanged);
        QAccessible::updateAccessibility(&event);
    }
}

void Timeline::resizeEvent(QResizeEvent*)
{
    layOut();
}

void Timeline::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange ||
        event->type() == QEvent::EnabledChange) {
        updateGeometry();
        layOut();
    }
}

Timeline::Drag Timeline::grabAt(QPointF position) const
{
    if (position.y() < rulerHeight() / 2 + 2 && !flagRect().contains(position)) {
        const double toIn = std::abs(position.x() - scale_.xOf(static_cast<double>(range_.begin)));
        const double toOut = std::abs(position.x() - scale_.xOf(static_cast<double>(range_.end)));
        if (std::min(toIn, toOut) <= kGrab) {
            return toIn <= toOut ? Drag::kIn : Drag::kOut;
        }
    }
    return Drag::kScrub;
}

void Timeline::mousePressEvent(QMouseEvent* event)
{
    if (scale_.frameCount() == 0 || drag_ != Drag::kNone) {
        event->ignore();
        return;
    }
    dragX_ = event->position().x();
    if (event->button() == Qt::MiddleButton) {
        drag_ = Drag::kScroll;
        return;
    }
    if (event->button() != Qt::LeftButton) {
        event->ignore();
        return;
    }
    drag_ = grabAt(event->position());
    if (drag_ == Drag::kScrub) {
        Q_EMIT scrubbingChanged(true);
    }
    dragTo(event->position());
}

void Timeline::dragTo(QPointF position)
{
    const double x = position.x();
    switch (drag_) {
    case Drag::kScrub:
        if (const std::int64_t frame = scale_.frameAt(x); frame != frame_) {
            if (!player_) {
                setFrame(frame);
            }
            Q_EMIT seekRequested(frame);
        }
        break;
    case Drag::kIn:
    case Drag::kOut: {
        // The bar's ends lie between frames: the nearest border counts.
        const auto border = std::clamp<std::int64_t>(
            std::llround(x / scale_.pixelsPerFrame() + scale_.firstFrame()), 0, scale_.frameCount());
        base::FrameRange next = range_;
        if (drag_ == Drag::kIn) {
            next.begin = std::min(border, range_.end - 1);
        } else {
            next.end = std::max(border, range_.begin + 1);
        }
        if (!(next == range_)) {
            setRange(next);
            Q_EMIT rangeEdited(next);
        }
        break;
    }
    case Drag::kScroll: {
        const TimelineScale old = scale_;
        scale_.scrollBy(dragX_ - x);
        dragX_ = x;
        if (!(old == scale_)) {
            layOut();
        }
        break;
    }
    case Drag::kNone:
        break;
    }
}

void Timeline::mouseMoveEvent(QMouseEvent* event)
{
    if (drag_ != Drag::kNone) {
        dragTo(event->position());
        return;
    }
    const bool isHandle = scale_.frameCount() > 0 && grabAt(event->position()) != Drag::kScrub;
    setCursor(isHandle ? Qt::SizeHorCursor : Qt::ArrowCursor);
}

void Timeline::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->buttons() & (Qt::LeftButton | Qt::MiddleButton)) {
        return;
    }
    if (std::exchange(drag_, Drag::kNone) == Drag::kScrub) {
        Q_EMIT scrubbingChanged(false);
    }
}

void Timeline::mouseDoubleClickEvent(QMouseEvent* event)
{
    mousePressEvent(event);
}

void Timeline::wheelEvent(QWheelEvent* event)
{
    if (scale_.frameCount() == 0) {
        event->ignore();
        return;
    }
    const QPoint delta = event->angleDelta();
    if (event->modifiers() & Qt::ShiftModifier || delta.y() == 0) {
        const TimelineScale old = scale_;
        scale_.scrollBy(-(delta.x() != 0 ? delta.x() : delta.y()) / 2.0);
        if (!(old == scale_)) {
            layOut();
        }
    } else {
        zoomTo(scale_.zoom() * std::pow(2.0, delta.y() / 480.0), event->position().x());
    }
    event->accept();
}

void Timeline::keyPressEvent(QKeyEvent* event)
{
    if (scale_.frameCount() == 0) {
        QWidget::keyPressEvent(event);
        return;
    }
    const bool isShifted = event->modifiers() & Qt::ShiftModifier;
    const std::int64_t last = scale_.frameCount() - 1;
    const auto seek = [this, last](std::int64_t frame) {
        frame = std::clamp<std::int64_t>(frame, 0, last);
        if (!player_) {
            setFrame(frame);
        }
        Q_EMIT seekRequested(frame);
    };
    const auto step = [&](std::int64_t frames) {
        if (player_) {
            Q_EMIT stepRequested(frames);
        } else {
            seek(frame_ + frames);
        }
    };
    const auto edit = [this](base::FrameRange range) {
        setRange(range);
        Q_EMIT rangeEdited(range);
    };
    switch (event->key()) {
    case Qt::Key_Left:
        step(isShifted ? -10 : -1);
        return;
    case Qt::Key_Right:
        step(isShifted ? 10 : 1);
        return;
    case Qt::Key_Home:
        seek(0);
        return;
    case Qt::Key_End:
        seek(last);
        return;
    case Qt::Key_I:
        isShifted ? seek(range_.begin) : edit({frame_, std::max<std::int64_t>(range_.end, frame_ + 1)});
        return;
    case Qt::Key_O:
        isShifted ? seek(range_.end - 1) : edit({std::min<std::int64_t>(range_.begin, frame_), frame_ + 1});
        return;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        zoomTo(scale_.zoom() * 1.5, scale_.xOf(static_cast<double>(frame_)));
        return;
    case Qt::Key_Minus:
        zoomTo(scale_.zoom() / 1.5, scale_.xOf(static_cast<double>(frame_)));
        return;
    default:
        QWidget::keyPressEvent(event);
    }
}

void Timeline::focusInEvent(QFocusEvent* event)
{
    QWidget::focusInEvent(event);
    update();
}

void Timeline::focusOutEvent(QFocusEvent* event)
{
    QWidget::focusOutEvent(event);
    update();
}

} // namespace reelmend::ui::timeline
