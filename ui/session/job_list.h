#pragma once
#include <QAbstractListModel>

#include <functional>
#include <vector>

#include "ui/session/engine_client.h"
#include "ui/session/job.h"

namespace reelmend::ui::session {

// The jobs that make results of one clip (or, with no clip set, of all), newest first, kept current while the engine
// is there. Previews are not in it. The engine's folders are the truth: the list is read again whenever the engine
// comes back, so nothing here has to be saved. UI thread.
class JobList : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role { kJobIdRole = Qt::UserRole + 1 };

    explicit JobList(EngineClient& engine, QObject* parent = nullptr);

    void setClip(const QString& path); // empty: all clips
    QString clip() const { return clip_; }
    bool isKnown() const { return isKnown_; } // the engine's list of this clip has arrived

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    const Job& job(int row) const { return jobs_[static_cast<std::size_t>(row)]; }
    const Job* find(const QString& id) const;
    const Job* current() const;         // the newest that is alive
    int rowOf(const QString& id) const; // -1 when it is not there
    int highestVersion() const;

    // `started` gets the job (also a preview, which the list does not keep), `refused` the reasons; exactly one is
    // called.
    void start(const jobs::EnhanceRequest& request, QObject* context, std::function<void(const Job&)> started,
        EngineClient::Refusal refused);
    void startAgain(const QString& id, QObject* context, EngineClient::Refusal refused);
    void control(const QString& id, const char* command, QObject* context, EngineClient::Refusal refused);
    void remove(const QString& id, QObject* context, EngineClient::Refusal refused); // the result file stays

    void refresh();

Q_SIGNALS:
    void listed(); // the engine's list arrived
    void changed(const QString& id);
    void ended(const QString& id); // finished, failed, cancelled or interrupted while it was watched

private:
    Job* findMutable(const QString& id);
    void takeList(const nlohmann::json& result, int generation);
    void takeEvent(const QString& id, const jobs::Event& event);
    void takeInterruption(const QString& id);
    void watch(const Job& job);
    void setState(Job& job, jobs::JobState state);
    void announce(const QString& id);
    void add(Job job);

    EngineClient& engine_;
    QString clip_;
    std::vector<Job> jobs_;
    bool isKnown_ = false;
    int generation_ = 0; // of setClip(): late answers about another clip are dropped
};

} // namespace reelmend::ui::session
