#pragma once
#include <QList>
#include <QString>
#include <QTemporaryDir>

#include <memory>

#include <nlohmann/json.hpp>

#include "ui/session/engine_client.h"

namespace reelmend::test {

// An EngineClient on the fake server, with settings that make a test quick: no pauses between tries.
class FakeEngine {
public:
    explicit FakeEngine(const QString& mode = {}, const nlohmann::json& jobs = nlohmann::json::array());
    ~FakeEngine();

    ui::session::EngineClient& client() { return *client_; }
    bool startAndWait();               // until it is ready
    void setMode(const QString& mode); // of the next start
    void setProgram(const QString& program);

    // Makes the server print these messages.
    void say(const nlohmann::json& message) { sayThrough(*client_, message); }
    static void sayThrough(ui::session::EngineClient& client, const nlohmann::json& message);
    void event(const QString& job, const nlohmann::json& event);
    void refuse(const char* call, const nlohmann::json& error);
    void die();
    // Every call that the server got so far, as JSON with "call" and parameters.
    QList<nlohmann::json> calls() const;
    nlohmann::json lastCall(const char* name) const; // empty when it was never made

    static QString program();

private:
    QTemporaryDir folder_;
    QString program_;
    std::unique_ptr<ui::session::EngineClient> client_;
    QObject context_;
};

// A job object as job.list returns it.
nlohmann::json jobObject(const QString& id, const QString& state, const QString& input, const QString& output);

} // namespace reelmend::test
