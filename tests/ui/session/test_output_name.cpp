#include "ui/session/output_name.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace reelmend;
using namespace reelmend::ui::session;
using jobs::Quality;
using jobs::Task;

class TestOutputName : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void versionsCountOverAllTasks();
    void theContainerFollowsQualityAndSource();
    void sequencesAreNamedAfterTheirFolder();
    void resultsOfASequenceLieBesideItsFolder();
    void peopleReadTheFolderOfASequence();
};

void TestOutputName::versionsCountOverAllTasks()
{
    QTemporaryDir temporary;
    QDir folder(temporary.path());
    QVERIFY(folder.mkdir(QStringLiteral("日本語 é")) && folder.cd(QStringLiteral("日本語 é")));
    const QString input = folder.filePath(QStringLiteral("canal swan.mp4"));
    const auto name = [&](Task task, int atLeast) {
        return QFileInfo(nextOutputName(input, task, Quality::kGood, atLeast)).fileName();
    };
    QCOMPARE(name(Task::kInpaint, 1), QStringLiteral("canal swan_remove_v1.mp4"));
    for (const char* made : {"canal swan_remove_v1.mp4", "canal swan_restore_v4.mkv", "canal swan2_remove_v9.mp4",
             "canal swan_remove_vX.mp4"}) {
        QFile file(folder.filePath(QString::fromLatin1(made)));
        QVERIFY(file.open(QIODevice::WriteOnly));
    }
    QCOMPARE(name(Task::kInpaint, 1), QStringLiteral("canal swan_remove_v5.mp4"));
    QCOMPARE(name(Task::kUpscale, 7), QStringLiteral("canal swan_upscale_v7.mp4")); // jobs know of six
}

void TestOutputName::theContainerFollowsQualityAndSource()
{
    const auto suffix = [](const char* input, Quality quality) {
        return QFileInfo(outputName(QString::fromLatin1(input), Task::kRestore, quality, 1)).suffix();
    };
    QCOMPARE(suffix("/a/b.MP4", Quality::kGood), QStringLiteral("mp4"));
    QCOMPARE(suffix("/a/b.mov", Quality::kDraft), QStringLiteral("mp4"));
    QCOMPARE(suffix("/a/b.mp4", Quality::kLossless), QStringLiteral("mkv"));
    QCOMPARE(suffix("/a/b.webm", Quality::kGood), QStringLiteral("mkv"));
    QCOMPARE(suffix("/a/b.wmv", Quality::kGood), QStringLiteral("mkv"));
    QCOMPARE(suffix("/a/b.%04d.png", Quality::kGood), QStringLiteral("mp4"));
}

void TestOutputName::sequencesAreNamedAfterTheirFolder()
{
    QCOMPARE(clipStem(QStringLiteral("/a/goat/%05d.jpg")), QStringLiteral("goat"));
    QCOMPARE(clipStem(QStringLiteral("/a/goat/%d.jpg")), QStringLiteral("goat"));
    QCOMPARE(clipStem(QStringLiteral("/a/goat 2/goat_%05d.jpg")), QStringLiteral("goat 2"));
    QCOMPARE(clipStem(QStringLiteral("/a/plate/plate_041.%04d.png")), QStringLiteral("plate_041"));
    QCOMPARE(clipStem(QStringLiteral("/a/shot2/%04d_left.png")), QStringLiteral("shot2_left"));
    QCOMPARE(clipStem(QStringLiteral("/a/my.clip.mp4")), QStringLiteral("my.clip"));
    QCOMPARE(clipStem(QStringLiteral("/a/100%drone #2.mp4")), QStringLiteral("100%drone #2"));
}

void TestOutputName::resultsOfASequenceLieBesideItsFolder()
{
    QTemporaryDir temporary;
    QDir folder(temporary.path());
    QVERIFY(folder.mkpath(QStringLiteral("camel")));
    const QString input = folder.filePath(QStringLiteral("camel/%05d.jpg"));
    QCOMPARE(nextOutputName(input, Task::kInpaint, Quality::kGood, 1),
        folder.filePath(QStringLiteral("camel_remove_v1.mp4")));
    QFile made(folder.filePath(QStringLiteral("camel_upscale_v2.mp4")));
    QVERIFY(made.open(QIODevice::WriteOnly));
    QCOMPARE(nextOutputName(input, Task::kInpaint, Quality::kGood, 1),
        folder.filePath(QStringLiteral("camel_remove_v3.mp4")));
    QCOMPARE(outputName(QStringLiteral("/a/camel/%05d.jpg"), Task::kInpaint, Quality::kLossless, 1),
        QStringLiteral("/a/camel_remove_v1.mkv"));
}

void TestOutputName::peopleReadTheFolderOfASequence()
{
    QCOMPARE(clipName(QStringLiteral("/a/camel/%05d.jpg")), QStringLiteral("camel/#####.jpg"));
    QCOMPARE(clipName(QStringLiteral("/a/camel/%d.jpg")), QStringLiteral("camel/#.jpg"));
    QCOMPARE(clipName(QStringLiteral("/a/plate 041/plate.%04d.png")), QStringLiteral("plate 041/plate.####.png"));
    QCOMPARE(clipName(QStringLiteral("/a/swan.mp4")), QStringLiteral("swan.mp4"));
    QCOMPARE(clipName(QStringLiteral("/a/100%drone.mp4")), QStringLiteral("100%drone.mp4"));
}

QTEST_GUILESS_MAIN(TestOutputName)
#include "test_output_name.moc"
