#pragma once
#include <QObject>
#include <QRect>

#include <optional>

#include "ui/viewer/canvas_tool.h"

namespace reelmend::ui::viewer {
class PictureCanvas;
}

namespace reelmend::ui::masks {

class MaskDocument;

enum class ToolKind { kSelect, kPan, kBrush, kEraser, kRectangle };

struct BrushSettings {
    static constexpr int kSmallest = 1;
    static constexpr int kLargest = 1000;
    int diameter = 60; // picture pixels
    int hardnessPercent = 80;
    bool operator==(const BrushSettings&) const = default;
};

// The chosen tool of a canvas: paints, erases, draws rectangles, pans, or selects (moves and resizes the last
// rectangle; Delete takes it away). [ and ] change the brush, Shift + click draws a straight line from the last
// point; Alt turns brush and rectangle into their opposites.
class MaskTools : public QObject, public viewer::CanvasTool, public viewer::Overlay {
    Q_OBJECT
public:
    MaskTools(MaskDocument* document, viewer::PictureCanvas* canvas);
    ~MaskTools() override;

    ToolKind kind() const { return kind_; }
    const BrushSettings& brush() const { return brush_; }
    // The rectangle drawn last, while it can still be changed; picture pixels.
    std::optional<QRect> rectangle() const;

public Q_SLOTS:
    void setKind(reelmend::ui::masks::ToolKind kind);
    void setBrush(const reelmend::ui::masks::BrushSettings& brush);
    void growBrush(int direction); // +1, -1: about a tenth
    // Replaces the rectangle drawn last, or draws one; clipped to the picture.
    void setRectangle(const QRect& rect);

Q_SIGNALS:
    void kindChanged(reelmend::ui::masks::ToolKind kind);
    void brushChanged();
    void rectangleChanged();

public:
    void pointerPressed(const viewer::PointerEvent& event) override;
    void pointerMoved(const viewer::PointerEvent& event) override;
    void pointerReleased(const viewer::PointerEvent& event) override;
    void pointerLeft() override;
    void cancelled() override;
    bool keyPressed(QKeyEvent& event) override;
    QCursor cursor() const override;
    bool pans() const override { return kind_ == ToolKind::kPan; }
    void paint(QPainter& painter, const viewer::ViewTransform& view, const QRectF& visible) override;
    int level() const override { return 1; } // ring and handles lie on the mask
    void canvasGone() override { canvas_ = nullptr; }

private:
    bool isPainting() const { return kind_ == ToolKind::kBrush || kind_ == ToolKind::kEraser; }
    bool isErasing(Qt::KeyboardModifiers modifiers) const;
    QRectF ringArea(QPointF picture) const; // widget coordinates
    void moveRing(std::optional<QPointF> to);
    int handleAt(QPointF widget) const; // 0…7 corners and edges, 8 inside, -1 none
    void paintRing(QPainter& painter, const viewer::ViewTransform& view) const;
    void paintRectangle(QPainter& painter, const viewer::ViewTransform& view) const;
    void updateRectangle(const QRect& before);
    QRect dragged(QPointF picture, Qt::KeyboardModifiers modifiers) const;
    void commitRectangle(const QRect& rect, bool isErasing);

    MaskDocument* document_;
    viewer::PictureCanvas* canvas_;
    ToolKind kind_ = ToolKind::kBrush;
    BrushSettings brush_;
    std::optional<QPointF> pointer_;   // picture coordinates
    std::optional<QPointF> lastPoint_; // of the stroke, or of the one before
    bool isDragging_ = false;
    bool isStrokeErasing_ = false;
    QPointF pressed_;
    int handle_ = -1;
    QRect rectangle_;       // shown while dragging, and as long as its step is the newest
    QRect rectangleBefore_; // of the drag
    bool isRectangleErasing_ = false;
    int rectangleStep_ = -1; // index of the undo stack after it was made
};

} // namespace reelmend::ui::masks
