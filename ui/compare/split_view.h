#pragma once
#include <QPointer>
#include <QVariantAnimation>

#include "ui/compare/split_geometry.h"
#include "ui/viewer/frame_cache.h"
#include "ui/viewer/picture_canvas.h"
#include "ui/viewer/picture_layer.h"

namespace reelmend::ui::compare {

// Two versions of a clip in one place, divided by a line that is dragged, moved by ← → (Shift ×10) or typed. Both
// show the same frame and the same field of view: coordinates and zoom are the source's, whatever the other's size.
// Hold S for the source alone, Shift+S swaps the sides, a double-click glides the line to the middle.
class SplitView : public viewer::PictureCanvas {
    Q_OBJECT
public:
    enum class Side { kLeft, kRight };

    explicit SplitView(QWidget* parent = nullptr);

    // Not owned. The source is on the left until the sides are swapped.
    void setSource(viewer::FrameCache* cache, const QString& label);
    void setResult(viewer::FrameCache* cache, const QString& label);
    // Result frame 0 belongs to this source frame: a result of in to out starts later than its clip.
    void setResultOffset(qint64 sourceFrame);
    // Both sides change at once, as soon as both pictures are there; until then the last pair stays.
    void showFrame(qint64 index);
    qint64 frame() const { return frame_; }

    double position() const { return position_; } // 0 to 1 across the picture
    bool isSwapped() const { return isSwapped_; }
    bool isSourceAlone() const { return isSourceAlone_; }
    SplitGeometry geometryOfSplit() const;

public Q_SLOTS:
    void setPosition(double position);
    void glideToCentre();
    void setSwapped(bool isSwapped);
    void setSourceAlone(bool isAlone); // while a key is held

Q_SIGNALS:
    void positionChanged(double position);
    void swappedChanged(bool isSwapped);
    void pairPainted(qint64 frame);

protected:
    void paintPictures(QPainter& painter) override;
    void paintTop(QPainter& painter) override;
    void shownSizeSettled(QSize deviceSize) override;
    bool showsOwnFocus() const override
    {
        return !view().isEmpty() && !isSourceAlone_ && result_.cache;
    } // the handle does
    bool handlePress(QMouseEvent& event) override;
    bool handleMove(QMouseEvent& event) override;
    bool handleRelease(QMouseEvent& event) override;
    QCursor cursorAt(QPointF widget) const override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void keyReleaseEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    struct Version {
        QPointer<viewer::FrameCache> cache;
        QString label;
        QImage shown;
        QString failure;
        viewer::PictureLayer layer;
    };

    void attach(Version& version, viewer::FrameCache* cache, const QString& label);
    void takePair();
    viewer::PictureLayer::Scaling scaling() const;
    qint64 resultFrame() const { return frame_ - resultOffset_; }
    void describe();
    void paintHandle(QPainter& painter, const SplitGeometry& g) const;

    Version source_, result_;
    qint64 frame_ = 0;
    qint64 shownFrame_ = -1;
    qint64 resultOffset_ = 0;
    double position_ = 0.5;
    bool isSwapped_ = false;
    bool isSourceAlone_ = false;
    bool isHeld_ = false;
    double grabOffset_ = 0;
    QVariantAnimation glide_;
    QTimer patience_;
    bool isLoadingSaid_ = false;
};

} // namespace reelmend::ui::compare
