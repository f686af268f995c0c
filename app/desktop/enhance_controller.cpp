#include "app/desktop/enhance_controller.h"

#include <QDir>
#include <QFileInfo>

#include <utility>

#include <nlohmann/json.hpp>

#include "app/desktop/workbench.h"
#include "ui/session/background.h"
#include "ui/session/cost.h"
#include "ui/session/output_name.h"

namespace reelmend::desktop {

using jobs::EnhanceRequest;
using jobs::Purpose;
using ui::session::EngineError;
using ui::session::Job;
using ui::session::MaskKind;

EnhanceController::EnhanceController(Workbench& workbench, QObject* parent)
    : QObject(parent)
    , workbench_(workbench)
{
    pool_.setMaxThreadCount(1);
    auto& document = workbench_.document();
    connect(&document, &ui::session::Document::opened, this, [this] {
        outputName_.clear();
        dropPreview();
        nameOutput();
    });
    connect(&document, &ui::session::Document::closed, this, &EnhanceController::dropPreview);
    connect(&document, &ui::session::Document::sessionChanged, this,
        [this, before = ui::session::ClipSession()]() mutable {
            const ui::session::ClipSession& now = workbench_.document().session();
            if (now.settings != before.settings || now.path != before.path) {
                nameOutput();
            }
            if (now.settings != before.settings || now.maskKind != before.maskKind ||
                now.maskFile != before.maskFile) {
                dropPreview();
            }
            before = now;
        });
    connect(&workbench_.jobs(), &ui::session::JobList::listed, this, &EnhanceController::nameOutput);
    connect(&workbench_.jobs(), &ui::session::JobList::ended, this, &EnhanceController::takeEnd);
    connect(&workbench_.engine(), &ui::session::EngineClient::jobEvent, this, &EnhanceController::takePreviewEvent);
    connect(&workbench_.engine(), &ui::session::EngineClient::jobInterrupted, this, [this](const QString& id) {
        if (id == previewJob_.id) {
            previewJob_.state = jobs::JobState::kInterrupted;
            Q_EMIT previewFailed(previewJob_);
            endPreview();
        }
    });
    connect(&workbench_.engine(), &ui::session::EngineClient::stateChanged, this, [this] {
        if (!workbench_.engine().isReady() && isPreviewing()) {
            endPreview();
        }
    });
}

EnhanceController::~EnhanceController()
{
    cancelPreview(); // nobody will look at it
    pool_.waitForDone();
}

EnhanceRequest EnhanceController::requestFor(Purpose purpose, qint64 frame) const
{
    const auto& document = workbench_.document();
    const auto& settings = document.settings();
    EnhanceRequest request;
    request.input = document.session().path.toStdString();
    request.purpose = purpose;
    request.task = settings.task;
    const auto& facts = workbench_.engine().facts();
    const QString model = facts.modelFor(settings.model, settings.task);
    request.model = model.toStdString();
    if (facts.withDetail.contains(model)) {
        request.detail = settings.detailPercent / 100.0;
    }
    request.scale = settings.scale;
    request.strength = settings.strengthPercent / 100.0;
    request.deinterlace = settings.deinterlace && document.info().isInterlaced();
    request.quality = settings.quality;
    if (purpose == Purpose::kPreview) {
        request.range = base::FrameRange{frame, frame + 1};
    } else {
        request.range = document.session().requestRange(document.frameCount());
        request.output = outputName_.toStdString();
    }
    if (ui::session::usesMask(settings.task)) {
        if (document.session().maskKind == MaskKind::kFile) {
            request.mask = document.session().maskFile.toStdString();
        } else if (!workbench_.paintedMask().isNull() && document.session().maskKind == MaskKind::kPainted) {
            request.mask = "painted"; // replaced by a file once the rest is known to be good
        }
    }
    return request;
}

bool EnhanceController::check(const EnhanceRequest& request)
{
    jobs::Problems problems = request.validate();
    for (jobs::Problem& problem : problems) {
        if (problem.field == "mask") {
            problem.reason = request.task == jobs::Task::kHarmonise
                                 ? tr("Nothing is marked yet. Paint over what was placed.").toStdString()
                                 : tr("There is nothing to remove yet. Paint over what should go.").toStdString();
        }
    }
    if (!problems.empty()) {
        Q_EMIT problemsFound(problems);
    }
    return problems.empty();
}

void EnhanceController::withMask(EnhanceRequest request, std::function<void(const EnhanceRequest&)> next)
{
    const auto& session = workbench_.document().session();
    if (request.mask.empty() || session.maskKind != MaskKind::kPainted) {
        next(request);
        return;
    }
    workbench_.store().freeze(
        session.path, ui::session::storedMask(workbench_.paintedMask(), workbench_.document().info().header), this,
        [request, next = std::move(next)](const QString& path) mutable {
            request.mask = path.toStdString();
            next(request);
        },
        [this](const base::Error& error) {
            isStarting_ = false;
            isPreviewStarting_ = false;
            Q_EMIT failed(error);
        });
}

void EnhanceController::enhance()
{
    auto& document = workbench_.document();
    if (!document.isOpen() || isStarting_ || workbench_.jobs().current() != nullptr) {
        return;
    }
    EnhanceRequest request = requestFor(Purpose::kResult, 0);
    if (request.output.empty()) { // its name is still being found out
        request.output =
            ui::session::outputName(document.session().path, request.task, request.quality, 1).toStdString();
    }
    if (!check(request)) {
        return;
    }
    isStarting_ = true;
    withMask(request, [this](EnhanceRequest ready) {
        // The folder may have changed since the name was shown: looked at once more, right before the start.
        const auto& settings = workbench_.document().settings();
        const int atLeast = workbench_.jobs().highestVersion() + 1;
        ui::session::inBackground(
            pool_, this,
            [ready, atLeast, chosen = settings.output] {
                return chosen.isEmpty() ? ui::session::nextOutputName(
                                              QString::fromStdString(ready.input), ready.task, ready.quality, atLeast)
                                        : chosen;
            },
            [this, ready](const QString& name) mutable {
                ready.output = name.toStdString();
                workbench_.jobs().start(
                    ready, this,
                    [this](const Job&) {
                        isStarting_ = false;
                        workbench_.document().forgetOutput();
                        nameOutput();
                        Q_EMIT started();
                    },
                    [this](const EngineError& error) {
                        isStarting_ = false;
                        Q_EMIT refused(error);
                    });
            },
            [this](const base::Error& error) {
                isStarting_ = false;
                Q_EMIT failed(error);
            });
    });
}

void EnhanceController::startAgain(const QString& jobId)
{
    workbench_.jobs().startAgain(jobId, this, [this](const EngineError& error) { Q_EMIT refused(error); });
}

void EnhanceController::control(const QString& jobId, const char* command)
{
    workbench_.jobs().control(jobId, command, this, [this](const EngineError& error) { Q_EMIT refused(error); });
}

void EnhanceController::remove(const QString& jobId)
{
    workbench_.jobs().remove(jobId, this, [this](const EngineError& error) { Q_EMIT refused(error); });
}

void EnhanceController::chooseOutput(const QString& path)
{
    auto settings = workbench_.document().settings();
    settings.output = path;
    if (!path.isEmpty() && QFileInfo(path).suffix().isEmpty()) {
        settings.output += settings.quality == jobs::Quality::kLossless ? u".mkv" : u".mp4";
    }
    workbench_.document().changeSettings(settings, tr("Change result"));
}

void EnhanceController::nameOutput()
{
    const auto& document = workbench_.document();
    if (!document.isOpen()) {
        return;
    }
    const int question = ++naming_;
    const auto settings = document.settings();
    const int atLeast = workbench_.jobs().highestVersion() + 1;
    ui::session::inBackground(
        pool_, this,
        [path = document.session().path, settings, atLeast] {
            return settings.output.isEmpty()
                       ? ui::session::nextOutputName(path, settings.task, settings.quality, atLeast)
                       : settings.output;
        },
        [this, question](const QString& name) {
            if (question == naming_) {
                outputName_ = name;
                Q_EMIT outputNameChanged(name);
            }
        },
        [](const base::Error&) {});
}

void EnhanceController::takeEnd(const QString& jobId)
{
    const Job* job = workbench_.jobs().find(jobId);
    if (job == nullptr) {
        return;
    }
    nameOutput();
    if (job->state == jobs::JobState::kFinished) {
        ui::session::learnFrom(*job, workbench_.document().info(), workbench_.settings());
        Q_EMIT measured();
        workbench_.thumbnails().forget(job->result);
        Q_EMIT resultReady(jobId);
    }
}

void EnhanceController::preview(qint64 frame)
{
    if (!workbench_.document().isOpen() || isPreviewing()) {
        return;
    }
    const EnhanceRequest request = requestFor(Purpose::kPreview, frame);
    if (!check(request)) {
        return;
    }
    isPreviewStarting_ = true;
    previewJobSettings_ = previewSettings_;
    Q_EMIT previewingChanged(true);
    withMask(request, [this](const EnhanceRequest& ready) {
        workbench_.jobs().start(
            ready, this,
            [this](const Job& job) {
                isPreviewStarting_ = false;
                previewJob_ = job;
                previewPath_.clear();
                workbench_.engine().call(
                    "job.watch", {{"job", job.id.toStdString()}}, this, [](const auto&) {},
                    [](const EngineError&) {});
            },
            [this](const EngineError& error) {
                endPreview();
                Q_EMIT refused(error);
            });
    });
}

void EnhanceController::cancelPreview()
{
    if (!previewJob_.id.isEmpty() && workbench_.engine().isReady()) {
        workbench_.engine().call(
            "job.control", {{"job", previewJob_.id.toStdString()}, {"command", "cancel"}}, &workbench_.engine(),
            [](const auto&) {}, [](const EngineError&) {});
    }
}

void EnhanceController::takePreviewEvent(const QString& id, const jobs::Event& event)
{
    if (id.isEmpty() || id != previewJob_.id || isPreviewLoading_) {
        return;
    }
    ui::session::apply(previewJob_, event);
    if (const auto* made = std::get_if<jobs::PreviewEvent>(&event.what)) {
        previewPath_ = QString::fromStdString(made->path);
    }
    if (previewJob_.isAlive()) {
        return;
    }
    if (previewJob_.state != jobs::JobState::kFinished || previewPath_.isEmpty()) {
        if (previewJob_.state != jobs::JobState::kCancelled) {
            Q_EMIT previewFailed(previewJob_);
        }
        endPreview();
        return;
    }
    ui::session::learnFrom(previewJob_, workbench_.document().info(), workbench_.settings());
    Q_EMIT measured();
    isPreviewLoading_ = true;
    ui::session::inBackground(
        pool_, this, [path = QDir(previewJob_.folder).filePath(previewPath_)] { return QImage(path); },
        [this, frame = previewJob_.request.range->begin](const QImage& picture) {
            if (previewJobSettings_ == previewSettings_ && !picture.isNull()) {
                previewFrame_ = frame;
                preview_ = picture;
                Q_EMIT previewReady(frame, picture);
            }
            endPreview();
        },
        [this](const base::Error&) { endPreview(); });
}

// The picture is in memory; its job leaves nothing behind.
void EnhanceController::endPreview()
{
    isPreviewStarting_ = false;
    isPreviewLoading_ = false;
    const QString id = std::exchange(previewJob_, {}).id;
    if (!id.isEmpty() && workbench_.engine().isReady()) {
        workbench_.engine().call(
            "job.remove", {{"job", id.toStdString()}}, this, [](const auto&) {}, [](const EngineError&) {});
    }
    Q_EMIT previewingChanged(false);
}

void EnhanceController::dropPreview()
{
    ++previewSettings_;
    if (!preview_.isNull()) {
        preview_ = {};
        previewFrame_ = -1;
        Q_EMIT previewDropped();
    }
}

} // namespace reelmend::desktop
