#pragma once
#include <QDateTime>
#include <QString>

#include <cstdint>
#include <optional>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/jobs/enhance_request.h"
#include "core/jobs/event.h"

namespace reelmend::ui::session {

// What the desktop knows of one job: rebuilt from the engine's list and kept current by its events.
struct Job {
    QString id;
    QString folder;
    jobs::EnhanceRequest request;
    jobs::JobState state = jobs::JobState::kWaiting;
    QDateTime created; // local time
    QString phase;     // of the progress: a word of the program
    qint64 done = 0;   // frames within the request's range
    qint64 total = 0;
    double framesPerSecond = 0; // 0 = not known yet
    std::optional<double> remainingSeconds;
    std::vector<base::FrameRange> segments; // source frames that can be watched already
    QString result;                         // absolute path, once finished
    double seconds = 0;                     // the run took, once finished
    std::optional<jobs::FailureEvent> failure;
    std::vector<std::string> warnings; // what it said that a person should know, each once
    bool startedAgain = false;         // seconds are not those of all its frames
    quint64 lastSequence = 0;          // of the events seen
    quint64 knownSequence = 0; // of the events that the fields above already tell: up to here, watching is a replay

    bool isPreview() const { return request.purpose == jobs::Purpose::kPreview; }
    bool isAlive() const;       // waiting, running or paused: a process works on it
    bool canStartAgain() const; // interrupted, failed or cancelled
    // Frames that a new start need not make again; none while that is not known.
    std::optional<qint64> keptFrames() const;
    QString input() const { return QString::fromStdString(request.input); }
    QString output() const { return QString::fromStdString(request.output); }
};

// None when the object is not a job of a kind known here.
std::optional<Job> jobFromJson(const nlohmann::json& json);

// Brings `job` forward by one event; events that were seen before are ignored.
void apply(Job& job, const jobs::Event& event);

// The N of "<name>_<task>_vN.<ext>" in a path; 0 when the name has none.
int versionOf(const QString& path);

} // namespace reelmend::ui::session
