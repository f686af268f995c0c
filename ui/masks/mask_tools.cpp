#include "ui/masks/mask_tools.h"

#include "ui/masks/mask_document.h"
#include "ui/style/paint.h"
#include "ui/style/tokens.h"
#include "ui/viewer/picture_canvas.h"

#include <QKeyEvent>
#include <QPainter>

#include <algorithm>
#include <array>
#include <cmath>

namespace reelmend::ui::masks {

namespace {

constexpr double kHandleReach = 8;
constexpr double kHandleSide = 7;

std::array<QPointF, 8> handlesOf(const QRectF& r)
{
    const QPointF c = r.center();
    return {r.topLeft(), QPointF(c.x(), r.top()), r.topRight(), QPointF(r.right(), c.y()), r.bottomRight(),
        QPointF(c.x(), r.bottom()), r.bottomLeft(), QPointF(r.left(), c.y())};
}

} // namespace

MaskTools::MaskTools(MaskDocument* document, viewer::PictureCanvas* canvas)
    : QObject(canvas)
    , document_(document)
    , canvas_(canvas)
{
    canvas_->setTool(this);
    canvas_->addOverlay(this);
    // Any other step, an undo or a redo ends the life of the rectangle's handles.
    connect(document_->undoStack(), &QUndoStack::indexChanged, this, [this](int index) {
        if (rectangleStep_ >= 0 && index != rectangleStep_ && !isDragging_) {
            const QRect before = rectangle_;
            rectangleStep_ = -1;
            rectangle_ = {};
            updateRectangle(before);
            Q_EMIT rectangleChanged();
        }
    });
    connect(document_, &MaskDocument::sizeChanged, this, [this] {
        rectangleStep_ = -1;
        rectangle_ = {};
        lastPoint_.reset();
        isDragging_ = false;
        Q_EMIT rectangleChanged();
    });
}

MaskTools::~MaskTools()
{
    if (canvas_) {
        canvas_->removeOverlay(this);
        if (canvas_->tool() == this) {
            canvas_->setTool(nullptr);
        }
    }
}

std::optional<QRect> MaskTools::rectangle() const
{
    return rectangleStep_ >= 0 && !rectangle_.isEmpty() ? std::optional(rectangle_) : std::nullopt;
}

void MaskTools::setKind(ToolKind kind)
{
    if (kind == kind_) {
        return;
    }
    cancelled();
    moveRing(std::nullopt);
    kind_ = kind;
    canvas_->setCursor(pans() ? QCursor(Qt::OpenHandCursor) : cursor());
    canvas_->update();
    Q_EMIT kindChanged(kind);
}

void MaskTools::setBrush(const BrushSettings& brush)
{
    BrushSettings next = brush;
    next.diameter = std::clamp(next.diameter, BrushSettings::kSmallest, BrushSettings::kLargest);
    next.hardnessPercent = std::clamp(next.hardnessPercent, 0, 100);
    if (next == brush_) {
        return;
    }
    const auto at = pointer_;
    moveRing(std::nullopt);
    brush_ = next;
    moveRing(at);
    Q_EMIT brushChanged();
}

void MaskTools::growBrush(int direction)
{
    BrushSettings next = brush_;
    next.diameter += direction * std::max(1, static_cast<int>(std::lround(brush_.diameter * 0.1)));
    setBrush(next);
}

bool MaskTools::isErasing(Qt::KeyboardModifiers modifiers) const
{
    const bool isOpposite = modifiers & Qt::AltModifier;
    return (kind_ == ToolKind::kEraser) != isOpposite;
}

QRectF MaskTools::ringArea(QPointF picture) const
{
    const double radius = brush_.diameter / 2.0;
    return canvas_->view()
        .toWidget(QRectF(picture - QPointF(radius, radius), QSizeF(brush_.diameter, brush_.diameter)))
        .adjusted(-8, -8, 8, 8);
}

void MaskTools::moveRing(std::optional<QPointF> to)
{
    for (const auto& at : {std::exchange(pointer_, to), to}) {
        if (at && isPainting()) {
            canvas_->update(ringArea(*at).toAlignedRect());
        }
    }
}

void MaskTools::pointerPressed(const viewer::PointerEvent& event)
{
    if (document_->isNull()) {
        return;
    }
    pressed_ = event.picture;
    isDragging_ = true;
    if (isPainting()) {
        isStrokeErasing_ = isErasing(event.modifiers);
        document_->beginStroke(isStrokeErasing_ ? tr("Erase") : tr("Brush stroke"));
        const bool isLine = (event.modifiers & Qt::ShiftModifier) && lastPoint_;
        const QPointF from = isLine ? *lastPoint_ : event.picture;
        document_->strokeTo(from, event.picture, brush_.diameter, brush_.hardnessPercent / 100.0, isStrokeErasing_);
        lastPoint_ = event.picture;
        return;
    }
    handle_ = rectangle() ? handleAt(event.widget) : -1;
    rectangleBefore_ = rectangle_;
    if (kind_ == ToolKind::kRectangle && handle_ < 0) {
        const QRect before = rectangle_;
        rectangle_ = {};
        rectangleStep_ = -1;
        isRectangleErasing_ = event.modifiers & Qt::AltModifier;
        updateRectangle(before);
    } else if (handle_ < 0) {
        isDragging_ = false;
    }
}

QRect MaskTools::dragged(QPointF picture, Qt::KeyboardModifiers modifiers) const
{
    if (handle_ < 0) { // a new one
        QPointF delta = picture - pressed_;
        if (modifiers & Qt::ShiftModifier) { // square
            const double side = std::max(std::abs(delta.x()), std::abs(delta.y()));
            delta = {std::copysign(side, delta.x()), std::copysign(side, delta.y())};
        }
        const QRectF rect = QRectF(pressed_, pressed_ + delta).normalized();
        return QRect(QPoint(static_cast<int>(std::floor(rect.left())), static_cast<int>(std::floor(rect.top()))),
            QPoint(static_cast<int>(std::ceil(rect.right())) - 1, static_cast<int>(std::ceil(rect.bottom())) - 1));
    }
    const QPointF delta = picture - pressed_;
    const int dx = static_cast<int>(std::lround(delta.x()));
    const int dy = static_cast<int>(std::lround(delta.y()));
    if (handle_ == 8) {
        return rectangleBefore_.translated(dx, dy);
    }
    int left = rectangleBefore_.left();
    int top = rectangleBefore_.top();
    int right = rectangleBefore_.right() + 1;
    int bottom = rectangleBefore_.bottom() + 1;
    if (handle_ == 0 || handle_ == 6 || handle_ == 7) {
        left += dx;
    }
    if (handle_ == 0 || handle_ == 1 || handle_ == 2) {
        top += dy;
    }
    if (handle_ == 2 || handle_ == 3 || handle_ == 4) {
        right += dx;
    }
    if (handle_ == 4 || handle_ == 5 || handle_ == 6) {
        bottom += dy;
    }
    return QRect(std::min(left, right), std::min(top, bottom), std::max(1, std::abs(right - left)),
        std::max(1, std::abs(bottom - top)));
}

void MaskTools::pointerMoved(const viewer::PointerEvent& event)
{
    moveRing(event.picture);
    if (!isDragging_) {
        return;
    }
    if (isPainting()) {
        if (document_->isStroking() && lastPoint_) {
            document_->strokeTo(
                *lastPoint_, event.picture, brush_.diameter, brush_.hardnessPercent / 100.0, isStrokeErasing_);
            lastPoint_ = event.picture;
        }
        return;
    }
    const QRect before = rectangle_;
    rectangle_ = dragged(event.picture, event.modifiers);
    if (rectangle_ != before) {
        updateRectangle(before);
        Q_EMIT rectangleChanged();
    }
}

void MaskTools::pointerReleased(const viewer::PointerEvent& event)
{
    if (!std::exchange(isDragging_, false)) {
        return;
    }
    if (isPainting()) {
        document_->endStroke();
        return;
    }
    const QPointF moved = event.picture - pressed_;
    const bool isClick = std::max(std::abs(moved.x()), std::abs(moved.y())) * canvas_->view().zoom() < 3;
    if (isClick) { // a click draws nothing
        const QRect before = rectangle_;
        rectangle_ = rectangleStep_ >= 0 ? rectangleBefore_ : QRect();
        updateRectangle(before);
        Q_EMIT rectangleChanged();
        return;
    }
    commitRectangle(dragged(event.picture, event.modifiers), isRectangleErasing_);
}

void MaskTools::commitRectangle(const QRect& rect, bool isErasing)
{
    const QRect before = rectangle_;
    QUndoStack* stack = document_->undoStack();
    isDragging_ = true; // the undo below belongs to this edit
    if (rectangleStep_ >= 0 && stack->index() == rectangleStep_ && stack->canUndo()) {
        stack->undo();
    }
    const int index = stack->index();
    const QRect inside = rect & QRect(QPoint(0, 0), document_->size());
    document_->fillRectangle(inside, isErasing ? 0 : 65535);
    isDragging_ = false;
    isRectangleErasing_ = isErasing;
    rectangle_ = inside;
    // Where it changed nothing (all of it was painted before) there is no step, and so nothing to adjust.
    rectangleStep_ = stack->index() > index ? stack->index() : -1;
    if (rectangleStep_ < 0) {
        rectangle_ = {};
    }
    updateRectangle(before);
    Q_EMIT rectangleChanged();
}

void MaskTools::setRectangle(const QRect& rect)
{
    if (!document_->isNull() && !rect.isEmpty() && !isDragging_ && rect != rectangle_) {
        commitRectangle(rect, rectangleStep_ >= 0 && isRectangleErasing_);
    }
}

void MaskTools::pointerLeft()
{
    moveRing(std::nullopt);
}

void MaskTools::cancelled()
{
    if (std::exchange(isDragging_, false)) {
        document_->cancelStroke();
        const QRect before = rectangle_;
        rectangle_ = rectangleStep_ >= 0 ? rectangleBefore_ : QRect();
        updateRectangle(before);
        Q_EMIT rectangleChanged();
    }
}

bool MaskTools::keyPressed(QKeyEvent& event)
{
    switch (event.key()) {
    case Qt::Key_BracketLeft:
        growBrush(-1);
        return true;
    case Qt::Key_BracketRight:
        growBrush(1);
        return true;
    case Qt::Key_Delete:
    case Qt::Key_Backspace:
        if (isPainting() || isDragging_ || !rectangle()) {
            return false;
        }
        document_->undoStack()->undo(); // its step is the newest; redo brings it back
        return true;
    default:
        return false;
    }
}

QCursor MaskTools::cursor() const
{
    if (isPainting()) {
        return Qt::BlankCursor; // the ring is the cursor
    }
    if (kind_ == ToolKind::kRectangle &&
        !(rectangle() && pointer_ && handleAt(canvas_->view().toWidget(*pointer_)) >= 0)) {
        return Qt::CrossCursor;
    }
    if (rectangle() && pointer_) {
        switch (handleAt(canvas_->view().toWidget(*pointer_))) {
        case 0:
        case 4:
            return Qt::SizeFDiagCursor;
        case 2:
        case 6:
            return Qt::SizeBDiagCursor;
        case 1:
        case 5:
            return Qt::SizeVerCursor;
        case 3:
        case 7:
            return Qt::SizeHorCursor;
        case 8:
            return Qt::SizeAllCursor;
        default:
            break;
        }
    }
    return Qt::ArrowCursor;
}

int MaskTools::handleAt(QPointF widget) const
{
    const QRectF r = canvas_->view().toWidget(QRectF(rectangle_));
    const auto handles = handlesOf(r);
    for (std::size_t i = 0; i < handles.size(); ++i) {
        const QPointF off = widget - handles[i];
        if (std::max(std::abs(off.x()), std::abs(off.y())) <= kHandleReach) {
            return static_cast<int>(i);
        }
    }
    return r.contains(widget) ? 8 : -1;
}

void MaskTools::updateRectangle(const QRect& before)
{
    for (const QRect& r : {before, rectangle_}) {
        if (!r.isEmpty()) {
            canvas_->update(canvas_->view().toWidget(QRectF(r)).adjusted(-8, -8, 8, 8).toAlignedRect());
        }
    }
}

void MaskTools::paintRing(QPainter& painter, const viewer::ViewTransform& view) const
{
    const style::PictureColours& c = style::pictureColours();
    const QPointF centre = view.toWidget(*pointer_);
    const double radius = std::max(1.5, brush_.diameter / 2.0 * view.zoom() / view.deviceRatio());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    const auto ring = [&](double r) {
        // White 1.25 px on black that shows half a pixel to either side.
        painter.setPen(QPen(QColor(Qt::black), 2.25));
        painter.drawEllipse(centre, r, r);
        painter.setPen(QPen(c.line, 1.25));
        painter.drawEllipse(centre, r, r);
    };
    ring(radius);
    if (radius <= 8) {
        return;
    }
    // A plus paints, a minus erases; on whole pixels, or it is a smudge.
    const double x = std::floor(centre.x());
    const double y = std::floor(centre.y());
    const bool isPlus = kind_ != ToolKind::kEraser;
    painter.fillRect(QRectF(x - 3, y - 1, 7, 3), Qt::black);
    if (isPlus) {
        painter.fillRect(QRectF(x - 1, y - 3, 3, 7), Qt::black);
        painter.fillRect(QRectF(x, y - 2, 1, 5), c.line);
    }
    painter.fillRect(QRectF(x - 2, y, 5, 1), c.line);
}

void MaskTools::paintRectangle(QPainter& painter, const viewer::ViewTransform& view) const
{
    const style::PictureColours& c = style::pictureColours();
    const QRectF r = style::snapped(view.toWidget(QRectF(rectangle_)), view.deviceRatio());
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(c.halo, 3));
    painter.drawRect(r.adjusted(0.5, 0.5, -0.5, -0.5));
    painter.setPen(QPen(c.line, 1));
    painter.drawRect(r.adjusted(0.5, 0.5, -0.5, -0.5));
    if (rectangleStep_ < 0 && !isDragging_) {
        return;
    }
    for (const QPointF& at : handlesOf(r)) {
        const QRectF handle(
            std::round(at.x()) - kHandleSide / 2, std::round(at.y()) - kHandleSide / 2, kHandleSide, kHandleSide);
        painter.fillRect(handle.adjusted(-1, -1, 1, 1), c.labelGround);
        painter.fillRect(handle, c.line);
    }
}

void MaskTools::paint(QPainter& painter, const viewer::ViewTransform& view, const QRectF&)
{
    const bool hasHandles = kind_ == ToolKind::kRectangle || kind_ == ToolKind::kSelect;
    if (hasHandles && !rectangle_.isEmpty() && (isDragging_ || rectangle())) {
        paintRectangle(painter, view);
    }
    if (isPainting() && pointer_) {
        paintRing(painter, view);
    }
}

} // namespace reelmend::ui::masks
