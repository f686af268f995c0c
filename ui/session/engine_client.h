#pragma once
#include <QByteArray>
#include <QElapsedTimer>
#include <QMap>
#include <QObject>
#include <QPointer>
#include <QProcess>
#include <QStringList>
#include <QTimer>

#include <chrono>
#include <functional>
#include <map>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/base/error.h"
#include "core/jobs/enhance_request.h"
#include "core/jobs/event.h"
#include "core/jobs/problem.h"

namespace reelmend::ui::session {

// A refusal of the engine, or of this end when no engine is there: three sentences, and the fields they are about.
struct EngineError {
    base::ErrorKind kind = base::ErrorKind::kFailed;
    QString what, why, hint;
    jobs::Problems problems;
};

// What the engine said of itself when it greeted.
struct EngineFacts {
    QString version;
    QStringList tasks, models;
    QString device;                        // "cpu", "cuda"
    QMap<QString, QStringList> modelTasks; // what each model can do; of a model that is not in it, everything
    QStringList withDetail;                // models that have a detail dial

    bool canDo(const QString& model, jobs::Task task) const;
    // The model that a choice stands for: "auto" is the first that can do the task.
    QString modelFor(const QString& chosen, jobs::Task task) const;
    bool operator==(const EngineFacts&) const = default;
};

// The desktop's end of `reelmend-cli serve` (docs/protocol.md). Owns the process, pairs replies with calls and hands
// out events. Jobs are processes of their own, so nothing here can end one. UI thread.
class EngineClient : public QObject {
    Q_OBJECT

public:
    enum class State {
        kOff,        // start() was not called yet
        kStarting,   // waiting for its greeting
        kReady,      // calls are taken
        kRestarting, // it ended by itself; another try follows
        kMissing,    // the program is not there, cannot be run, or speaks another protocol
        kDied,       // it keeps ending; only tryAgain() helps
    };
    Q_ENUM(State)

    struct Options {
        std::function<QString()> findProgram; // full path, or empty; asked before every start
        std::vector<std::chrono::milliseconds> pauses{std::chrono::milliseconds(300), std::chrono::seconds(2),
            std::chrono::seconds(6)};              // before each new try; then kDied
        std::chrono::milliseconds patience{20000}; // for the greeting
        std::chrono::milliseconds proven{30000};   // ready for that long: earlier deaths are forgotten
    };

    explicit EngineClient(Options options, QObject* parent = nullptr);
    ~EngineClient() override;

    void start(); // does nothing unless kOff
    void tryAgain();

    State state() const { return state_; }
    bool isReady() const { return state_ == State::kReady; }
    const EngineFacts& facts() const { return facts_; }
    QString program() const { return program_; }
    QString stateWord() const;     // "Engine ready": the status bar
    QString stateSentence() const; // what is the matter and what it means; empty while all is well
    QString stateDetail() const;   // why: the path that was tried, the last lines the process printed

    using Result = std::function<void(const nlohmann::json&)>;
    using Refusal = std::function<void(const EngineError&)>;
    // Exactly one of the two is called later, never from inside call(), unless `context` is gone by then.
    void call(const char* name, const nlohmann::json& parameters, QObject* context, Result done, Refusal refused);

Q_SIGNALS:
    void stateChanged();
    void jobEvent(const QString& job, const reelmend::jobs::Event& event);
    void jobInterrupted(const QString& job);

private:
    struct Pending {
        QPointer<QObject> context;
        Result done;
        Refusal refused;
    };

    void launch();
    void setState(State state);
    void onFinished();
    void onFailedToStart();
    void readLines();
    void takeMessage(const QByteArray& line);
    void takeGreeting(const nlohmann::json& message);
    void takeReply(const nlohmann::json& message);
    void lost();
    void refuseAll();
    void letGo();

    Options options_;
    QProcess* process_ = nullptr;
    QString program_;
    State state_ = State::kOff;
    EngineFacts facts_;
    QString detail_;
    QByteArray buffer_, errorTail_;
    std::map<int, Pending> pending_;
    int nextId_ = 1;
    std::size_t deaths_ = 0;
    QElapsedTimer ready_;
    QTimer again_, patience_;
};

// Where reelmend-cli is: the setting, $REELMEND_CLI, beside this program, beside it in a build tree, in PATH. Empty
// when none of them is an executable file.
QString findEngineProgram(const QString& setting);

} // namespace reelmend::ui::session
