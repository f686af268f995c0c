#pragma once
#include <QList>
#include <QTimer>
#include <QWidget>

#include "ui/viewer/canvas_tool.h"
#include "ui/viewer/view_transform.h"

namespace reelmend::ui::viewer {

enum class Surround { kTheme, kBlack, kDark, kMid, kChecker };

// Zoom, pan, tools and overlays; what is shown is the subclass's. Wheel and pinch zoom at the pointer; middle button,
// space + drag and the hand tool pan; + and - zoom, F fits, 1 shows pixel for pixel, arrows pan a zoomed picture
// (Shift ×10).
class PictureCanvas : public QWidget {
    Q_OBJECT
public:
    explicit PictureCanvas(QWidget* parent = nullptr);
    ~PictureCanvas() override;

    const ViewTransform& view() const { return view_; }
    // Takes zoom and middle from another canvas of the same field of view.
    void followView(const ViewTransform& other);
    void setPictureSize(QSize size);

    void setSurround(Surround surround);
    void setTool(CanvasTool* tool); // null: none
    CanvasTool* tool() const { return tool_; }
    void addOverlay(Overlay* overlay);
    void removeOverlay(Overlay* overlay);

    QSize sizeHint() const override { return {640, 400}; }
    QSize minimumSizeHint() const override { return {160, 120}; }

public Q_SLOTS:
    void fit();
    void actualSize();
    void zoomIn();
    void zoomOut();
    void zoomTo(double zoom); // device pixels per picture pixel, at the middle

Q_SIGNALS:
    void viewChanged(); // zoom, pan or size
    void pointerMoved(QPointF picture, bool isInside);
    void pointerLeft();
    void spaceTapped(); // space without a drag: play or pause

protected:
    virtual void paintPictures(QPainter& painter) = 0;
    virtual void paintTop(QPainter&) {}                  // over the overlays
    virtual bool showsOwnFocus() const { return false; } // true: no frame round the canvas
    // The size in device pixels at which pictures are shown; called some time after it settled.
    virtual void shownSizeSettled(QSize deviceSize) = 0;
    // Subclasses that grab something of their own return true to keep the event from the tool.
    virtual bool handlePress(QMouseEvent&) { return false; }
    virtual bool handleMove(QMouseEvent&) { return false; }
    virtual bool handleRelease(QMouseEvent&) { return false; }
    virtual QCursor cursorAt(QPointF widget) const;
    void refreshCursor(QPointF widget);
    void changeView(const ViewTransform& view);

    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void keyReleaseEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    enum class Drag { kNone, kPan, kTool, kOwn };

    PointerEvent pointer(const QMouseEvent& event) const;
    void zoomStep(int direction);
    void zoomBy(double factor, QPointF anchor);
    void paintSurround(QPainter& painter) const;

    ViewTransform view_;
    QList<Overlay*> overlays_;
    CanvasTool* tool_ = nullptr;
    Surround surround_ = Surround::kTheme;
    Drag drag_ = Drag::kNone;
    QPointF lastPointer_;
    bool isSpaceHeld_ = false;
    bool hasSpaceDragged_ = false;
    QTimer settle_;
    QSize settledSize_;
};

} // namespace reelmend::ui::viewer
