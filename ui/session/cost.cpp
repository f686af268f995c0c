#include "ui/session/cost.h"

#include "ui/session/settings.h"

namespace reelmend::ui::session {

namespace {

constexpr qint64 kTellingFrames = 8; // fewer are mostly starting and joining

double megapixels(const video::ClipInfo& info, jobs::Task task, int scale)
{
    const double factor = task == jobs::Task::kUpscale ? scale * scale : 1;
    return 1e-6 * factor * info.header.width * info.header.height;
}

} // namespace

QString workKey(jobs::Task task, const QString& model, int scale)
{
    const std::string_view name = jobs::taskName(task);
    QString key = QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())) + u'/' + model;
    if (task == jobs::Task::kUpscale) {
        key += u'/' + QString::number(scale);
    }
    return key;
}

CostEstimate estimateCost(
    const TaskSettings& settings, const video::ClipInfo& info, qint64 frames, const Settings& measured)
{
    const QString key = workKey(settings.task, settings.model, settings.scale);
    const double pixels = megapixels(info, settings.task, settings.scale) * static_cast<double>(frames);
    if (const double rate = measured.secondsPerMegapixel(key); rate > 0) {
        return {CostEstimate::Basis::kRun, rate * pixels};
    }
    if (const double rate = measured.secondsPerMegapixel(key + u"/preview"); rate > 0) {
        return {CostEstimate::Basis::kPreview, rate * pixels};
    }
    return {};
}

void learnFrom(const Job& job, const video::ClipInfo& info, Settings& measured)
{
    if (job.state != jobs::JobState::kFinished || job.startedAgain || job.seconds <= 0) {
        return;
    }
    const QString key = workKey(job.request.task, QString::fromStdString(job.request.model), job.request.scale);
    const double pixels = megapixels(info, job.request.task, job.request.scale);
    if (pixels <= 0) {
        return;
    }
    if (job.isPreview()) {
        if (job.request.task == jobs::Task::kInpaint) {
            return; // one frame reads dozens around it: no measure for a run, which reads them once
        }
        measured.addMeasurement(key + u"/preview", job.seconds / pixels);
    } else if (job.done >= kTellingFrames) {
        measured.addMeasurement(key, job.seconds / pixels / static_cast<double>(job.done));
    }
}

} // namespace reelmend::ui::session
