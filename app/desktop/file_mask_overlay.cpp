#include "app/desktop/file_mask_overlay.h"

#include <QPainter>
#include <QTransform>

#include <algorithm>
#include <array>

#include "core/base/files.h"
#include "core/media/mask_reader.h"
#include "ui/session/background.h"
#include "ui/viewer/picture_canvas.h"

namespace reelmend::desktop {

class FileMaskOverlay::Reader {
public:
    Reader(const QString& path, const video::ClipInfo& clip)
        : path_(base::pathFromText(path.toStdString()))
        , clip_(clip)
    {}

    QImage tinted(qint64 frame, const std::array<QRgb, 256>& table)
    {
        const video::ClipHeader& header = clip_.header;
        if (!masks_) {
            masks_ = media::openMask(path_, header.width, header.height, clip_.frameCount());
        }
        const video::Mask mask = masks_->mask(frame);
        QImage image(mask.width, mask.height, QImage::Format_ARGB32_Premultiplied);
        for (int y = 0; y < mask.height; ++y) {
            const std::uint16_t* from = mask.row(y);
            std::transform(from, from + mask.width, reinterpret_cast<QRgb*>(image.scanLine(y)),
                [&](std::uint16_t v) { return table[static_cast<std::size_t>(v >> 8)]; });
        }
        return header.rotationDegrees == 0 ? image : image.transformed(QTransform().rotate(header.rotationDegrees));
    }

private:
    std::filesystem::path path_;
    video::ClipInfo clip_;
    std::unique_ptr<video::MaskSource> masks_;
};

FileMaskOverlay::FileMaskOverlay(ui::viewer::PictureCanvas* canvas)
    : QObject(canvas)
    , canvas_(canvas)
{
    pool_.setMaxThreadCount(1);
    canvas_->addOverlay(this);
}

FileMaskOverlay::~FileMaskOverlay()
{
    pool_.waitForDone();
    if (canvas_) {
        canvas_->removeOverlay(this);
    }
}

void FileMaskOverlay::setFile(const QString& path, const video::ClipInfo& clip)
{
    if (path == path_) {
        return;
    }
    path_ = path;
    reader_ = path.isEmpty() ? nullptr : std::make_shared<Reader>(path, clip);
    tinted_ = {};
    shownFrame_ = -1;
    update();
    read();
}

void FileMaskOverlay::showFrame(qint64 frame)
{
    frame_ = frame;
    read();
}

void FileMaskOverlay::setShown(bool isShown)
{
    if (isShown != isShown_) {
        isShown_ = isShown;
        update();
        read();
    }
}

void FileMaskOverlay::setTint(ui::masks::OverlayTint tint)
{
    tint_ = tint;
    shownFrame_ = -1;
    read();
}

void FileMaskOverlay::read()
{
    if (!reader_ || isReading_ || !isShown_ || shownFrame_ == frame_) {
        return;
    }
    isReading_ = true;
    const auto done = [this, reader = reader_, frame = frame_, tint = tint_](const QImage& image) {
        isReading_ = false;
        if (reader == reader_) {
            shownFrame_ = tint == tint_ ? frame : -1;
            tinted_ = image;
            update();
        }
        read();
    };
    ui::session::inBackground(
        pool_, this,
        [reader = reader_, frame = frame_, table = ui::masks::tintTable(tint_)] {
            return reader->tinted(frame, table);
        },
        done, [done](const base::Error&) { done({}); }); // the job says it when it is asked to run
}

void FileMaskOverlay::update()
{
    if (canvas_) {
        canvas_->update();
    }
}

void FileMaskOverlay::paint(QPainter& painter, const ui::viewer::ViewTransform& view, const QRectF&)
{
    if (isShown_ && !tinted_.isNull()) {
        painter.setRenderHint(QPainter::SmoothPixmapTransform, !view.isNearest());
        painter.drawImage(view.rect(), tinted_);
    }
}

} // namespace reelmend::desktop
