#include "ui/session/clip_store.h"

#include <QColor>
#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTransform>

#include "core/base/files.h"

using namespace reelmend;
using namespace reelmend::ui::session;

namespace {

const QString kClip = QStringLiteral("/clips/canal swan 日本語 é.mp4");

ClipSession decided()
{
    ClipSession session;
    session.path = kClip;
    session.inOut = base::FrameRange{12, 108};
    session.settings.task = jobs::Task::kUpscale;
    session.settings.scale = 4;
    session.settings.deinterlace = true;
    session.settings.strengthPercent = 35;
    session.settings.quality = jobs::Quality::kLossless;
    session.settings.range = RangeChoice::kWholeClip;
    session.settings.output = QStringLiteral("/elsewhere/é.mkv");
    session.maskKind = MaskKind::kPainted;
    session.frame = 55;
    return session;
}

QImage paintedMask()
{
    QImage mask(64, 36, QImage::Format_Grayscale8);
    mask.fill(0);
    for (int y = 10; y < 20; ++y) {
        for (int x = 5; x < 40; ++x) {
            mask.setPixelColor(x, y, QColor(255, 255, 255));
        }
    }
    return mask;
}

} // namespace

class TestClipSession : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { qputenv("REELMEND_DATA_DIR", folder_.filePath(QString::number(++number_)).toUtf8()); }

    void jsonKeepsEveryDecision();
    void foreignJsonIsHarmless_data();
    void foreignJsonIsHarmless();
    void rangesStayInTheClip();
    void aClosedClipComesBackAsItWas();
    void damagedFilesGiveAFreshSession();
    void savingIsSoonAndOnce();
    void whatWaitsIsSavedAtTheEnd();
    void frozenMasksDoNotChange();
    void masksAreTurnedBackToTheStoredPicture();
    void anUnwritableFolderIsSaid();

private:
    QTemporaryDir folder_;
    int number_ = 0;
};

void TestClipSession::jsonKeepsEveryDecision()
{
    QCOMPARE(clipSessionFromJsonText(toJsonText(decided())).value_or(ClipSession()), decided());
}

void TestClipSession::foreignJsonIsHarmless_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("isSession");
    QTest::newRow("nothing") << QByteArray() << false;
    QTest::newRow("torn") << QByteArray(R"({"path": "/a", "settings": {)") << false;
    QTest::newRow("array") << QByteArray("[1]") << false;
    QTest::newRow("no path") << QByteArray(R"({"version": 1})") << false;
    QTest::newRow("wrong types")
        << QByteArray(R"({"path": "/a", "settings": 3, "inOut": ["a", 2], "frame": "x", "mask": 1})") << true;
    QTest::newRow("absurd numbers")
        << QByteArray(
               R"({"path": "/a", "settings": {"scale": 9000, "strength": -5, "task": "cook"}, "inOut": [5, -5]})")
        << true;
    QTest::newRow("newer") << QByteArray(R"({"version": 99, "path": "/a", "wings": {"left": 1}})") << true;
}

void TestClipSession::foreignJsonIsHarmless()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, isSession);
    const auto session = clipSessionFromJsonText(text.toStdString());
    QCOMPARE(session.has_value(), isSession);
    if (session) {
        QVERIFY(session->settings.scale == 2 || session->settings.scale == 4);
        QVERIFY(session->settings.strengthPercent >= 0 && session->settings.strengthPercent <= 100);
        QVERIFY(!session->range(100).empty());
    }
}

void TestClipSession::rangesStayInTheClip()
{
    ClipSession session;
    QCOMPARE(session.range(100), (base::FrameRange{0, 100}));
    QVERIFY(!session.requestRange(100));
    session.inOut = base::FrameRange{50, 500};
    QCOMPARE(session.range(100), (base::FrameRange{50, 100}));
    QCOMPARE(session.requestRange(100).value(), (base::FrameRange{50, 100}));
    session.inOut = base::FrameRange{200, 300}; // the file was replaced by a shorter one
    QCOMPARE(session.range(100), (base::FrameRange{0, 100}));
    session.inOut = base::FrameRange{0, 100};
    QVERIFY(!session.requestRange(100));
    session.inOut = base::FrameRange{5, 9};
    session.settings.range = RangeChoice::kWholeClip;
    QVERIFY(!session.requestRange(100));
}

void TestClipSession::aClosedClipComesBackAsItWas()
{
    saveClip({decided(), paintedMask()});
    const StoredClip again = loadClip(kClip);
    QCOMPARE(again.session, decided());
    QCOMPARE(again.paintedMask.convertToFormat(QImage::Format_Grayscale8), paintedMask());
    QCOMPARE(loadClip(QStringLiteral("/clips/never open.mp4")).session.settings, TaskSettings());
}

void TestClipSession::damagedFilesGiveAFreshSession()
{
    saveClip({decided(), paintedMask()});
    const QDir folder(QString::fromStdString(base::pathText(clipFolder(kClip))));
    QVERIFY(QFile::resize(folder.filePath(QStringLiteral("mask.png")), 20));
    const StoredClip withoutMask = loadClip(kClip);
    QCOMPARE(withoutMask.session.maskKind, MaskKind::kNone);
    QCOMPARE(withoutMask.session.inOut, decided().inOut);
    QVERIFY(QFile::resize(folder.filePath(QStringLiteral("session.json")), 30));
    QCOMPARE(loadClip(kClip).session.path, kClip);
    QVERIFY(!loadClip(kClip).session.inOut);
}

void TestClipSession::savingIsSoonAndOnce()
{
    ClipStore store;
    QSignalSpy saved(&store, &ClipStore::saved);
    ClipSession session = decided();
    for (int frame = 0; frame < 20; ++frame) { // a drag
        session.frame = frame;
        store.saveSoon({session, {}});
    }
    QCOMPARE(saved.count(), 0);
    QTRY_COMPARE(saved.count(), 1);
    QCOMPARE(loadClip(kClip).session.frame, 19);
}

void TestClipSession::whatWaitsIsSavedAtTheEnd()
{
    {
        ClipStore store;
        store.saveSoon({decided(), paintedMask()});
    }
    QCOMPARE(loadClip(kClip).session, decided());

    ClipStore store;
    ClipSession other = decided();
    other.path = QStringLiteral("/clips/other.mp4");
    QSignalSpy saved(&store, &ClipStore::saved);
    store.saveSoon({decided(), {}});
    store.saveSoon({other, {}}); // another clip: the first does not get lost
    store.saveNow();
    QTRY_COMPARE(saved.count(), 2);
    StoredClip loaded;
    ClipSession changed = decided();
    changed.frame = 77;
    store.saveSoon({changed, {}});
    store.load(kClip, this, [&](const StoredClip& clip) { loaded = clip; }); // opened again at once
    QTRY_COMPARE(loaded.session.frame, 77);
}

void TestClipSession::frozenMasksDoNotChange()
{
    const QString first = freezeMask(kClip, paintedMask());
    QImage edited = paintedMask();
    edited.fill(255);
    const QString second = freezeMask(kClip, edited);
    QVERIFY(first != second);
    QCOMPARE(QImage(first).convertToFormat(QImage::Format_Grayscale8), paintedMask());
    QCOMPARE(freezeMask(kClip, paintedMask()), first);
}

void TestClipSession::masksAreTurnedBackToTheStoredPicture()
{
    // A phone's clip: stored 64 × 36, shown turned by 90 degrees.
    video::ClipHeader header;
    header.width = 64;
    header.height = 36;
    header.rotationDegrees = 90;
    QImage upright = paintedMask().convertToFormat(QImage::Format_Grayscale16).transformed(QTransform().rotate(90));
    QCOMPARE(upright.size(), QSize(36, 64));
    QCOMPARE(storedMask(upright, header), paintedMask().convertToFormat(QImage::Format_Grayscale16));
    header.rotationDegrees = 0;
    QCOMPARE(storedMask(paintedMask(), header), paintedMask());
    header.width = 32; // pixels twice as wide as high
    QCOMPARE(storedMask(paintedMask(), header).size(), QSize(32, 36));
}

void TestClipSession::anUnwritableFolderIsSaid()
{
    QFile file(folder_.filePath(QStringLiteral("in the way")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.close();
    qputenv("REELMEND_DATA_DIR", file.fileName().toUtf8());
    ClipStore store;
    QSignalSpy failed(&store, &ClipStore::saveFailed);
    store.saveSoon({decided(), {}});
    store.saveNow();
    QTRY_COMPARE(failed.count(), 1);
    StoredClip loaded;
    store.load(kClip, this, [&](const StoredClip& clip) { loaded = clip; });
    QTRY_COMPARE(loaded.session.path, kClip);
}

QTEST_GUILESS_MAIN(TestClipSession)
#include "test_clip_session.moc"
