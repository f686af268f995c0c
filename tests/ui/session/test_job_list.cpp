#include "ui/session/job_list.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

#include "tests/ui/support/fake_engine.h"

using namespace reelmend;
using jobs::JobState;
using ui::session::EngineError;
using ui::session::Job;
using ui::session::JobList;
using Json = nlohmann::json;

namespace {

const QString kClip = QStringLiteral("/clips/canal swan.mp4");
const QString kOther = QStringLiteral("/clips/other.mp4");

QString output(int version)
{
    return QStringLiteral("/clips/canal swan_remove_v%1.mp4").arg(version);
}

Json stateEvent(int sequence, const char* state)
{
    return {{"seq", sequence}, {"time", "2026-11-21T05:14:03Z"}, {"type", "state"}, {"state", state}};
}

Json progressEvent(int sequence, int done)
{
    return {{"seq", sequence}, {"time", "2026-11-21T05:14:03Z"}, {"type", "progress"}, {"phase", "enhancing"},
        {"done", done}, {"total", 96}, {"fps", 2.5}, {"remaining", 30.0}};
}

void ignore(const EngineError&) {}

} // namespace

class TestJobList : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void listsTheJobsOfOneClip();
    void aJobLivesFromStartToResult();
    void aFailureIsKeptWithItsReasons();
    void anInterruptedJobStartsAgain();
    void whatAnEarlierRunCameToIsNoNews();
    void refusedRequestsSayTheField();
    void theListSurvivesTheEngine();
    void previewsAreNotListed();
    void removedJobsLeaveTheList();
    void versionsAreReadFromNames();
};

void TestJobList::listsTheJobsOfOneClip()
{
    using test::jobObject;
    test::FakeEngine engine(
        {}, Json::array({jobObject(QStringLiteral("b"), QStringLiteral("interrupted"), kClip, output(2)),
                jobObject(QStringLiteral("a"), QStringLiteral("finished"), kClip, output(1)),
                jobObject(QStringLiteral("x"), QStringLiteral("finished"), kOther, kOther)}));
    JobList list(engine.client());
    QAbstractItemModelTester tester(&list);
    list.setClip(kClip);
    QSignalSpy listed(&list, &JobList::listed);
    QVERIFY(engine.startAndWait());
    QTRY_COMPARE(listed.count(), 1);
    QCOMPARE(list.rowCount(), 2);
    QCOMPARE(list.data(list.index(0), Qt::DisplayRole).toString(), QStringLiteral("Version 2"));
    QCOMPARE(list.job(0).state, JobState::kInterrupted);
    QVERIFY(list.job(0).canStartAgain());
    QCOMPARE(list.job(1).result, output(1));
    QCOMPARE(list.highestVersion(), 2);
    QCOMPARE(list.current(), nullptr);

    list.setClip({});
    QTRY_COMPARE(list.rowCount(), 3);
}

void TestJobList::aJobLivesFromStartToResult()
{
    test::FakeEngine engine;
    JobList list(engine.client());
    QAbstractItemModelTester tester(&list);
    QVERIFY(engine.startAndWait());
    list.setClip(kClip);
    jobs::EnhanceRequest request;
    request.input = kClip.toStdString();
    request.output = output(3).toStdString();
    request.range = base::FrameRange{12, 108};
    QString id;
    list.start(
        request, this, [&](const Job& started) { id = started.id; }, ignore);
    QTRY_VERIFY(!id.isEmpty());
    QCOMPARE(list.rowCount(), 1);
    QVERIFY(list.current() != nullptr);
    QCOMPARE(list.current()->total, 96);

    QSignalSpy ended(&list, &JobList::ended);
    engine.event(id, stateEvent(1, "running"));
    engine.event(id, progressEvent(2, 24));
    QCOMPARE(list.find(id)->state, JobState::kRunning);
    QCOMPARE(list.find(id)->done, 24);
    QCOMPARE(list.find(id)->framesPerSecond, 2.5);
    QCOMPARE(list.find(id)->remainingSeconds.value_or(0), 30.0);
    engine.event(id, progressEvent(2, 99)); // said twice: ignored
    QCOMPARE(list.find(id)->done, 24);
    engine.event(
        id, {{"seq", 3}, {"time", ""}, {"type", "segment"}, {"begin", 12}, {"end", 44}, {"path", "s/0.mkv"}});
    QCOMPARE(list.find(id)->segments.size(), std::size_t(1));

    list.control(id, "pause", this, ignore);
    QTRY_COMPARE(engine.lastCall("job.control").value("command", ""), std::string("pause"));
    engine.event(id, stateEvent(4, "paused"));
    QVERIFY(list.find(id)->isAlive());

    engine.event(id, {{"seq", 5}, {"time", ""}, {"type", "result"}, {"path", output(3).toStdString()}, {"frames", 96},
                         {"seconds", 38.5}});
    QCOMPARE(ended.count(), 0);
    engine.event(id, stateEvent(6, "finished"));
    QCOMPARE(ended.count(), 1);
    QCOMPARE(list.find(id)->result, output(3));
    QCOMPARE(list.find(id)->seconds, 38.5);
    QVERIFY(!list.find(id)->remainingSeconds);
    QCOMPARE(list.current(), nullptr);
}

void TestJobList::aFailureIsKeptWithItsReasons()
{
    using test::jobObject;
    test::FakeEngine engine(
        {}, Json::array({jobObject(QStringLiteral("a"), QStringLiteral("running"), kClip, output(1))}));
    JobList list(engine.client());
    list.setClip(kClip);
    QVERIFY(engine.startAndWait());
    QTRY_COMPARE(list.rowCount(), 1);
    engine.event(QStringLiteral("a"),
        {{"seq", 6}, {"time", ""}, {"type", "failure"}, {"kind", "disk-full"}, {"what", "The disk is full."},
            {"why", "1.2 GB more is needed."}, {"hint", "Free some space."}});
    engine.event(QStringLiteral("a"), stateEvent(7, "failed"));
    QCOMPARE(list.job(0).state, JobState::kFailed);
    QCOMPARE(list.job(0).failure->kind, base::ErrorKind::kDiskFull);
    QCOMPARE(list.job(0).failure->message, std::string("The disk is full."));
}

void TestJobList::anInterruptedJobStartsAgain()
{
    using test::jobObject;
    test::FakeEngine engine(
        {}, Json::array({jobObject(QStringLiteral("a"), QStringLiteral("running"), kClip, output(1))}));
    JobList list(engine.client());
    list.setClip(kClip);
    QVERIFY(engine.startAndWait());
    QTRY_COMPARE(list.rowCount(), 1);
    QSignalSpy ended(&list, &JobList::ended);
    engine.say({{"type", "interrupted"}, {"job", "a"}});
    QCOMPARE(list.job(0).state, JobState::kInterrupted);
    QCOMPARE(list.job(0).done, 24); // what is finished is kept
    QCOMPARE(ended.count(), 1);

    list.startAgain(QStringLiteral("a"), this, ignore);
    QTRY_VERIFY(list.job(0).isAlive());
    QTRY_COMPARE(engine.lastCall("job.watch").value("from", 0), 6); // behind what the list told
}

void TestJobList::whatAnEarlierRunCameToIsNoNews()
{
    using test::jobObject;
    // Five events so far: it failed once, was started again and runs. Watching replays all five.
    test::FakeEngine engine(
        {}, Json::array({jobObject(QStringLiteral("a"), QStringLiteral("running"), kClip, output(1))}));
    JobList list(engine.client());
    list.setClip(kClip);
    QVERIFY(engine.startAndWait());
    QTRY_COMPARE(list.rowCount(), 1);
    QSignalSpy ended(&list, &JobList::ended);
    engine.event(QStringLiteral("a"), stateEvent(1, "running"));
    engine.event(QStringLiteral("a"), stateEvent(2, "failed"));
    QCOMPARE(list.job(0).state, JobState::kRunning);
    engine.event(QStringLiteral("a"), stateEvent(5, "running"));
    QCOMPARE(ended.count(), 0);
    engine.event(QStringLiteral("a"), stateEvent(6, "cancelled"));
    QCOMPARE(list.job(0).state, JobState::kCancelled);
    QCOMPARE(ended.count(), 1);
}

void TestJobList::refusedRequestsSayTheField()
{
    test::FakeEngine engine;
    JobList list(engine.client());
    QVERIFY(engine.startAndWait());
    engine.refuse("job.start",
        {{"kind", "usage"}, {"what", "No."}, {"problems", {{{"field", "mask"}, {"reason", "It is empty."}}}}});
    jobs::Problems problems;
    bool isStarted = false;
    list.start(
        {}, this, [&](const Job&) { isStarted = true; },
        [&](const EngineError& error) { problems = error.problems; });
    QTRY_COMPARE(problems.size(), std::size_t(1));
    QVERIFY(!isStarted);
    QCOMPARE(list.rowCount(), 0);
}

void TestJobList::theListSurvivesTheEngine()
{
    using test::jobObject;
    test::FakeEngine engine(
        {}, Json::array({jobObject(QStringLiteral("a"), QStringLiteral("running"), kClip, output(1))}));
    JobList list(engine.client());
    list.setClip(kClip);
    QVERIFY(engine.startAndWait());
    QTRY_COMPARE(list.rowCount(), 1);
    engine.event(QStringLiteral("a"), progressEvent(6, 40));
    QSignalSpy listed(&list, &JobList::listed);
    int rowsMeanwhile = -1;
    connect(&engine.client(), &ui::session::EngineClient::stateChanged, this, [&] {
        if (!engine.client().isReady()) {
            rowsMeanwhile = list.rowCount();
        }
    });
    engine.die();
    QTRY_COMPARE(listed.count(), 1);
    QCOMPARE(rowsMeanwhile, 1); // nothing vanishes meanwhile
    QCOMPARE(list.job(0).framesPerSecond, 2.5);
    QTRY_COMPARE(engine.lastCall("job.watch").value("from", 0), 7);
}

void TestJobList::previewsAreNotListed()
{
    using test::jobObject;
    Json preview = jobObject(QStringLiteral("p"), QStringLiteral("finished"), kClip, {});
    preview["request"]["purpose"] = "preview";
    test::FakeEngine engine({}, Json::array({preview, {{"job", "t"}, {"kind", "finetune"}}, 7}));
    JobList list(engine.client());
    QSignalSpy listed(&list, &JobList::listed);
    QVERIFY(engine.startAndWait());
    QTRY_COMPARE(listed.count(), 1);
    QCOMPARE(list.rowCount(), 0);
}

void TestJobList::removedJobsLeaveTheList()
{
    using test::jobObject;
    test::FakeEngine engine(
        {}, Json::array({jobObject(QStringLiteral("a"), QStringLiteral("finished"), kClip, output(1))}));
    JobList list(engine.client());
    QAbstractItemModelTester tester(&list);
    QVERIFY(engine.startAndWait());
    QTRY_COMPARE(list.rowCount(), 1);
    list.remove(QStringLiteral("a"), this, ignore);
    QTRY_COMPARE(list.rowCount(), 0);
}

void TestJobList::versionsAreReadFromNames()
{
    using ui::session::versionOf;
    QCOMPARE(versionOf(QStringLiteral("/a/b_remove_v12.mp4")), 12);
    QCOMPARE(versionOf(QStringLiteral("/a_v3/b.mp4")), 0);
    QCOMPARE(versionOf(QStringLiteral("b_v99999999999.mp4")), 0);
    QCOMPARE(versionOf({}), 0);
}

QTEST_GUILESS_MAIN(TestJobList)
#include "test_job_list.moc"
