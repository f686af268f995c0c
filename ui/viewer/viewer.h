#pragma once
#include <QElapsedTimer>
#include <QPointer>
#include <QUrl>

#include "ui/viewer/frame_cache.h"
#include "ui/viewer/picture_canvas.h"
#include "ui/viewer/picture_layer.h"

namespace reelmend::ui::viewer {

// One clip, one frame. Paints the newest finished picture and never waits; a preview picture may stand in for the
// frame it was made of. Without a clip it invites to drop one. Failures are the caller's to show beside it
// (frameFailed, openFailed of the cache); a frame that cannot be decoded is said in place.
class Viewer : public PictureCanvas {
    Q_OBJECT
public:
    explicit Viewer(QWidget* parent = nullptr);

    // Not owned; null: no clip. Keeps zoom and pan when the new clip has the same size.
    void setCache(FrameCache* cache);
    void showFrame(qint64 index);
    qint64 frame() const { return frame_; }
    // True while the picture on screen is of another frame than the one asked for.
    bool isBehind() const;

    // An enhanced picture of frame `index`, shown in place of the source while that frame is shown.
    void setPreview(qint64 index, const QImage& picture);
    void clearPreview();
    bool isShowingPreview() const;

    // Small labels at the picture's upper corners ("Source", "Mask · the same on every frame"); empty: none.
    void setLabels(const QString& left, const QString& right);
    // What is said without a clip.
    void setEmptyText(const QString& title, const QString& text);

Q_SIGNALS:
    void filesDropped(const QList<QUrl>& files);
    void openRequested();            // double-click or Enter without a clip
    void framePainted(qint64 index); // the picture that reached the screen

protected:
    void paintPictures(QPainter& painter) override;
    void paintTop(QPainter& painter) override;
    void shownSizeSettled(QSize deviceSize) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void paintEmpty(QPainter& painter);
    void describe();

    QPointer<FrameCache> cache_;
    PictureLayer layer_;
    QImage shown_;
    qint64 frame_ = 0;
    qint64 shownFrame_ = -1;
    qint64 previewFrame_ = -1;
    QImage preview_;
    QString leftLabel_, rightLabel_;
    QString emptyTitle_, emptyText_;
    QString failure_;
    QTimer patience_; // after it, a frame that is still missing is said to be loading
    bool isLoadingSaid_ = false;
    bool isDropping_ = false;
};

} // namespace reelmend::ui::viewer
