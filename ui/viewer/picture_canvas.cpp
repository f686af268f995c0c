#include "ui/viewer/picture_canvas.h"

#include "ui/style/paint.h"
#include "ui/style/style.h"

#include <QGestureEvent>
#include <QMouseEvent>
#include <QNativeGestureEvent>
#include <QPaintEvent>
#include <QPainter>
#include <QPinchGesture>

#include <algorithm>
#include <array>
#include <cmath>

namespace reelmend::ui::viewer {

namespace {

constexpr std::array kZoomSteps = {
    0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0};
constexpr int kSettleMilliseconds = 120;
constexpr double kPanStep = 40;

} // namespace

PictureCanvas::PictureCanvas(QWidget* parent)
    : QWidget(parent)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_OpaquePaintEvent);
    grabGesture(Qt::PinchGesture);
    style::setOwnsFocusRing(this);
    settle_.setSingleShot(true);
    connect(&settle_, &QTimer::timeout, this, [this] {
        const QSize size = view_.deviceRect().size();
        if (!view_.isEmpty() && size != settledSize_) {
            settledSize_ = size;
            shownSizeSettled(size);
        }
    });
}

PictureCanvas::~PictureCanvas()
{
    for (Overlay* overlay : overlays_) {
        overlay->canvasGone();
    }
    if (tool_) {
        tool_->canvasGone();
    }
}

void PictureCanvas::changeView(const ViewTransform& view)
{
    if (view == view_) {
        return;
    }
    const bool isFirst = view_.isEmpty();
    view_ = view;
    // Decoding at every size of a running zoom would be wasted; the first size is wanted at once.
    settle_.start(isFirst ? 0 : kSettleMilliseconds);
    update();
    Q_EMIT viewChanged();
}

void PictureCanvas::setPictureSize(QSize size)
{
    ViewTransform next = view_;
    next.setPicture(size);
    if (size != view_.picture()) {
        settledSize_ = {};
        changeView(next);
        settle_.start(0);
    }
}

void PictureCanvas::followView(const ViewTransform& other)
{
    ViewTransform next = view_;
    next.follow(other);
    changeView(next);
}

void PictureCanvas::setSurround(Surround surround)
{
    surround_ = surround;
    update();
}

void PictureCanvas::setTool(CanvasTool* tool)
{
    if (tool_ && tool_ != tool) {
        tool_->cancelled();
        tool_->pointerLeft();
    }
    tool_ = tool;
    if (drag_ == Drag::kTool) {
        drag_ = Drag::kNone;
    }
    refreshCursor(lastPointer_);
    update();
}

void PictureCanvas::addOverlay(Overlay* overlay)
{
    const auto above = std::find_if(overlays_.cbegin(), overlays_.cend(),
        [overlay](const Overlay* other) { return other->level() > overlay->level(); });
    overlays_.insert(above, overlay);
    update();
}

void PictureCanvas::removeOverlay(Overlay* overlay)
{
    overlays_.removeAll(overlay);
    update();
}

void PictureCanvas::fit()
{
    ViewTransform next = view_;
    next.fit();
    changeView(next);
}

void PictureCanvas::actualSize()
{
    zoomTo(1);
}

void PictureCanvas::zoomTo(double zoom)
{
    ViewTransform next = view_;
    next.zoomTo(zoom, QPointF(width() / 2.0, height() / 2.0));
    changeView(next);
}

void PictureCanvas::zoomStep(int direction)
{
    const double now = view_.zoom();
    double next = now;
    if (direction > 0) {
        const auto* found =
            std::find_if(kZoomSteps.begin(), kZoomSteps.end(), [now](double step) { return step > now * 1.001; });
        next = found == kZoomSteps.end() ? now : *found;
    } else {
        for (const double step : kZoomSteps) {
            if (step < now * 0.999) {
                next = step;
            }
        }
    }
    zoomTo(next);
}

void PictureCanvas::zoomIn()
{
    zoomStep(1);
}

void PictureCanvas::zoomOut()
{
    zoomStep(-1);
}

void PictureCanvas::zoomBy(double factor, QPointF anchor)
{
    const double now = view_.zoom();
    double wanted = now * factor;
    // Pixel for pixel is where zooming stops on the way.
    if ((now < 0.999 && wanted > 1) || (now > 1.001 && wanted < 1)) {
        wanted = 1;
    }
    ViewTransform next = view_;
    next.zoomTo(wanted, anchor);
    changeView(next);
}

QCursor PictureCanvas::cursorAt(QPointF) const
{
    if (view_.isEmpty()) {
        return Qt::ArrowCursor;
    }
    if (isSpaceHeld_ || (tool_ && tool_->pans())) {
        return Qt::OpenHandCursor;
    }
    return tool_ ? tool_->cursor() : QCursor(Qt::ArrowCursor);
}

void PictureCanvas::refreshCursor(QPointF widget)
{
    setCursor(drag_ == Drag::kPan ? QCursor(Qt::ClosedHandCursor) : cursorAt(widget));
}

PointerEvent PictureCanvas::pointer(const QMouseEvent& event) const
{
    return {view_.toPicture(event.position()), event.position(), event.button(), event.buttons(), event.modifiers()};
}

void PictureCanvas::mousePressEvent(QMouseEvent* event)
{
    lastPointer_ = event->position();
    if (view_.isEmpty() || drag_ != Drag::kNone) {
        event->ignore();
        return;
    }
    const bool isHand = isSpaceHeld_ || (tool_ && tool_->pans());
    if (event->button() == Qt::MiddleButton || (event->button() == Qt::LeftButton && isHand)) {
        drag_ = Drag::kPan;
        hasSpaceDragged_ = true;
    } else if (handlePress(*event)) {
        drag_ = Drag::kOwn;
    } else if (event->button() == Qt::LeftButton && tool_) {
        drag_ = Drag::kTool;
        tool_->pointerPressed(pointer(*event));
    } else {
        event->ignore();
        return;
    }
    refreshCursor(event->position());
}

void PictureCanvas::mouseMoveEvent(QMouseEvent* event)
{
    const QPointF before = lastPointer_;
    lastPointer_ = event->position();
    switch (drag_) {
    case Drag::kPan: {
        ViewTransform next = view_;
        next.panBy(event->position() - before);
        changeView(next);
        break;
    }
    case Drag::kOwn:
        handleMove(*event);
        break;
    case Drag::kNone:
        if (handleMove(*event)) {
            break;
        }
        [[fallthrough]];
    case Drag::kTool:
        if (tool_ && !view_.isEmpty()) {
            tool_->pointerMoved(pointer(*event));
        }
        break;
    }
    refreshCursor(event->position());
    if (!view_.isEmpty()) {
        const QPointF at = view_.toPicture(event->position());
        Q_EMIT pointerMoved(at, QRectF(QPointF(), QSizeF(view_.picture())).contains(at));
    }
}

void PictureCanvas::mouseReleaseEvent(QMouseEvent* event)
{
    const Drag drag = drag_;
    if (drag == Drag::kNone || (event->buttons() & (Qt::LeftButton | Qt::MiddleButton))) {
        return;
    }
    drag_ = Drag::kNone;
    if (drag == Drag::kOwn) {
        handleRelease(*event);
    } else if (drag == Drag::kTool && tool_) {
        tool_->pointerReleased(pointer(*event));
    }
    refreshCursor(event->position());
}

void PictureCanvas::leaveEvent(QEvent*)
{
    if (tool_) {
        tool_->pointerLeft();
    }
    Q_EMIT pointerLeft();
}

void PictureCanvas::wheelEvent(QWheelEvent* event)
{
    if (view_.isEmpty()) {
        event->ignore();
        return;
    }
    const QPoint delta = event->angleDelta();
    if (event->modifiers() & Qt::ShiftModifier || delta.y() == 0) {
        ViewTransform next = view_;
        next.panBy(QPointF(delta.x() != 0 ? delta.x() : delta.y(), 0) / 2);
        changeView(next);
    } else {
        zoomBy(std::pow(2.0, delta.y() / 480.0), event->position());
    }
    event->accept();
}

bool PictureCanvas::event(QEvent* event)
{
    switch (event->type()) {
    case QEvent::NativeGesture: {
        auto* gesture = static_cast<QNativeGestureEvent*>(event);
        if (gesture->gestureType() == Qt::ZoomNativeGesture) {
            zoomBy(1 + gesture->value(), gesture->position());
            return true;
        }
        break;
    }
    case QEvent::Gesture:
        if (auto* pinch =
                static_cast<QPinchGesture*>(static_cast<QGestureEvent*>(event)->gesture(Qt::PinchGesture))) {
            zoomBy(pinch->scaleFactor(), mapFromGlobal(pinch->centerPoint()));
            return true;
        }
        break;
    case QEvent::ShortcutOverride: {
        // Space belongs to the hand while the canvas has the focus; a tap is handed on as spaceTapped().
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_Space && !view_.isEmpty() && key->modifiers() == Qt::NoModifier) {
            event->accept();
            return true;
        }
        break;
    }
    default:
        break;
    }
    return QWidget::event(event);
}

void PictureCanvas::keyPressEvent(QKeyEvent* event)
{
    if (view_.isEmpty()) {
        event->ignore();
        return;
    }
    if (tool_ && tool_->keyPressed(*event)) {
        return;
    }
    const double step = kPanStep * (event->modifiers() & Qt::ShiftModifier ? 10 : 1);
    QPointF pan;
    switch (event->key()) {
    case Qt::Key_Space:
        if (!event->isAutoRepeat()) {
            isSpaceHeld_ = true;
            hasSpaceDragged_ = false;
            refreshCursor(lastPointer_);
        }
        return;
    case Qt::Key_Escape:
        if (drag_ == Drag::kTool && tool_) {
            tool_->cancelled();
            drag_ = Drag::kNone;
            return;
        }
        break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        zoomIn();
        return;
    case Qt::Key_Minus:
        zoomOut();
        return;
    case Qt::Key_F:
        fit();
        return;
    case Qt::Key_1:
        actualSize();
        return;
    case Qt::Key_Left:
        pan = {step, 0};
        break;
    case Qt::Key_Right:
        pan = {-step, 0};
        break;
    case Qt::Key_Up:
        pan = {0, step};
        break;
    case Qt::Key_Down:
        pan = {0, -step};
        break;
    default:
        break;
    }
    // A picture that is seen whole has nowhere to go: arrows then step frames, as everywhere else in the window.
    if (pan.isNull() || view_.isFit()) {
        QWidget::keyPressEvent(event);
        return;
    }
    ViewTransform next = view_;
    next.panBy(pan);
    changeView(next);
}

void PictureCanvas::keyReleaseEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Space && isSpaceHeld_ && !event->isAutoRepeat()) {
        isSpaceHeld_ = false;
        refreshCursor(lastPointer_);
        if (!hasSpaceDragged_) {
            Q_EMIT spaceTapped();
        }
        return;
    }
    QWidget::keyReleaseEvent(event);
}

void PictureCanvas::focusOutEvent(QFocusEvent* event)
{
    isSpaceHeld_ = false;
    QWidget::focusOutEvent(event);
    update();
}

void PictureCanvas::resizeEvent(QResizeEvent*)
{
    ViewTransform next = view_;
    next.setViewport(size(), devicePixelRatioF());
    changeView(next);
}

void PictureCanvas::paintSurround(QPainter& painter) const
{
    const style::Tokens& t = style::tokensFor(palette());
    switch (surround_) {
    case Surround::kTheme:
        painter.fillRect(rect(), t.surround);
        return;
    case Surround::kBlack:
        painter.fillRect(rect(), Qt::black);
        return;
    case Surround::kDark:
        painter.fillRect(rect(), style::tokens(style::Theme::kDark).surround);
        return;
    case Surround::kMid:
        painter.fillRect(rect(), style::tokens(style::Theme::kLight).surround);
        return;
    case Surround::kChecker:
        break;
    }
    const style::PictureColours& c = style::pictureColours();
    painter.fillRect(rect(), c.checkerDark);
    constexpr int kSide = 12;
    for (int y = 0; y < height(); y += kSide) {
        for (int x = (y / kSide % 2) * kSide; x < width(); x += 2 * kSide) {
            painter.fillRect(x, y, kSide, kSide, c.checkerLight);
        }
    }
}

void PictureCanvas::paintEvent(QPaintEvent* event)
{
    if (!qFuzzyCompare(view_.deviceRatio(), devicePixelRatioF())) { // moved to another screen
        ViewTransform next = view_;
        next.setViewport(size(), devicePixelRatioF());
        view_ = next;
        settle_.start(kSettleMilliseconds);
    }
    QPainter painter(this);
    paintSurround(painter);
    paintPictures(painter);
    if (!view_.isEmpty()) {
        for (Overlay* overlay : overlays_) {
            painter.save();
            overlay->paint(painter, view_, event->rect());
            painter.restore();
        }
    }
    paintTop(painter);
    if (style::isFocusVisible(this) && !showsOwnFocus()) {
        style::drawRounded(
            painter, QRectF(rect()).adjusted(2, 2, -2, -2), 2, {}, style::tokensFor(palette()).accent, 2);
    }
}

} // namespace reelmend::ui::viewer
