#pragma once
#include <QPixmap>
#include <QPointer>
#include <QWidget>

#include <vector>

#include "ui/timeline/thumbnail_strip.h"
#include "ui/timeline/timeline_scale.h"

namespace reelmend::ui::viewer {
class Player;
}

namespace reelmend::ui::timeline {

// Ruler and clip lane. Drag to scrub, drag the ends of the blue bar for in and out; wheel zooms at the pointer,
// Shift + wheel and middle drag scroll. Keys: arrows step (Shift ×10), Home and End, I and O set, Shift+I and Shift+O
// go to in and out, + and - zoom. Positions are whole pixels.
class Timeline : public QWidget {
    Q_OBJECT
public:
    explicit Timeline(QWidget* parent = nullptr);

    void setClip(std::int64_t frameCount, base::Rational framesPerSecond);
    void setThumbnails(viewer::DisplaySourceFactory factory);
    void setFrame(qint64 frame);
    void setRange(base::FrameRange range);
    void setCachedRanges(std::vector<base::FrameRange> ranges); // ascending
    // Shows the player's frame and range and steers it; null: none.
    void setPlayer(viewer::Player* player);

    qint64 frame() const { return frame_; }
    base::FrameRange range() const { return range_; }
    const TimelineScale& scale() const { return scale_; }
    void zoomTo(double zoom, double anchorX);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void seekRequested(qint64 frame);
    void stepRequested(qint64 frames);
    void rangeEdited(reelmend::base::FrameRange range);
    void scrubbingChanged(bool isScrubbing);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    enum class Drag { kNone, kScrub, kIn, kOut, kScroll };

    double rulerHeight() const;
    double laneHeight() const;
    QRectF flagRect() const;
    Drag grabAt(QPointF position) const;
    void dragTo(QPointF position);
    void invalidate(); // the static layer
    void layOut();
    void describe();
    void paintStatic(QPainter& painter) const;
    void paintRuler(QPainter& painter) const;
    void paintRange(QPainter& painter) const;
    void paintPlayhead(QPainter& painter) const;
    void paintScroll(QPainter& painter) const;

    QPointer<viewer::Player> player_;
    ThumbnailStrip thumbnails_;
    TimelineScale scale_;
    base::Rational rate_{24, 1};
    base::FrameRange range_;
    std::vector<base::FrameRange> cached_;
    qint64 frame_ = 0;
    QPixmap static_;
    Drag drag_ = Drag::kNone;
    double dragX_ = 0;
};

} // namespace reelmend::ui::timeline
