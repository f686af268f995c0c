#pragma once
#include <QImage>
#include <QLineF>
#include <QObject>
#include <QVector>

#include <array>
#include <vector>

#include "ui/style/tokens.h"
#include "ui/viewer/canvas_tool.h"
#include "ui/viewer/picture_canvas.h"

namespace reelmend::ui::masks {

class MaskDocument;

enum class OverlayTint { kRed, kCyan, kYellow };
// The premultiplied colour of every mask value of 8 bits: 50 % of the tint at most.
std::array<QRgb, 256> tintTable(OverlayTint tint);

// The mask over the picture: a tint at 50 % and a 1 px white outline where the mask crosses one half. Only what
// changed is traced again.
class MaskOverlay : public QObject, public viewer::Overlay {
    Q_OBJECT
public:
    MaskOverlay(MaskDocument* document, viewer::PictureCanvas* canvas);
    ~MaskOverlay() override;

    bool isShown() const { return isShown_; }
    void setShown(bool isShown);
    void setTint(OverlayTint tint);

    void paint(QPainter& painter, const viewer::ViewTransform& view, const QRectF& visible) override;
    void canvasGone() override { canvas_ = nullptr; }

private:
    void refresh(const QRect& dirty);

    MaskDocument* document_;
    viewer::PictureCanvas* canvas_;
    QImage tinted_;                         // premultiplied, clip size
    std::vector<QVector<QLineF>> outlines_; // by tile, picture coordinates
    OverlayTint tint_ = OverlayTint::kRed;
    bool isShown_ = true;
    // The tint as it lies on the screen, so that a moving brush ring does not scale it again.
    QImage layer_;
    viewer::ViewTransform layerView_;
    QRect layerDirty_; // picture coordinates
};

// Where a 16-bit grey picture crosses `level`, as line pieces in picture coordinates (samples lie at pixel centres;
// linear interpolation, marching squares). `area` in pixels: cells between its samples and the next are traced;
// outside the picture counts as 0.
QVector<QLineF> traceOutline(const QImage& mask, const QRect& area, double level = 32767.5);

} // namespace reelmend::ui::masks
