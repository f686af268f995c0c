#include "ui/masks/mask_overlay.h"

#include "ui/masks/mask_document.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace reelmend::ui::masks {

namespace {

constexpr int kTile = MaskDocument::kTileSize;

QColor tintColour(OverlayTint tint)
{
    const style::PictureColours& c = style::pictureColours();
    switch (tint) {
    case OverlayTint::kRed:
        return c.mask;
    case OverlayTint::kCyan:
        return c.maskAlternative1;
    case OverlayTint::kYellow:
        return c.maskAlternative2;
    }
    return c.mask;
}

} // namespace

std::array<QRgb, 256> tintTable(OverlayTint tint)
{
    const QColor colour = tintColour(tint);
    std::array<QRgb, 256> table{};
    for (int i = 0; i < 256; ++i) {
        table[static_cast<std::size_t>(i)] =
            qPremultiply(qRgba(colour.red(), colour.green(), colour.blue(), (i * 128 + 127) / 255));
    }
    return table;
}

QVector<QLineF> traceOutline(const QImage& mask, const QRect& area, double level)
{
    QVector<QLineF> lines;
    const auto sample = [&mask](int x, int y) -> double {
        if (x < 0 || y < 0 || x >= mask.width() || y >= mask.height()) {
            return 0;
        }
        return reinterpret_cast<const quint16*>(mask.constScanLine(y))[x];
    };
    // A border of samples outside the picture closes shapes that reach its edge. A cell belongs to its upper left
    // sample; the row and column before the picture belong to the first tiles.
    const int left = area.left() == 0 ? -1 : area.left();
    const int top = area.top() == 0 ? -1 : area.top();
    for (int y = top; y <= area.bottom(); ++y) {
        double a = sample(left, y);
        double d = sample(left, y + 1);
        for (int x = left; x <= area.right(); ++x) {
            const double b = sample(x + 1, y);
            const double c = sample(x + 1, y + 1);
            const int kind = (a > level ? 1 : 0) | (b > level ? 2 : 0) | (c > level ? 4 : 0) | (d > level ? 8 : 0);
            if (kind != 0 && kind != 15) {
                const auto between = [level](double p, double q) { return (level - p) / (q - p); };
                const QPointF corner(x + 0.5, y + 0.5);
                const auto north = [&] { return corner + QPointF(between(a, b), 0); };
                const auto east = [&] { return corner + QPointF(1, between(b, c)); };
                const auto south = [&] { return corner + QPointF(between(d, c), 1); };
                const auto west = [&] { return corner + QPointF(0, between(a, d)); };
                switch (kind) {
                case 1:
                case 14:
                    lines.append({west(), north()});
                    break;
                case 2:
                case 13:
                    lines.append({north(), east()});
                    break;
                case 3:
                case 12:
                    lines.append({west(), east()});
                    break;
                case 4:
                case 11:
                    lines.append({east(), south()});
                    break;
                case 6:
                case 9:
                    lines.append({north(), south()});
                    break;
                case 7:
                case 8:
                    lines.append({west(), south()});
                    break;
                case 5:
                    lines.append({west(), north()});
                    lines.append({east(), south()});
                    break;
                case 10:
                    lines.append({north(), east()});
                    lines.append({west(), south()});
                    break;
                default:
                    break;
                }
            }
            a = b;
            d = c;
        }
    }
    return lines;
}

MaskOverlay::MaskOverlay(MaskDocument* document, viewer::PictureCanvas* canvas)
    : QObject(canvas)
    , document_(document)
    , canvas_(canvas)
{
    canvas_->addOverlay(this);
    connect(document_, &MaskDocument::changed, this, &MaskOverlay::refresh);
    connect(document_, &MaskDocument::sizeChanged, this, [this] {
        tinted_ = {};
        layer_ = {};
    });
    refresh(document_->image().rect());
}

MaskOverlay::~MaskOverlay()
{
    if (canvas_) {
        canvas_->removeOverlay(this);
    }
}

void MaskOverlay::setShown(bool isShown)
{
    if (isShown != isShown_) {
        isShown_ = isShown;
        canvas_->update();
    }
}

void MaskOverlay::setTint(OverlayTint tint)
{
    tint_ = tint;
    tinted_ = {};
    refresh(document_->image().rect());
}

void MaskOverlay::refresh(const QRect& dirty)
{
    const QImage& mask = document_->image();
    if (mask.isNull()) {
        tinted_ = {};
        canvas_->update();
        return;
    }
    QRect area = dirty & mask.rect();
    if (tinted_.size() != mask.size()) {
        tinted_ = QImage(mask.size(), QImage::Format_ARGB32_Premultiplied);
        area = mask.rect();
        layer_ = {};
        outlines_.clear();
    }
    const std::array<QRgb, 256> table = tintTable(tint_); // one look-up a pixel
    const int columns = (mask.width() + kTile - 1) / kTile;
    const int rows = (mask.height() + kTile - 1) / kTile;
    outlines_.resize(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows));
    // An outline's cell reaches to the next sample, so the tiles before the changed ones change as well.
    for (int row = std::max(0, area.top() - 1) / kTile; row <= std::min(rows - 1, area.bottom() / kTile); ++row) {
        for (int column = std::max(0, area.left() - 1) / kTile; column <= std::min(columns - 1, area.right() / kTile);
             ++column) {
            const QRect tile = QRect(column * kTile, row * kTile, kTile, kTile) & mask.rect();
            const bool isEmpty = document_->isTileEmpty(column, row);
            const QRect part = tile & area;
            for (int y = part.top(); y <= part.bottom(); ++y) {
                const auto* from = reinterpret_cast<const quint16*>(mask.constScanLine(y));
                auto* to = reinterpret_cast<QRgb*>(tinted_.scanLine(y));
                if (isEmpty) {
                    std::fill(to + part.left(), to + part.right() + 1, 0U);
                    continue;
                }
                for (int x = part.left(); x <= part.right(); ++x) {
                    to[x] = table[from[x] >> 8];
                }
            }
            // Most of a large mask is empty: nothing to trace where neither this tile nor the next ones hold
            // anything.
            const bool hasOutline = !isEmpty || !document_->isTileEmpty(column + 1, row) ||
                                    !document_->isTileEmpty(column, row + 1) ||
                                    !document_->isTileEmpty(column + 1, row + 1);
            outlines_[static_cast<std::size_t>(row * columns + column)] =
                hasOutline ? traceOutline(mask, tile) : QVector<QLineF>();
        }
    }
    layerDirty_ |= area;
    // Only the part of the screen that shows it, with room for the outline.
    canvas_->update(canvas_->view().toWidget(QRectF(area)).adjusted(-4, -4, 4, 4).toAlignedRect() & canvas_->rect());
}

void MaskOverlay::paint(QPainter& painter, const viewer::ViewTransform& view, const QRectF& visible)
{
    if (!isShown_ || tinted_.isNull() || document_->isEmpty() || view.picture() != tinted_.size()) {
        return;
    }
    const double ratio = view.deviceRatio();
    const QRect target = view.deviceRect();
    const QRect window(0, 0, qCeil(view.viewport().width() * ratio), qCeil(view.viewport().height() * ratio));
    const QRect place = target & window;
    if (layer_.size() != place.size() || !(layerView_ == view)) {
        layer_ = QImage(place.size(), QImage::Format_ARGB32_Premultiplied);
        layerView_ = view;
        layerDirty_ = tinted_.rect();
    }
    if (!layerDirty_.isEmpty()) {
        const double z = view.zoom();
        const QRectF device(layerDirty_.left() * z + target.left() - place.left(),
            layerDirty_.top() * z + target.top() - place.top(), layerDirty_.width() * z, layerDirty_.height() * z);
        const QRect clip = device.adjusted(-z - 1, -z - 1, z + 1, z + 1).toAlignedRect() & layer_.rect();
        QPainter scaler(&layer_);
        scaler.setClipRect(clip);
        scaler.setCompositionMode(QPainter::CompositionMode_Source);
        scaler.setRenderHint(QPainter::SmoothPixmapTransform, !view.isNearest());
        scaler.fillRect(clip, Qt::transparent);
        scaler.drawImage(QRectF(target.translated(-place.topLeft())), tinted_);
        layerDirty_ = {};
    }
    painter.save();
    painter.scale(1 / ratio, 1 / ratio);
    painter.drawImage(place.topLeft(), layer_);
    painter.restore();

    // One line on the screen at any zoom, on top of whatever the picture holds.
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setClipRect(view.rect().adjusted(-1, -1, 1, 1) & visible.adjusted(-1, -1, 1, 1));
    QPen pen(style::pictureColours().maskOutline, 1, Qt::SolidLine, Qt::FlatCap);
    pen.setCosmetic(true);
    painter.setPen(pen);
    const QRectF seen(view.toPicture(visible.topLeft()), view.toPicture(visible.bottomRight()));
    const int columns = (tinted_.width() + kTile - 1) / kTile;
    painter.setTransform(view.pictureToWidget(), true);
    for (std::size_t i = 0; i < outlines_.size(); ++i) {
        const int index = static_cast<int>(i);
        const QRectF tile(index % columns * kTile, index / columns * kTile, kTile, kTile);
        if (!outlines_[i].isEmpty() && tile.intersects(seen)) {
            painter.drawLines(outlines_[i]);
        }
    }
}

} // namespace reelmend::ui::masks
