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
    ++openings_;
    Q_EMIT opening(absolute);
    loader_.load(absolute);
}

void Workbench::cancelOpening()
{
    if (loader_.isLoading()) {
        ++openings_;
        loader_.cancel();
        Q_EMIT openingEnded();
    }
}

void Workbench::takeClip(const video::ClipInfo& info)
{
    const QString path = QString::fromStdString(info.path);
    store_.load(path, this, [this, info, path, number = openings_](const StoredClip& stored) {
        if (number != openings_) {
            return;
        }
        Q_EMIT openingEnded();
        isTaking_ = true;
        ui::session::ClipSession session = stored.session;
        const bool fits = stored.paintedMask.size() == QSize(info.displayWidth(), info.displayHeight());
        if (session.maskKind == ui::session::MaskKind::kPainted && !fits) {
            session.maskKind = ui::session::MaskKind::kNone; // the file was replaced by one of another size
        }
        document_.open(info, session);
        Q_EMIT maskLoaded(fits ? stored.paintedMask : QImage());
        isTaking_ = false;
        jobs_.setClip(path);
        recent_.add(path, ui::session::factsOf(info));
        settings_.setFolder(QFileInfo(path).absolutePath());
    });
}

void Workbench::close()
{
    if (document_.isOpen()) {
        save();
        store_.saveNow();
        document_.close();
        allJobs_.refresh();
    }
}

void Workbench::save()
{
    if (document_.isOpen() && !isTaking_) {
        store_.saveSoon({document_.session(), paintedMask()});
    }
}

} // namespace reelmend::desktop
