#pragma once
#include <QImage>
#include <QObject>
#include <QThreadPool>

#include <memory>

#include "core/video/clip_info.h"
#include "ui/masks/mask_overlay.h"
#include "ui/viewer/canvas_tool.h"

namespace reelmend::ui::viewer {
class PictureCanvas;
}

namespace reelmend::desktop {

// A mask that stays a file (a clip, or a picture for each frame) over the picture: that of the frame on screen, in
// the tint of painted ones. Read off the UI thread; while a clip plays, the newest that is ready is shown. UI thread.
class FileMaskOverlay : public QObject, public ui::viewer::Overlay {
    Q_OBJECT

public:
    explicit FileMaskOverlay(ui::viewer::PictureCanvas* canvas);
    ~FileMaskOverlay() override;

    void setFile(const QString& path, const video::ClipInfo& clip); // empty: none
    void showFrame(qint64 frame);
    void setShown(bool isShown);
    void setTint(ui::masks::OverlayTint tint);
    qint64 shownFrame() const { return shownFrame_; } // -1: none yet

    void paint(QPainter& painter, const ui::viewer::ViewTransform& view, const QRectF& visible) override;
    void canvasGone() override { canvas_ = nullptr; }

private:
    class Reader;

    void read(); // what is wanted, unless something is being read
    void update();

    ui::viewer::PictureCanvas* canvas_;
    QThreadPool pool_;
    std::shared_ptr<Reader> reader_; // used by the pool's thread alone
    QString path_;
    ui::masks::OverlayTint tint_ = ui::masks::OverlayTint::kRed;
    QImage tinted_; // premultiplied
    qint64 frame_ = 0, shownFrame_ = -1;
    bool isReading_ = false, isShown_ = false;
};

} // namespace reelmend::desktop
