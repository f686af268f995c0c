#pragma once
#include <QCursor>
#include <QPointF>
#include <QRectF>

class QKeyEvent;
class QPainter;

namespace reelmend::ui::viewer {

class ViewTransform;

// The pointer over a picture. `picture` is in the picture's own coordinates: pixel (0, 0) covers [0, 1) × [0, 1).
struct PointerEvent {
    QPointF picture;
    QPointF widget;
    Qt::MouseButton button = Qt::NoButton;
    Qt::MouseButtons buttons;
    Qt::KeyboardModifiers modifiers;
};

// What the left button does on a canvas (painting, drawing a rectangle, …). Not owned by the canvas.
class CanvasTool {
public:
    virtual ~CanvasTool() = default;

    virtual void pointerPressed(const PointerEvent& event) = 0;
    virtual void pointerMoved(const PointerEvent& event) = 0; // with and without a button
    virtual void pointerReleased(const PointerEvent& event) = 0;
    virtual void pointerLeft() {}
    virtual void cancelled() {}                           // Escape, or the tool is taken away during a drag
    virtual bool keyPressed(QKeyEvent&) { return false; } // true: used
    virtual QCursor cursor() const { return Qt::ArrowCursor; }
    virtual bool pans() const { return false; } // the hand: left drags pan
    virtual void canvasGone() {}                // the canvas is being destroyed: never call it again
};

// Something drawn over the picture. Not owned by the canvas; ask the canvas to update() when it changes.
class Overlay {
public:
    virtual ~Overlay() = default;
    // `visible` in widget coordinates; the painter's state is restored afterwards.
    virtual void paint(QPainter& painter, const ViewTransform& view, const QRectF& visible) = 0;
    virtual int level() const { return 0; } // higher lies on top; equal ones as they were added
    virtual void canvasGone() {}            // the canvas is being destroyed: never call it again
};

} // namespace reelmend::ui::viewer
