#pragma once
#include <QCoreApplication>
#include <QString>

#include "core/base/error.h"
#include "core/jobs/enhance_request.h"
#include "core/video/clip_info.h"
#include "ui/session/cost.h"
#include "ui/session/engine_client.h"
#include "ui/session/job.h"

// What the program says about tasks, jobs and costs, in one place so that every panel says the same.
namespace reelmend::ui::tasks {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(reelmend::ui::tasks::Words)

public:
    static QString task(jobs::Task task);        // "Remove"
    static QString shortTask(jobs::Task task);   // one word, for a segment
    static QString explanation(jobs::Task task); // one line below the segments
    static QString model(const QString& name);   // "Classical"
    static QString quality(jobs::Quality quality);
    static QString device(const QString& device); // "this processor", "this graphics card"
    static QString seconds(double seconds);       // "40 s", "3 min 20 s"
    static QString frames(qint64 count);          // "96 frames"
    static QString rate(double framesPerSecond);  // "1.4 fps"
    static QString percent(qint64 done, qint64 total);

    static QString version(const session::Job& job); // "Version 2", or the file's name
    static QString jobFacts(const session::Job& job, const QDateTime& now, bool isMissing); // below the version

    // The two parts of the cost card: what it costs (stronger) and what it does.
    static QString cost(const session::CostEstimate& cost, const QString& device);
    static QString effect(const session::TaskSettings& settings, const video::ClipInfo& info);

    // "What. Why. What to try." of a failure, title apart.
    struct Message {
        QString title, details;
    };
    static Message failure(const session::Job& job);
    static Message refusal(const session::EngineError& error);
    static Message error(const base::Error& error);
    static Message finished(const session::Job& job);
    static QString warnings(const session::Job& job); // what will not be as it was; empty = nothing
};

} // namespace reelmend::ui::tasks
