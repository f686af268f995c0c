#include "ui/tasks/words.h"

#include <QLocale>
#include <QTest>

#include "ui/session/settings.h"

using namespace reelmend;
using namespace reelmend::ui;
using jobs::JobState;
using tasks::Words;

class TestWords : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedKingdom)); }
    void durationsArePlain_data();
    void durationsArePlain();
    void whatEndedSaysWhatWhyAndWhatIsKept();
    void costsAreMeasuredOrNotSaid();
    void onlyLosslessPromisesIdenticalPixels();
};

void TestWords::durationsArePlain_data()
{
    QTest::addColumn<double>("seconds");
    QTest::addColumn<QString>("text");
    QTest::newRow("at once") << 0.01 << QStringLiteral("1 s");
    QTest::newRow("below a minute") << 47.6 << QStringLiteral("48 s");
    QTest::newRow("a minute") << 59.7 << QStringLiteral("1 min");
    QTest::newRow("minutes") << 66.0 << QStringLiteral("1 min 6 s");
    QTest::newRow("many minutes") << 1270.0 << QStringLiteral("21 min");
    QTest::newRow("hours") << 7510.0 << QStringLiteral("2 h 05 min");
}

void TestWords::durationsArePlain()
{
    QFETCH(double, seconds);
    QTEST(Words::seconds(seconds), "text");
}

void TestWords::whatEndedSaysWhatWhyAndWhatIsKept()
{
    session::Job job;
    job.state = JobState::kInterrupted;
    job.done = 24;
    job.total = 96;
    QCOMPARE(Words::failure(job).title, QStringLiteral("Interrupted at frame 24 of 96."));
    QVERIFY(Words::failure(job).details.contains(QStringLiteral("What was finished is kept.")));
    job.lastSequence = 9; // watched: 16 of the 24 frames are in finished segments, the others have to be made again
    job.segments = {{12, 20}, {20, 28}};
    QVERIFY(Words::failure(job).details.contains(QStringLiteral("16 finished frames are kept.")));
    job.state = JobState::kFailed;
    job.failure = jobs::FailureEvent{base::ErrorKind::kDiskFull, "The disk is full.", "1.2 GB more is needed.",
        "Free some space, then start again."};
    QCOMPARE(Words::failure(job).title, QStringLiteral("The disk is full."));
    QVERIFY(Words::failure(job).details.startsWith(QStringLiteral("1.2 GB more is needed. Free some space")));
    QVERIFY(Words::failure(job).details.contains(QStringLiteral("16")));
    job.segments.clear();
    QVERIFY(!Words::failure(job).details.contains(QStringLiteral("kept")));
}

void TestWords::costsAreMeasuredOrNotSaid()
{
    QTemporaryDir folder;
    session::Settings settings(folder.filePath(QStringLiteral("settings.ini")));
    video::ClipInfo info;
    info.header.width = 1000;
    info.header.height = 500;
    session::TaskSettings task;
    task.task = jobs::Task::kUpscale;
    const auto text = [&] { return Words::cost(session::estimateCost(task, info, 100, settings), {}); };
    QVERIFY(text().startsWith(QStringLiteral("First run")));

    session::Job preview;
    preview.state = JobState::kFinished;
    preview.request.task = jobs::Task::kUpscale;
    preview.request.purpose = jobs::Purpose::kPreview;
    preview.seconds = 2;
    preview.done = 1;
    session::learnFrom(preview, info, settings);
    QCOMPARE(text(), QStringLiteral("At most 3 min 20 s on this processor, judged from the preview."));

    session::Job run = preview;
    run.request.purpose = jobs::Purpose::kResult;
    run.done = 50;
    run.seconds = 20; // 0.4 s a frame: 100 frames take 40 s
    session::learnFrom(run, info, settings);
    QCOMPARE(text(), QStringLiteral("About 40 s on this processor."));
    run.startedAgain = true; // only the rest was timed
    run.seconds = 1;
    session::learnFrom(run, info, settings);
    QCOMPARE(text(), QStringLiteral("About 40 s on this processor."));
    session::Job removal = preview; // reads dozens of frames for the one it makes
    removal.request.task = jobs::Task::kInpaint;
    session::learnFrom(removal, info, settings);
    task.task = jobs::Task::kInpaint;
    QVERIFY(text().startsWith(QStringLiteral("First run")));
    task.task = jobs::Task::kUpscale;
    task.scale = 4; // another kind of work
    QVERIFY(text().startsWith(QStringLiteral("First run")));
}

void TestWords::onlyLosslessPromisesIdenticalPixels()
{
    session::TaskSettings task;
    task.task = jobs::Task::kInpaint;
    task.quality = jobs::Quality::kLossless;
    QVERIFY(Words::effect(task, {}).contains(QStringLiteral("identical")));
    task.quality = jobs::Quality::kGood;
    QVERIFY(!Words::effect(task, {}).contains(QStringLiteral("identical")));
}

QTEST_MAIN(TestWords)
#include "test_words.moc"
