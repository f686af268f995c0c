#pragma once
#include <QImage>
#include <QObject>
#include <QRect>
#include <QUndoStack>

#include <cstdint>
#include <vector>

#include "core/video/image.h"

namespace reelmend::ui::masks {

// A mask that is the same on every frame: 16-bit grey in the clip's size, 65535 = change. Every edit is one step on
// an undo stack and keeps only the tiles it touched. UI thread.
class MaskDocument : public QObject {
    Q_OBJECT
public:
    static constexpr int kTileSize = 64;

    // Steps go onto `undoStack` (not owned), or onto a stack of its own.
    explicit MaskDocument(QUndoStack* undoStack = nullptr, QObject* parent = nullptr);
    ~MaskDocument() override;

    // An empty mask of the clip's upright size; forgets all steps. An empty size: no clip.
    void reset(QSize clipSize);
    QSize size() const { return image_.size(); }
    bool isEmpty() const { return total_ == 0; } // nothing painted
    bool isNull() const { return image_.isNull(); }
    QUndoStack* undoStack() const { return stack_; }

    const QImage& image() const { return image_; } // Format_Grayscale16
    // 16-bit samples, clip size, one channel.
    video::Mask mask() const;
    double coverage() const; // 0 to 1: mean of the mask
    // Smallest rectangle that holds everything above 0.
    QRect bounds() const;
    // Tiles of kTileSize, row by row; nothing above 0 in this one.
    bool isTileEmpty(int column, int row) const;

    // Undoable as one step. `image` of any format and of this size.
    bool replace(const QImage& image, const QString& stepName);
    void clear();
    void invert();
    void fillRectangle(const QRect& rect, std::uint16_t value);

    // A stroke: everything between begin and end is one step. Values are combined, never overwritten: painting takes
    // the larger of old and new, erasing the smaller, so that a stroke over itself changes nothing.
    void beginStroke(const QString& stepName);
    bool isStroking() const { return isStroking_; }
    // A brush of `diameter` picture pixels from `from` to `to` (picture coordinates); `hardness` 0 to 1 is the part
    // of the radius at full strength.
    void strokeTo(QPointF from, QPointF to, double diameter, double hardness, bool isErasing);
    void endStroke();
    void cancelStroke(); // as if it had never begun

Q_SIGNALS:
    void changed(QRect dirty); // picture coordinates
    void sizeChanged();
    void emptyChanged(bool isEmpty);

private:
    friend class MaskCommand;
    struct Tile {
        int index = 0;
        QByteArray before, after; // 16-bit rows of the tile's own size
    };

    QRect tileRect(int index) const;
    int tileColumns() const { return (image_.width() + kTileSize - 1) / kTileSize; }
    int tileCount() const;
    std::vector<int> tilesOf(const QRect& rect) const;
    QByteArray tileData(int index) const;
    void putTile(int index, const QByteArray& data);
    void touch(const QRect& rect); // keeps what is there before it is changed
    void recount(const QRect& rect);
    void finishEdit(const QString& stepName); // makes the step of what was touched
    void applyTiles(const std::vector<Tile>& tiles, bool isForward);
    std::uint64_t tileSum(int index) const;

    QUndoStack* stack_;
    QImage image_;
    std::vector<std::uint64_t> sums_; // of each tile
    std::uint64_t total_ = 0;
    std::vector<QByteArray> touched_; // by tile; null = not touched
    bool isStroking_ = false;
    QString strokeName_;
};

} // namespace reelmend::ui::masks
