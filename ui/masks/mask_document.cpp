#include "ui/masks/mask_document.h"

#include "ui/masks/brush.h"

#include <QUndoCommand>

#include <algorithm>
#include <cstring>

namespace reelmend::ui::masks {

class MaskCommand : public QUndoCommand {
public:
    MaskCommand(MaskDocument* document, const QString& name, std::vector<MaskDocument::Tile> tiles)
        : QUndoCommand(name)
        , document_(document)
        , tiles_(std::move(tiles))
    {}

    void undo() override { document_->applyTiles(tiles_, false); }
    void redo() override
    {
        // Pushing a step calls this once although the pixels are there already.
        if (isApplied_) {
            document_->applyTiles(tiles_, true);
        }
        isApplied_ = true;
    }

private:
    MaskDocument* document_;
    std::vector<MaskDocument::Tile> tiles_;
    bool isApplied_ = false;
};

MaskDocument::MaskDocument(QUndoStack* undoStack, QObject* parent)
    : QObject(parent)
    , stack_(undoStack ? undoStack : new QUndoStack(this))
{}

MaskDocument::~MaskDocument() = default;

void MaskDocument::reset(QSize clipSize)
{
    isStroking_ = false;
    stack_->clear();
    const bool wasEmpty = isEmpty();
    image_ = clipSize.isEmpty() ? QImage() : QImage(clipSize, QImage::Format_Grayscale16);
    if (!image_.isNull()) {
        image_.fill(Qt::black);
    }
    total_ = 0;
    sums_.assign(static_cast<std::size_t>(tileCount()), 0);
    touched_.assign(static_cast<std::size_t>(tileCount()), QByteArray());
    Q_EMIT sizeChanged();
    Q_EMIT changed(image_.rect());
    if (!wasEmpty) {
        Q_EMIT emptyChanged(true);
    }
}

int MaskDocument::tileCount() const
{
    return tileColumns() * ((image_.height() + kTileSize - 1) / kTileSize);
}

QRect MaskDocument::tileRect(int index) const
{
    const int columns = tileColumns();
    return QRect(index % columns * kTileSize, index / columns * kTileSize, kTileSize, kTileSize) & image_.rect();
}

std::vector<int> MaskDocument::tilesOf(const QRect& rect) const
{
    std::vector<int> tiles;
    const QRect inside = rect & image_.rect();
    if (inside.isEmpty()) {
        return tiles;
    }
    for (int row = inside.top() / kTileSize; row <= inside.bottom() / kTileSize; ++row) {
        for (int column = inside.left() / kTileSize; column <= inside.right() / kTileSize; ++column) {
            tiles.push_back(row * tileColumns() + column);
        }
    }
    return tiles;
}

QByteArray MaskDocument::tileData(int index) const
{
    const QRect rect = tileRect(index);
    QByteArray data(static_cast<qsizetype>(rect.width()) * rect.height() * 2, Qt::Uninitialized);
    for (int y = 0; y < rect.height(); ++y) {
        std::memcpy(data.data() + static_cast<qsizetype>(y) * rect.width() * 2,
            image_.constScanLine(rect.top() + y) + rect.left() * 2, static_cast<std::size_t>(rect.width()) * 2);
    }
    return data;
}

void MaskDocument::putTile(int index, const QByteArray& data)
{
    const QRect rect = tileRect(index);
    for (int y = 0; y < rect.height(); ++y) {
        std::memcpy(image_.scanLine(rect.top() + y) + rect.left() * 2,
            data.constData() + static_cast<qsizetype>(y) * rect.width() * 2,
            static_cast<std::size_t>(rect.width()) * 2);
    }
}

void MaskDocument::touch(const QRect& rect)
{
    for (const int index : tilesOf(rect)) {
        QByteArray& kept = touched_[static_cast<std::size_t>(index)];
        if (kept.isNull()) {
            kept = tileData(index);
        }
    }
}

std::uint64_t MaskDocument::tileSum(int index) const
{
    const QRect rect = tileRect(index);
    std::uint64_t sum = 0;
    for (int y = rect.top(); y <= rect.bottom(); ++y) {
        const auto* row = reinterpret_cast<const std::uint16_t*>(image_.constScanLine(y));
        for (int x = rect.left(); x <= rect.right(); ++x) {
            sum += row[x];
        }
    }
    return sum;
}

void MaskDocument::recount(const QRect& rect)
{
    const bool wasEmpty = isEmpty();
    for (const int index : tilesOf(rect)) {
        std::uint64_t& sum = sums_[static_cast<std::size_t>(index)];
        total_ -= sum;
        sum = tileSum(index);
        total_ += sum;
    }
    Q_EMIT changed(rect & image_.rect());
    if (wasEmpty != isEmpty()) {
        Q_EMIT emptyChanged(isEmpty());
    }
}

void MaskDocument::applyTiles(const std::vector<Tile>& tiles, bool isForward)
{
    QRect dirty;
    for (const Tile& tile : tiles) {
        putTile(tile.index, isForward ? tile.after : tile.before);
        dirty |= tileRect(tile.index);
    }
    recount(dirty);
}

void MaskDocument::finishEdit(const QString& stepName)
{
    std::vector<Tile> tiles;
    for (std::size_t i = 0; i < touched_.size(); ++i) {
        if (touched_[i].isNull()) {
            continue;
        }
        const int index = static_cast<int>(i);
        QByteArray before = std::exchange(touched_[i], QByteArray());
        QByteArray after = tileData(index);
        if (before != after) {
            tiles.push_back({index, std::move(before), std::move(after)});
        }
    }
    if (!tiles.empty()) {
        stack_->push(new MaskCommand(this, stepName, std::move(tiles)));
    }
}

video::Mask MaskDocument::mask() const
{
    video::Mask mask(image_.width(), image_.height(), 1);
    for (int y = 0; y < image_.height(); ++y) {
        std::memcpy(mask.row(y), image_.constScanLine(y), static_cast<std::size_t>(image_.width()) * 2);
    }
    return mask;
}

double MaskDocument::coverage() const
{
    const double pixels = static_cast<double>(image_.width()) * image_.height();
    return pixels > 0 ? static_cast<double>(total_) / (pixels * 65535.0) : 0;
}

QRect MaskDocument::bounds() const
{
    QRect bounds;
    for (std::size_t i = 0; i < sums_.size(); ++i) {
        if (sums_[i] == 0) {
            continue;
        }
        const QRect tile = tileRect(static_cast<int>(i));
        if (bounds.contains(tile)) {
            continue;
        }
        for (int y = tile.top(); y <= tile.bottom(); ++y) {
            const auto* row = reinterpret_cast<const std::uint16_t*>(image_.constScanLine(y));
            int first = tile.left();
            while (first <= tile.right() && row[first] == 0) {
                ++first;
            }
            if (first > tile.right()) {
                continue;
            }
            int last = tile.right();
            while (row[last] == 0) {
                --last;
            }
            bounds |= QRect(first, y, last - first + 1, 1);
        }
    }
    return bounds;
}

bool MaskDocument::isTileEmpty(int column, int row) const
{
    if (column >= tileColumns() || row * kTileSize >= image_.height()) {
        return true;
    }
    return sums_[static_cast<std::size_t>(row * tileColumns() + column)] == 0;
}

bool MaskDocument::replace(const QImage& image, const QString& stepName)
{
    if (isNull() || isStroking_ || image.size() != image_.size()) {
        return false;
    }
    touch(image_.rect());
    image_ = image.convertToFormat(QImage::Format_Grayscale16);
    recount(image_.rect());
    finishEdit(stepName);
    return true;
}

void MaskDocument::clear()
{
    if (!isNull() && !isStroking_ && !isEmpty()) {
        const QRect rect = bounds();
        touch(rect);
        image_.fill(Qt::black);
        recount(rect);
        finishEdit(tr("Clear the mask"));
    }
}

void MaskDocument::invert()
{
    if (isNull() || isStroking_) {
        return;
    }
    touch(image_.rect());
    for (int y = 0; y < image_.height(); ++y) {
        auto* row = reinterpret_cast<std::uint16_t*>(image_.scanLine(y));
        std::transform(
            row, row + image_.width(), row, [](std::uint16_t v) { return static_cast<std::uint16_t>(65535 - v); });
    }
    recount(image_.rect());
    finishEdit(tr("Invert the mask"));
}

void MaskDocument::fillRectangle(const QRect& rect, std::uint16_t value)
{
    const QRect inside = rect & image_.rect();
    if (inside.isEmpty() || isStroking_) {
        return;
    }
    touch(inside);
    for (int y = inside.top(); y <= inside.bottom(); ++y) {
        auto* row = reinterpret_cast<std::uint16_t*>(image_.scanLine(y));
        std::fill(row + inside.left(), row + inside.right() + 1, value);
    }
    recount(inside);
    finishEdit(value > 0 ? tr("Rectangle") : tr("Erase a rectangle"));
}

void MaskDocument::beginStroke(const QString& stepName)
{
    if (!isNull() && !isStroking_) {
        isStroking_ = true;
        strokeName_ = stepName;
    }
}

void MaskDocument::strokeTo(QPointF from, QPointF to, double diameter, double hardness, bool isErasing)
{
    if (!isStroking_) {
        return;
    }
    const Capsule capsule(from, to, diameter, hardness);
    const QRect dirty = capsule.bounds() & image_.rect();
    if (dirty.isEmpty()) {
        return;
    }
    touch(dirty);
    for (int y = dirty.top(); y <= dirty.bottom(); ++y) {
        capsule.paintRow(
            reinterpret_cast<std::uint16_t*>(image_.scanLine(y)), y, dirty.left(), dirty.right(), isErasing);
    }
    recount(dirty);
}

void MaskDocument::endStroke()
{
    if (isStroking_) {
        isStroking_ = false;
        finishEdit(strokeName_);
    }
}

void MaskDocument::cancelStroke()
{
    if (!isStroking_) {
        return;
    }
    isStroking_ = false;
    QRect dirty;
    for (std::size_t i = 0; i < touched_.size(); ++i) {
        if (!touched_[i].isNull()) {
            putTile(static_cast<int>(i), std::exchange(touched_[i], QByteArray()));
            dirty |= tileRect(static_cast<int>(i));
        }
    }
    if (!dirty.isEmpty()) {
        recount(dirty);
    }
}

} // namespace reelmend::ui::masks
