#pragma once
#include <QObject>
#include <QProcess>
#include <QString>

#include <functional>

#include "core/jobs/event.h"

namespace reelmend::desktop {

// The clip that the program makes itself to be tried on (`reelmend-cli sample`), made once and kept in the data
// folder. UI thread.
class SampleMaker : public QObject {
    Q_OBJECT

public:
    explicit SampleMaker(std::function<QString()> findProgram, QObject* parent = nullptr);
    ~SampleMaker() override;

    void make(); // ready() at once when it is there already
    void cancel();
    bool isMaking() const { return process_ != nullptr; }
    const jobs::ProgressEvent& progress() const { return progress_; } // of what is being made
    static QString file();

Q_SIGNALS:
    void changed(); // isMaking(), progress()
    void ready(const QString& path);
    void failed(const QString& why);

private:
    void readLines();
    void end(const QString& path, bool isMade);

    std::function<QString()> findProgram_;
    QProcess* process_ = nullptr;
    jobs::ProgressEvent progress_;
    QString problem_; // what it said was wrong
};

} // namespace reelmend::desktop
