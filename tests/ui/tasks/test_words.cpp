#include "ui/tasks/words.h"

#include <QLocale>
#include <QTest>
#include <QTranslator>

#include "ui/session/settings.h"
#include "ui/tasks/core_words.h"

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
    void theCoreIsQuoted_data();
    void theCoreIsQuoted();
    void notesAreNoWarnings();
};

// Stands in for a catalogue: what is looked up is marked, so that a test sees which sentences are known.
class Marker : public QTranslator {
public:
    bool isEmpty() const override { return false; }
    QString translate(const char* context, const char* source, const char*, int) const override
    {
        return QByteArray(context) == "CoreWords" ? QString(u'<' + QString::fromUtf8(source) + u'>') : QString();
    }
};

void TestWords::theCoreIsQuoted_data()
{
    QTest::addColumn<QByteArray>("said");
    QTest::addColumn<QString>("shown");
    QTest::newRow("a name that looks like a place") << QByteArray("\"100%1 a. B.mp4\" cannot be opened.")
                                                    << QStringLiteral("<\"100%1 a. B.mp4\" cannot be opened.>");
    QTest::newRow("two numbers") << QByteArray("At least 1.2 GB is needed, and 300 MB is free.")
                                 << QStringLiteral("<At least 1.2 GB is needed, and 300 MB is free.>");
    QTest::newRow("several sentences")
        << QByteArray("Choose another folder. 24 finished frames are kept: start the job again afterwards.")
        << QStringLiteral("<Choose another folder.> <24 finished frames are kept: start the job again afterwards.>");
    QTest::newRow("in the window's words")
        << QByteArray("The footage is interlaced: choose \"deinterlace\" for the best result.")
        << QStringLiteral("<The clip is interlaced. For the best result choose Deinterlace under Fields.>");
    QTest::newRow("about a stream")
        << QByteArray("Audio 1 (aac, stereo, 44.1 kHz) will be changed. Cut to the range, at whole packets.")
        << QStringLiteral("<Audio 1 (aac, stereo, 44.1 kHz) will be changed.> "
                          "<Cut to the range, to within a few hundredths of a second.>");
    QTest::newRow("not known") << QByteArray("The moon is full.") << QStringLiteral("The moon is full.");
}

void TestWords::theCoreIsQuoted()
{
    QFETCH(QByteArray, said);
    Marker marker;
    QCoreApplication::installTranslator(&marker);
    const QString shown = tasks::coreWords(said.toStdString());
    QCoreApplication::removeTranslator(&marker);
    QTEST(shown, "shown");
}

void TestWords::notesAreNoWarnings()
{
    QVERIFY(tasks::isOnlyANote("The colours are not tagged; BT.709, limited range is assumed for viewing."));
    QVERIFY(!tasks::isOnlyANote("The file ends early: 12 frames can be read."));
    QVERIFY(!tasks::isOnlyANote("Something new."));
}

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
    job.segments.clear();
    QVERIFY(Words::failure(job).details.contains(QStringLiteral("it begins anew")));
    job.segments = {{12, 20}, {20, 28}};
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
