#pragma once
#include <QImage>
#include <QObject>
#include <QThreadPool>

#include <functional>
#include <optional>

#include "core/base/error.h"
#include "core/jobs/enhance_request.h"
#include "ui/session/engine_client.h"
#include "ui/session/job.h"

namespace reelmend::desktop {

class Workbench;

// Turns the open clip's settings into jobs and follows them: names results, freezes the painted mask, makes previews,
// learns how long things take. What goes wrong is handed out to be shown beside its cause. UI thread.
class EnhanceController : public QObject {
    Q_OBJECT

public:
    explicit EnhanceController(Workbench& workbench, QObject* parent = nullptr);
    ~EnhanceController() override;

    void enhance();
    void startAgain(const QString& jobId);
    void control(const QString& jobId, const char* command);
    void remove(const QString& jobId);
    void chooseOutput(const QString& path); // empty: back to the next version beside the source
    QString outputName() const { return outputName_; }

    // A picture of one frame with the present settings.
    void preview(qint64 frame);
    void cancelPreview();
    bool isPreviewing() const { return !previewJob_.id.isEmpty() || isPreviewStarting_; }
    bool hasPreview(qint64 frame) const { return previewFrame_ == frame && !preview_.isNull(); }
    const QImage& previewPicture() const { return preview_; }
    void dropPreview(); // it no longer shows what the settings say

Q_SIGNALS:
    void outputNameChanged(const QString& path);
    void problemsFound(const reelmend::jobs::Problems& problems);
    void refused(const reelmend::ui::session::EngineError& error);
    void failed(const reelmend::base::Error& error);
    void started(); // a job: what was said about earlier tries is past
    void measured();
    void resultReady(const QString& jobId);
    void previewingChanged(bool isPreviewing);
    void previewReady(qint64 frame, const QImage& picture);
    void previewDropped();
    void previewFailed(const reelmend::ui::session::Job& job);

private:
    jobs::EnhanceRequest requestFor(jobs::Purpose purpose, qint64 frame) const;
    bool check(const jobs::EnhanceRequest& request);
    // Gives the request a mask file that later strokes do not change, then goes on.
    void withMask(jobs::EnhanceRequest request, std::function<void(const jobs::EnhanceRequest&)> next);
    void nameOutput();
    void takePreviewEvent(const QString& job, const jobs::Event& event);
    void endPreview();
    void takeEnd(const QString& jobId);

    Workbench& workbench_;
    QThreadPool pool_;
    QString outputName_;
    int naming_ = 0; // of the newest question for a name
    bool isStarting_ = false;

    bool isPreviewStarting_ = false;
    ui::session::Job previewJob_;
    QString previewPath_;
    bool isPreviewLoading_ = false;
    qint64 previewFrame_ = -1; // of the picture that is there
    QImage preview_;
    int previewSettings_ = 0; // counts changes of what a preview depends on
    int previewJobSettings_ = 0;
};

} // namespace reelmend::desktop
