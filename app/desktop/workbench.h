#pragma once
#include <QObject>

#include <functional>

#include "ui/session/clip_loader.h"
#include "ui/session/clip_store.h"
#include "ui/session/document.h"
#include "ui/session/engine_client.h"
#include "ui/session/job_list.h"
#include "ui/session/recent_files.h"
#include "ui/session/settings.h"
#include "ui/session/thumbnails.h"

namespace reelmend::desktop {

// What the window works on: the open clip and the services around it. Knows no widget. UI thread.
class Workbench : public QObject {
    Q_OBJECT

public:
    explicit Workbench(ui::session::Settings& settings, QObject* parent = nullptr);
    ~Workbench() override;

    ui::session::Settings& settings() { return settings_; }
    ui::session::EngineClient& engine() { return engine_; }
    ui::session::JobList& jobs() { return jobs_; }       // of the open clip
    ui::session::JobList& allJobs() { return allJobs_; } // of every clip, while none is open
    ui::session::Document& document() { return document_; }
    ui::session::ClipStore& store() { return store_; }
    ui::session::Thumbnails& thumbnails() { return thumbnails_; }
    ui::session::RecentFiles& recent() { return recent_; }

    // A file, a folder of numbered pictures or a pattern. The clip that is open stays until the new one is known to
    // be good.
    void open(const QString& path);
    void cancelOpening();
    void close();
    bool isOpening() const { return loader_.isLoading(); }

    // The painted mask is kept with the clip; whoever edits it says where to get it (null: nothing is painted) and
    // calls save() after a change.
    void setMaskProvider(std::function<QImage()> provider) { maskProvider_ = std::move(provider); }
    QImage paintedMask() const { return maskProvider_ ? maskProvider_() : QImage(); }
    void save(); // soon

Q_SIGNALS:
    void opening(const QString& path);
    void openingProgress(double fraction);
    void openingEnded(); // well, badly or cancelled
    void openFailed(const QString& path, const reelmend::base::Error& error);
    void maskLoaded(const QImage& mask); // with the clip; null: none

private:
    void takeClip(const video::ClipInfo& info);

    ui::session::Settings& settings_;
    ui::session::EngineClient engine_;
    ui::session::JobList jobs_, allJobs_;
    ui::session::Document document_;
    ui::session::ClipLoader loader_;
    ui::session::ClipStore store_;
    ui::session::Thumbnails thumbnails_;
    ui::session::RecentFiles recent_;
    std::function<QImage()> maskProvider_;
    int openings_ = 0;      // counts open() and cancelOpening(): what an earlier one brings late is dropped
    bool isTaking_ = false; // a clip: nothing is saved half
};

} // namespace reelmend::desktop
