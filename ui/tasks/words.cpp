#include "ui/tasks/words.h"

#include <QFileInfo>
#include <QLocale>

#include <algorithm>
#include <cmath>

#include "core/base/time.h"
#include "ui/session/recent_files.h"
#include "ui/tasks/core_words.h"

namespace reelmend::ui::tasks {

using jobs::JobState;
using jobs::Quality;
using jobs::Task;

QString Words::task(Task task)
{
    switch (task) {
    case Task::kUpscale:
        return tr("Upscale");
    case Task::kInpaint:
        return tr("Remove");
    case Task::kRepair:
        return tr("Repair renders");
    case Task::kHarmonise:
        return tr("Match an insert");
    case Task::kRestore:
        return tr("Restore");
    }
    return {};
}

QString Words::shortTask(Task task)
{
    switch (task) {
    case Task::kRepair:
        return tr("Repair");
    case Task::kHarmonise:
        return tr("Match");
    default:
        return Words::task(task);
    }
}

QString Words::explanation(Task task)
{
    switch (task) {
    case Task::kUpscale:
        return tr("Makes every picture larger and keeps its edges sharp.");
    case Task::kInpaint:
        return tr("Fills the mask with what other frames show there.");
    case Task::kRepair:
        return tr("Clears holes and smears of 3D scenes.");
    case Task::kHarmonise:
        return tr("Fits a placed object to its shot.");
    case Task::kRestore:
        return tr("Takes away noise and compression blocks.");
    }
    return {};
}

QString Words::model(const QString& name)
{
    if (name == u"classical") {
        return tr("Classical");
    }
    if (name == u"auto") {
        return tr("Automatic");
    }
    return name.isEmpty() ? name : name.left(1).toUpper() + name.mid(1);
}

QString Words::quality(Quality quality)
{
    switch (quality) {
    case Quality::kDraft:
        return tr("Draft, H.264");
    case Quality::kGood:
        return tr("Good, H.264");
    case Quality::kBest:
        return tr("Best, H.264");
    case Quality::kLossless:
        return tr("Lossless, FFV1");
    }
    return {};
}

QString Words::device(const QString& device)
{
    return device.startsWith(u"cuda") ? tr("this graphics card") : tr("this processor");
}

QString Words::seconds(double seconds)
{
    const auto whole = static_cast<qint64>(std::llround(std::max(seconds, 0.0)));
    if (whole < 60) {
        return tr("%1 s").arg(std::max<qint64>(whole, 1));
    }
    if (whole < 3600) {
        return whole % 60 == 0 || whole >= 600 ? tr("%1 min").arg((whole + 30) / 60)
                                               : tr("%1 min %2 s").arg(whole / 60).arg(whole % 60);
    }
    return tr("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60, 2, 10, QChar(u'0'));
}

QString Words::frames(qint64 count)
{
    return tr("%n frames", nullptr, static_cast<int>(count));
}

QString Words::rate(double framesPerSecond)
{
    return tr("%1 fps").arg(QLocale().toString(framesPerSecond, 'f', framesPerSecond < 10 ? 1 : 0));
}

QString Words::percent(qint64 done, qint64 total)
{
    return tr("%1 %").arg(total > 0 ? std::clamp<qint64>(done * 100 / total, 0, 100) : 0);
}

QString Words::version(const session::Job& job)
{
    const int version = session::versionOf(job.output());
    return version > 0 ? tr("Version %1").arg(version) : QFileInfo(job.output()).fileName();
}

QString Words::jobFacts(const session::Job& job, const QDateTime& now, bool isMissing)
{
    QString state;
    switch (job.state) {
    case JobState::kWaiting:
        state = tr("starting");
        break;
    case JobState::kRunning:
        state = tr("%1 of %2 frames").arg(job.done).arg(job.total);
        break;
    case JobState::kPaused:
        state = tr("paused, %1 of %2 frames").arg(job.done).arg(job.total);
        break;
    case JobState::kFinished:
        state = isMissing ? tr("file not found") : session::momentText(job.created, now);
        break;
    case JobState::kCancelled:
        state = tr("cancelled");
        break;
    case JobState::kFailed:
        state = tr("failed");
        break;
    case JobState::kInterrupted:
        state = tr("interrupted");
        break;
    }
    const QString what = shortTask(job.request.task);
    const QString by = model(QString::fromStdString(job.request.model));
    // The model stands last and what went wrong first: beside the button there is room for little more.
    return job.canStartAgain() ? tr("%1 · %2 · %3").arg(state, what, by) : tr("%1 · %2 · %3").arg(what, state, by);
}

QString Words::cost(const session::CostEstimate& cost, const QString& device)
{
    switch (cost.basis) {
    case session::CostEstimate::Basis::kRun:
        return tr("About %1 on %2.").arg(seconds(cost.seconds), Words::device(device));
    case session::CostEstimate::Basis::kPreview:
        return tr("At most %1 on %2, judged from the preview.").arg(seconds(cost.seconds), Words::device(device));
    case session::CostEstimate::Basis::kNothing:
        break;
    }
    return tr("First run of this kind: time shows after a few frames.");
}

QString Words::effect(const session::TaskSettings& settings, const video::ClipInfo& info)
{
    if (settings.strengthPercent == 0 && settings.task != Task::kUpscale) {
        return tr("Strength 0 % returns the source.");
    }
    switch (settings.task) {
    case Task::kUpscale:
        return tr("Writes a new file of %1 × %2.")
            .arg(info.displayWidth() * settings.scale)
            .arg(info.displayHeight() * settings.scale);
    case Task::kInpaint:
    case Task::kHarmonise:
        return settings.quality == Quality::kLossless
                   ? tr("Writes a new file; pixels outside the mask stay identical.")
                   : tr("Writes a new file; outside the mask only the compression differs.");
    default:
        return tr("Writes a new file; the source is never changed.");
    }
}

namespace {

QString joined(const QString& a, const QString& b, QChar between = u' ')
{
    return a.isEmpty() || b.isEmpty() ? QString(a + b) : QString(a + between + b);
}

} // namespace

Words::Message Words::failure(const session::Job& job)
{
    const std::optional<qint64> keptFrames = job.keptFrames();
    const QString kept =
        !keptFrames && job.done > 0  ? tr("What was finished is kept.")
        : keptFrames.value_or(0) > 0 ? tr("%n finished frames are kept.", nullptr, static_cast<int>(*keptFrames))
        : job.done > 0 ? tr("No piece was finished yet, so it begins anew. Your mask and settings are safe.")
                       : tr("Your mask and settings are safe.");
    if (job.state == JobState::kInterrupted) {
        return {job.total > 0 ? tr("Interrupted at frame %1 of %2.").arg(job.done).arg(job.total)
                              : tr("The job was interrupted."),
            tr("The job's process ended early. %1").arg(kept)};
    }
    if (job.state == JobState::kCancelled) {
        return {tr("Cancelled at frame %1 of %2.").arg(job.done).arg(job.total), kept};
    }
    if (job.failure) {
        return {
            coreWords(job.failure->message), joined(joined(coreWords(job.failure->why), coreWords(job.failure->hint)),
                                                 keptFrames.value_or(0) > 0 ? kept : QString())};
    }
    return {tr("The job failed."), kept};
}

Words::Message Words::refusal(const session::EngineError& error)
{
    QString details = joined(coreWords(error.why.toStdString()), coreWords(error.hint.toStdString()));
    for (const jobs::Problem& problem : error.problems) {
        details = joined(details, coreWords(problem.reason));
    }
    return {
        error.what.isEmpty() ? tr("The engine refused the request.") : coreWords(error.what.toStdString()), details};
}

Words::Message Words::error(const base::Error& error)
{
    return {coreWords(error.message()), joined(coreWords(error.why()), coreWords(error.hint()))};
}

Words::Message Words::finished(const session::Job& job)
{
    return {tr("Finished: %1 in %2.").arg(frames(job.done), seconds(job.seconds)),
        joined(QFileInfo(job.result).fileName(), warnings(job), u'\n')};
}

QString Words::warnings(const session::Job& job)
{
    QString lines;
    for (const std::string& warning : job.warnings) {
        lines = joined(lines, coreWords(warning), u'\n');
    }
    return lines;
}

} // namespace reelmend::ui::tasks
