#include "ui/session/job.h"

#include <QFileInfo>
#include <QRegularExpression>

#include <algorithm>

#include "ui/session/json_fields.h"

namespace reelmend::ui::session {

using Json = nlohmann::json;
using jobs::JobState;

namespace {

class Applier {
public:
    explicit Applier(Job& job)
        : job_(job)
    {}

    void operator()(const jobs::StateEvent& event) const
    {
        job_.state = event.state;
        if (job_.isAlive()) {
            job_.failure.reset(); // started again
        } else {
            job_.remainingSeconds.reset();
        }
    }
    void operator()(const jobs::ProgressEvent& event) const
    {
        job_.phase = QString::fromStdString(event.phase);
        job_.done = event.done;
        job_.total = event.total;
        job_.framesPerSecond = event.framesPerSecond;
        job_.remainingSeconds = event.remainingSeconds;
    }
    void operator()(const jobs::SegmentEvent& event) const
    {
        if (std::find(job_.segments.begin(), job_.segments.end(), event.range) == job_.segments.end()) {
            job_.segments.push_back(event.range); // a job that was started again may tell it twice
        }
    }
    void operator()(const jobs::PreviewEvent&) const {}
    void operator()(const jobs::LogEvent& event) const
    {
        auto& warnings = job_.warnings; // a job that was started again tells them twice
        if (event.level == base::LogLevel::kWarning &&
            std::find(warnings.begin(), warnings.end(), event.text) == warnings.end()) {
            warnings.push_back(event.text);
        }
    }
    void operator()(const jobs::StepEvent&) const {} // of a training
    void operator()(const jobs::ValidationEvent&) const {}
    void operator()(const jobs::FailureEvent& event) const { job_.failure = event; }
    void operator()(const jobs::ResultEvent& event) const
    {
        job_.result = QString::fromStdString(event.path);
        job_.seconds = event.seconds;
        job_.done = event.frames;
        job_.total = event.frames;
    }

private:
    Job& job_;
};

} // namespace

bool Job::isAlive() const
{
    return state == JobState::kWaiting || state == JobState::kRunning || state == JobState::kPaused;
}

bool Job::canStartAgain() const
{
    return state == JobState::kInterrupted || state == JobState::kFailed || state == JobState::kCancelled;
}

std::optional<qint64> Job::keptFrames() const
{
    if (lastSequence == 0) {
        return std::nullopt; // nobody watched: its segments are not known
    }
    qint64 frames = 0;
    for (const base::FrameRange& segment : segments) {
        frames += segment.size();
    }
    return frames;
}

std::optional<Job> jobFromJson(const nlohmann::json& json)
{
    if (!json.is_object() || textOf(json, "job").isEmpty()) {
        return std::nullopt;
    }
    const QString kind = textOf(json, "kind");
    const auto request = json.find("request");
    const auto state = jobs::stateFromName(textOf(json, "state").toStdString());
    if ((!kind.isEmpty() && kind != u"enhance") || request == json.end() || !state) {
        return std::nullopt;
    }
    Job job;
    job.id = textOf(json, "job");
    job.folder = textOf(json, "folder");
    jobs::Problems problems; // a newer program's fields: what is known is shown
    job.request = jobs::enhanceRequestFromJson(*request, problems);
    job.state = *state;
    job.created = QDateTime::fromString(textOf(json, "created"), Qt::ISODate).toLocalTime();
    job.done = integerOf(json, "done");
    job.total = integerOf(json, "total");
    job.result = textOf(json, "result");
    job.seconds = numberOf(json, "seconds");
    job.knownSequence = static_cast<quint64>(integerOf(json, "sequence"));
    const auto failure = json.find("failure");
    if (failure != json.end() && failure->is_object()) {
        job.failure = jobs::FailureEvent{base::kindFromName(textOf(*failure, "kind").toStdString()),
            textOf(*failure, "what").toStdString(), textOf(*failure, "why").toStdString(),
            textOf(*failure, "hint").toStdString()};
    }
    return job;
}

void apply(Job& job, const jobs::Event& event)
{
    if (event.sequence <= job.lastSequence) {
        return;
    }
    job.lastSequence = event.sequence;
    std::visit(Applier(job), event.what);
}

int versionOf(const QString& path)
{
    static const QRegularExpression kVersion(QStringLiteral("_v(\\d{1,6})$"));
    const auto match = kVersion.match(QFileInfo(path).completeBaseName());
    return match.hasMatch() ? match.captured(1).toInt() : 0;
}

} // namespace reelmend::ui::session
