#include "app/desktop/workbench.h"

#include <QDir>
#include <QFileInfo>

#include "app/desktop/clip_pictures.h"

namespace reelmend::desktop {

using ui::session::ClipLoader;
using ui::session::EngineClient;
using ui::session::StoredClip;

namespace {

EngineClient::Options engineOptions(const ui::session::Settings& settings)
{
    EngineClient::Options options;
    options.findProgram = [&settings] { return ui::session::findEngineProgram(settings.enginePath()); };
    return options;
}

} // namespace

Workbench::Workbench(ui::session::Settings& settings, QObject* parent)
    : QObject(parent)
    , settings_(settings)
    , engine_(engineOptions(settings))
    , jobs_(engine_)
    , allJobs_(engine_)
    , thumbnails_(middlePicture)
    , recent_(settings)
{
    connect(&loader_, &ClipLoader::progress, this, &Workbench::openingProgress);
    connect(&loader_, &ClipLoader::loaded, this, &Workbench::takeClip);
    connect(&loader_, &ClipLoader::failed, this, [this](const base::Error& error) {
        Q_EMIT openingEnded();
        Q_EMIT openFailed(loader_.path(), error);
    });
    connect(&document_, &ui::session::Document::sessionChanged, this, &Workbench::save);
}

Workbench::~Workbench() = default;

void Workbench::open(const QString& path)
{
    const QString absolute = QDir::cleanPath(QFileInfo(path).absoluteFilePath());
    Q_EMIT opening(absolute);
    loader_.load(absolute);
}

void Workbench::cancelOpening()
{
    if (loader_.isLoading()) {
        loader_.cancel();
        Q_EMIT openingEnded();
    }
}

void Workbench::takeClip(const video::ClipInfo& info)
{
    const QString path = QString::fromStdString(info.path);
    store_.load(path, this, [this, info, path](const StoredClip& stored) {
        paintedMask_ = {};
        Q_EMIT openingEnded();
        document_.open(info, stored.session);
        const QSize size(info.displayWidth(), info.displayHeight());
        paintedMask_ = stored.paintedMask.size() == size ? stored.paintedMask : QImage();
        Q_EMIT maskLoaded(paintedMask_);
        jobs_.setClip(path);
        recent_.add(path, ui::session::factsText(info));
        settings_.setFolder(QFileInfo(path).absolutePath());
    });
}

void Workbench::close()
{
    if (document_.isOpen()) {
        save();
        store_.saveNow();
        document_.close();
        paintedMask_ = {};
        allJobs_.refresh();
    }
}

void Workbench::setPaintedMask(const QImage& mask)
{
    paintedMask_ = mask;
    save();
}

void Workbench::save()
{
    if (document_.isOpen() && !document_.session().path.isEmpty()) {
        store_.saveSoon({document_.session(), paintedMask_});
    }
}

} // namespace reelmend::desktop
