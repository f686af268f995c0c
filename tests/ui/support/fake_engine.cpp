#include "tests/ui/support/fake_engine.h"

#include <QFile>
#include <QTest>

namespace reelmend::test {

using Json = nlohmann::json;

FakeEngine::FakeEngine(const QString& mode, const Json& jobs)
    : program_(program())
{
    QFile seed(folder_.filePath(QStringLiteral("jobs.json")));
    const std::string text = jobs.dump();
    if (seed.open(QIODevice::WriteOnly)) {
        seed.write(text.data(), static_cast<qint64>(text.size()));
    }
    qputenv("FAKE_SERVE_JOBS", seed.fileName().toUtf8());
    qputenv("FAKE_SERVE_LOG", folder_.filePath(QStringLiteral("calls.jsonl")).toUtf8());
    setMode(mode);
    ui::session::EngineClient::Options options;
    options.findProgram = [this] { return program_; };
    options.pauses = {std::chrono::milliseconds(0), std::chrono::milliseconds(0)};
    options.patience = std::chrono::milliseconds(mode == u"silent" ? 200 : 20000);
    client_ = std::make_unique<ui::session::EngineClient>(options);
}

FakeEngine::~FakeEngine() = default;

bool FakeEngine::startAndWait()
{
    client_->start();
    return QTest::qWaitFor([this] { return client_->isReady(); }, 10000);
}

void FakeEngine::setMode(const QString& mode)
{
    qputenv("FAKE_SERVE_MODE", mode.toUtf8());
}

void FakeEngine::setProgram(const QString& program)
{
    program_ = program;
}

void FakeEngine::sayThrough(ui::session::EngineClient& client, const Json& message)
{
    QObject context;
    bool isSaid = false;
    client.call(
        "fake.emit", {{"lines", Json::array({message})}}, &context, [&](const Json&) { isSaid = true; },
        [](const auto&) {});
    QVERIFY(QTest::qWaitFor([&] { return isSaid; }, 10000));
    // The message follows its reply on the same pipe: the reply to a second call comes after it.
    bool isHeard = false;
    client.call(
        "doctor", Json::object(), &context, [&](const Json&) { isHeard = true; }, [](const auto&) {});
    QVERIFY(QTest::qWaitFor([&] { return isHeard; }, 10000));
}

void FakeEngine::event(const QString& job, const Json& event)
{
    say({{"type", "event"}, {"job", job.toStdString()}, {"event", event}});
}

void FakeEngine::refuse(const char* call, const Json& error)
{
    client_->call(
        "fake.refuse", {{"name", call}, {"error", error}}, &context_, [](const Json&) {}, [](const auto&) {});
}

void FakeEngine::die()
{
    client_->call(
        "fake.exit", {{"code", 3}}, &context_, [](const Json&) {}, [](const auto&) {});
}

QList<Json> FakeEngine::calls() const
{
    QList<Json> calls;
    QFile log(folder_.filePath(QStringLiteral("calls.jsonl")));
    if (log.open(QIODevice::ReadOnly)) {
        for (const QByteArray& line : log.readAll().split('\n')) {
            const Json call = Json::parse(line.begin(), line.end(), nullptr, false);
            if (call.is_object()) {
                calls.append(call);
            }
        }
    }
    return calls;
}

Json FakeEngine::lastCall(const char* name) const
{
    const QList<Json> all = calls();
    for (auto call = all.rbegin(); call != all.rend(); ++call) {
        if (call->value("call", "") == name) {
            return *call;
        }
    }
    return Json::object();
}

QString FakeEngine::program()
{
    return QStringLiteral(REELMEND_FAKE_SERVE);
}

Json jobObject(const QString& id, const QString& state, const QString& input, const QString& output)
{
    return {{"job", id.toStdString()}, {"folder", "/nowhere/" + id.toStdString()}, {"kind", "enhance"},
        {"request", {{"input", input.toStdString()}, {"output", output.toStdString()}, {"task", "inpaint"},
                        {"mask", "/nowhere/mask.png"}, {"range", {12, 108}}}},
        {"state", state.toStdString()}, {"created", "2026-11-21T05:14:03Z"}, {"done", 24}, {"total", 96},
        {"result", state == u"finished" ? Json(output.toStdString()) : Json()}, {"failure", nullptr},
        {"sequence", 5}};
}

} // namespace reelmend::test
