#include "ui/session/engine_client.h"

#include <QSignalSpy>
#include <QTest>

#include "tests/ui/support/fake_engine.h"

using namespace reelmend;
using ui::session::EngineClient;
using ui::session::EngineError;
using Json = nlohmann::json;

class TestEngineClient : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void greetsAndAnswers();
    void linesThatAreNotOfTheProtocolAreSkipped();
    void refusalsCarryFieldsAndReasons();
    void aMissingProgramIsSaidAndCanComeBack();
    void anotherProtocolIsMissing();
    void aServerThatDiesIsStartedAgain();
    void aServerThatKeepsDyingIsGivenUp();
    void silenceIsDeath();
    void pendingCallsAreRefusedWhenItDies();
    void repliesForTheDeadAreDropped();
};

void TestEngineClient::greetsAndAnswers()
{
    test::FakeEngine engine;
    QSignalSpy changes(&engine.client(), &EngineClient::stateChanged);
    QCOMPARE(engine.client().state(), EngineClient::State::kOff);
    QVERIFY(engine.startAndWait());
    QCOMPARE(changes.count(), 2); // starting, ready
    QCOMPARE(engine.client().facts().models, QStringList{QStringLiteral("classical")});
    QCOMPARE(engine.client().facts().device, QStringLiteral("cpu"));
    QVERIFY(engine.client().stateSentence().isEmpty());

    std::string job;
    engine.client().call(
        "job.start", {{"request", {{"input", "/a clip/日本語 é.mp4"}}}}, this,
        [&](const Json& result) { job = result.value("job", ""); }, [](const EngineError&) {});
    QTRY_VERIFY(!job.empty());
    QCOMPARE(
        engine.lastCall("job.start")["request"]["input"].get<std::string>(), std::string("/a clip/日本語 é.mp4"));
}

void TestEngineClient::linesThatAreNotOfTheProtocolAreSkipped()
{
    test::FakeEngine engine(QStringLiteral("noise"));
    QVERIFY(engine.startAndWait());
}

void TestEngineClient::refusalsCarryFieldsAndReasons()
{
    test::FakeEngine engine;
    QVERIFY(engine.startAndWait());
    engine.refuse("job.start",
        {{"kind", "usage"}, {"what", "The request cannot be run."}, {"why", "Two fields are wrong."}, {"hint", ""},
            {"problems", {{{"field", "scale"}, {"reason", "3 is neither 2 nor 4."}}, {{"field", 5}}, "nonsense"}}});
    EngineError refused;
    engine.client().call(
        "job.start", Json::object(), this, [](const Json&) {}, [&](const EngineError& error) { refused = error; });
    QTRY_VERIFY(!refused.what.isEmpty());
    QCOMPARE(refused.kind, base::ErrorKind::kUsage);
    QCOMPARE(refused.problems.size(), std::size_t(2));
    QCOMPARE(QString::fromStdString(refused.problems[0].field), QStringLiteral("scale"));
}

void TestEngineClient::aMissingProgramIsSaidAndCanComeBack()
{
    test::FakeEngine engine;
    engine.setProgram({});
    engine.client().start();
    QCOMPARE(engine.client().state(), EngineClient::State::kMissing);
    QVERIFY(!engine.client().stateSentence().isEmpty());

    bool isRefused = false;
    engine.client().call(
        "doctor", Json::object(), this, [](const Json&) {}, [&](const EngineError&) { isRefused = true; });
    QVERIFY(!isRefused); // later, never from inside
    QTRY_VERIFY(isRefused);

    engine.setProgram(QStringLiteral("/nowhere/reelmend-cli"));
    engine.client().tryAgain();
    QTRY_COMPARE(engine.client().state(), EngineClient::State::kMissing);
    QVERIFY(engine.client().stateDetail().contains(QStringLiteral("/nowhere/reelmend-cli")));

    engine.setProgram(test::FakeEngine::program());
    engine.client().tryAgain();
    QTRY_COMPARE(engine.client().state(), EngineClient::State::kReady);
}

void TestEngineClient::anotherProtocolIsMissing()
{
    test::FakeEngine engine(QStringLiteral("protocol"));
    engine.client().start();
    QTRY_COMPARE(engine.client().state(), EngineClient::State::kMissing);
    QVERIFY(engine.client().stateDetail().contains(QStringLiteral("version")));
}

void TestEngineClient::aServerThatDiesIsStartedAgain()
{
    test::FakeEngine engine;
    QVERIFY(engine.startAndWait());
    QSignalSpy changes(&engine.client(), &EngineClient::stateChanged);
    engine.die();
    QTRY_COMPARE(changes.count(), 3); // restarting, starting, ready
    QVERIFY(engine.client().isReady());
}

void TestEngineClient::aServerThatKeepsDyingIsGivenUp()
{
    test::FakeEngine engine(QStringLiteral("dies"));
    engine.client().start();
    QTRY_COMPARE(engine.client().state(), EngineClient::State::kDied);
    QVERIFY(engine.client().stateDetail().contains(QStringLiteral("told to die")));
    QVERIFY(engine.client().stateSentence().contains(QStringLiteral("safe")));
    engine.setMode({});
    engine.client().tryAgain();
    QTRY_VERIFY(engine.client().isReady());
}

void TestEngineClient::silenceIsDeath()
{
    test::FakeEngine engine(QStringLiteral("silent"));
    engine.client().start();
    QTRY_COMPARE(engine.client().state(), EngineClient::State::kDied);
    QVERIFY(engine.client().stateDetail().contains(QStringLiteral("did not answer")));
}

void TestEngineClient::pendingCallsAreRefusedWhenItDies()
{
    test::FakeEngine engine;
    QVERIFY(engine.startAndWait());
    base::ErrorKind kind = base::ErrorKind::kFailed;
    engine.client().call(
        "fake.exit", Json::object(), this, [](const Json&) {}, [&](const EngineError& error) { kind = error.kind; });
    QTRY_COMPARE(kind, base::ErrorKind::kUnavailable);
}

void TestEngineClient::repliesForTheDeadAreDropped()
{
    test::FakeEngine engine;
    QVERIFY(engine.startAndWait());
    bool isCalled = false;
    {
        QObject shortLived;
        engine.client().call(
            "doctor", Json::object(), &shortLived, [&](const Json&) { isCalled = true; },
            [&](const EngineError&) { isCalled = true; });
    }
    bool isAfter = false;
    engine.client().call(
        "doctor", Json::object(), this, [&](const Json&) { isAfter = true; }, [](const EngineError&) {});
    QTRY_VERIFY(isAfter);
    QVERIFY(!isCalled);
}

QTEST_GUILESS_MAIN(TestEngineClient)
#include "test_engine_client.moc"
