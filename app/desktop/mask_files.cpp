#include "app/desktop/mask_files.h"

#include <QDir>
#include <QFileInfo>
#include <QImageReader>

#include "app/desktop/workbench.h"
#include "core/base/files.h"
#include "core/media/mask_reader.h"
#include "ui/masks/mask_document.h"
#include "ui/masks/mask_file.h"
#include "ui/session/background.h"

namespace reelmend::desktop {

using ui::session::MaskKind;

namespace {

struct Loaded {
    QString path;
    QImage picture; // null: the mask stays a file
};

} // namespace

MaskFiles::MaskFiles(Workbench& workbench, ui::masks::MaskDocument& mask, QObject* parent)
    : QObject(parent)
    , workbench_(workbench)
    , mask_(mask)
{
    pool_.setMaxThreadCount(1);
}

MaskFiles::~MaskFiles()
{
    pool_.waitForDone();
}

void MaskFiles::load(const QString& path)
{
    const auto& document = workbench_.document();
    if (!document.isOpen()) {
        return;
    }
    const video::ClipInfo info = document.info();
    const QString clip = document.session().path;
    ui::session::inBackground(
        pool_, this,
        [path, info]() -> Loaded {
            const std::filesystem::path whole =
                media::wholeMask(base::pathFromText(path.toStdString()), info.frameCount());
            const QString name = QString::fromStdString(base::pathText(whole));
            if (!QFileInfo(name).isDir() && !QImageReader::imageFormat(name).isEmpty()) {
                return {name, ui::masks::loadMask(name, {info.displayWidth(), info.displayHeight()})};
            }
            media::openMask(whole, info.header.width, info.header.height, info.frameCount());
            return {name, {}};
        },
        [this, clip](const Loaded& mask) {
            auto& open = workbench_.document();
            if (open.session().path != clip) {
                return; // another clip meanwhile
            }
            if (!mask.picture.isNull()) {
                mask_.replace(mask.picture, tr("Load a mask"));
                open.noteMaskKind(mask_.isEmpty() ? MaskKind::kNone : MaskKind::kPainted);
            } else {
                open.undoStack().beginMacro(tr("Load a mask"));
                mask_.clear();
                open.changeMask(MaskKind::kFile, QDir::cleanPath(QFileInfo(mask.path).absoluteFilePath()));
                open.undoStack().endMacro();
            }
            Q_EMIT loaded();
        },
        [this](const base::Error& error) { Q_EMIT failed(error); });
}

void MaskFiles::save(const QString& path)
{
    ui::session::inBackground(
        pool_, this,
        [path, mask = mask_.image()] {
            ui::masks::saveMask(mask, path);
            return path;
        },
        [this](const QString& written) { Q_EMIT saved(written); },
        [this](const base::Error& error) { Q_EMIT failed(error); });
}

void MaskFiles::clear()
{
    auto& document = workbench_.document();
    if (document.session().maskKind == MaskKind::kFile) {
        document.changeMask(MaskKind::kNone, {});
    } else {
        mask_.clear();
    }
}

} // namespace reelmend::desktop
