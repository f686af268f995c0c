#include "ui/session/job_list.h"

#include <algorithm>

#include "ui/session/json_fields.h"

namespace reelmend::ui::session {

using Json = nlohmann::json;
using jobs::JobState;

JobList::JobList(EngineClient& engine, QObject* parent)
    : QAbstractListModel(parent)
    , engine_(engine)
{
    connect(&engine_, &EngineClient::stateChanged, this, [this] {
        if (engine_.isReady()) {
            refresh();
        }
    });
    connect(&engine_, &EngineClient::jobEvent, this, &JobList::takeEvent);
    connect(&engine_, &EngineClient::jobInterrupted, this, &JobList::takeInterruption);
}

void JobList::setClip(const QString& path)
{
    ++generation_;
    for (const Job& job : jobs_) {
        if (job.isAlive() && engine_.isReady()) {
            engine_.call(
                "job.unwatch", {{"job", job.id.toStdString()}}, this, [](const Json&) {}, [](const EngineError&) {});
        }
    }
    beginResetModel();
    clip_ = path;
    jobs_.clear();
    isKnown_ = false;
    endResetModel();
    refresh();
}

void JobList::refresh()
{
    if (!engine_.isReady()) {
        return;
    }
    Json parameters = Json::object();
    if (!clip_.isEmpty()) {
        parameters["input"] = clip_.toStdString();
    }
    engine_.call(
        "job.list", parameters, this,
        [this, generation = generation_](const Json& result) { takeList(result, generation); },
        [](const EngineError&) {});
}

void JobList::takeList(const Json& result, int generation)
{
    const auto list = result.find("jobs");
    if (generation != generation_ || list == result.end() || !list->is_array()) {
        return;
    }
    std::vector<Job> jobs;
    std::vector<QString> over;
    for (const Json& entry : *list) {
        auto job = jobFromJson(entry);
        if (!job || job->isPreview()) {
            continue;
        }
        if (const Job* before = find(job->id)) {
            if (before->isAlive() && !job->isAlive()) {
                over.push_back(job->id);
            }
            // The list knows neither rate nor finished pieces: both are kept, and newer events follow.
            job->segments = before->segments;
            job->framesPerSecond = before->framesPerSecond;
            job->remainingSeconds = before->remainingSeconds;
            job->phase = before->phase;
            job->startedAgain = before->startedAgain;
            job->lastSequence = before->lastSequence;
        }
        jobs.push_back(std::move(*job));
    }
    beginResetModel();
    jobs_ = std::move(jobs);
    isKnown_ = true;
    endResetModel();
    for (const Job& job : jobs_) {
        if (job.isAlive()) {
            watch(job);
        }
    }
    Q_EMIT listed();
    for (const QString& id : over) {
        Q_EMIT ended(id);
    }
}

void JobList::watch(const Job& job)
{
    engine_.call(
        "job.watch", {{"job", job.id.toStdString()}, {"from", job.lastSequence + 1}}, this, [](const Json&) {},
        [](const EngineError&) {});
}

const Job* JobList::find(const QString& id) const
{
    const auto found = std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& job) { return job.id == id; });
    return found != jobs_.end() ? &*found : nullptr;
}

Job* JobList::findMutable(const QString& id)
{
    return const_cast<Job*>(find(id));
}

const Job* JobList::current() const
{
    const auto found = std::find_if(jobs_.begin(), jobs_.end(), [](const Job& job) { return job.isAlive(); });
    return found != jobs_.end() ? &*found : nullptr;
}

int JobList::rowOf(const QString& id) const
{
    const Job* job = find(id);
    return job != nullptr ? static_cast<int>(job - jobs_.data()) : -1;
}

int JobList::highestVersion() const
{
    int highest = 0;
    for (const Job& job : jobs_) {
        highest = std::max(highest, versionOf(job.output()));
    }
    return highest;
}

int JobList::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(jobs_.size());
}

QVariant JobList::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount()) {
        return {};
    }
    const Job& entry = job(index.row());
    if (role == kJobIdRole) {
        return entry.id;
    }
    if (role == Qt::DisplayRole) {
        const int version = versionOf(entry.output());
        return version > 0 ? tr("Version %1").arg(version) : entry.output().section(u'/', -1);
    }
    return {};
}

void JobList::start(const jobs::EnhanceRequest& request, QObject* context, std::function<void(const Job&)> started,
    EngineClient::Refusal refused)
{
    engine_.call(
        "job.start", {{"kind", "enhance"}, {"request", jobs::toJson(request)}}, context,
        [this, request, started = std::move(started), refused, generation = generation_](const Json& result) {
            Job job;
            job.id = textOf(result, "job");
            job.folder = textOf(result, "folder");
            job.request = request;
            job.created = QDateTime::currentDateTime();
            job.total = request.range ? request.range->size() : 0;
            if (job.id.isEmpty()) {
                refused({base::ErrorKind::kFailed, tr("The engine did not say which job it started."), {}, {}, {}});
                return;
            }
            if (generation == generation_ && !job.isPreview()) {
                add(job);
            }
            started(job);
        },
        refused);
}

void JobList::add(Job job)
{
    if (find(job.id) == nullptr) {
        beginInsertRows({}, 0, 0);
        jobs_.insert(jobs_.begin(), job);
        endInsertRows();
    }
    watch(job);
    Q_EMIT changed(job.id);
}

void JobList::startAgain(const QString& id, QObject* context, EngineClient::Refusal refused)
{
    engine_.call(
        "job.restart", {{"job", id.toStdString()}}, context,
        [this, id](const Json&) {
            if (Job* job = findMutable(id)) {
                job->lastSequence = std::max(job->lastSequence, job->knownSequence);
                job->startedAgain = true;
                job->failure.reset();
                job->framesPerSecond = 0;
                setState(*job, JobState::kWaiting);
                watch(*job);
            }
        },
        std::move(refused));
}

void JobList::control(const QString& id, const char* command, QObject* context, EngineClient::Refusal refused)
{
    engine_.call(
        "job.control", {{"job", id.toStdString()}, {"command", command}}, context, [](const Json&) {},
        std::move(refused));
}

void JobList::remove(const QString& id, QObject* context, EngineClient::Refusal refused)
{
    engine_.call(
        "job.remove", {{"job", id.toStdString()}}, context,
        [this, id](const Json&) {
            const int row = rowOf(id);
            if (row >= 0) {
                beginRemoveRows({}, row, row);
                jobs_.erase(jobs_.begin() + row);
                endRemoveRows();
            }
        },
        std::move(refused));
}

void JobList::takeEvent(const QString& id, const jobs::Event& event)
{
    Job* job = findMutable(id);
    if (job == nullptr) {
        return;
    }
    const bool wasAlive = job->isAlive();
    const JobState before = job->state;
    apply(*job, event);
    if (event.sequence <= job->knownSequence) {
        job->state = before; // what an earlier run came to is no news
        return;
    }
    const bool isOver = wasAlive && !job->isAlive();
    announce(id);
    if (isOver) {
        Q_EMIT ended(id);
    }
}

void JobList::takeInterruption(const QString& id)
{
    Job* job = findMutable(id);
    if (job != nullptr && job->isAlive()) {
        setState(*job, JobState::kInterrupted);
        Q_EMIT ended(id);
    }
}

void JobList::setState(Job& job, JobState state)
{
    job.state = state;
    if (!job.isAlive()) {
        job.remainingSeconds.reset();
    }
    announce(job.id);
}

void JobList::announce(const QString& id)
{
    const int row = rowOf(id);
    if (row >= 0) {
        Q_EMIT dataChanged(index(row), index(row));
        Q_EMIT changed(id);
    }
}

} // namespace reelmend::ui::session
