#include <QDir>
#include <QFile>
#include <QPainter>
#include <QSignalSpy>
#include <QTest>

#include "app/desktop/file_mask_overlay.h"
#include "tests/app/desktop/program.h"
#include "ui/viewer/viewer.h"

using namespace reelmend;
using namespace reelmend::ui;
using test::Program;

class TestOpening : public test::ProgramTest {
    Q_OBJECT

private Q_SLOTS:
    void opensNumberedPictures();
    void saysWhatCannotBeOpened_data();
    void saysWhatCannotBeOpened();
    void aBadFileLeavesTheOpenClip();
    void closingAndReopeningFindsEverything();
    void aMaskForEachFrameLiesOverIt();
};

void TestOpening::opensNumberedPictures()
{
    Program program(*own_);
    QVERIFY(program.open(clip_));
    QCOMPARE(program.workbench().document().frameCount(), qint64(kFrames));
    QCOMPARE(program.editor().player().frameCount(), std::int64_t(kFrames));
    QCOMPARE(program.window().windowTitle(), QStringLiteral("plate 041/plate.####.png – Reelmend"));
    QCOMPARE(program.workbench().recent().files().size(), 1);
    QTest::keyClick(&program.window(), Qt::Key_Right, Qt::ShiftModifier);
    QCOMPARE(program.editor().player().frame(), std::int64_t(10));
    QTest::keyClick(&program.window(), Qt::Key_I);
    QCOMPARE(program.workbench().document().range(), (base::FrameRange{10, kFrames}));
    program.workbench().document().undoStack().undo();
    QCOMPARE(program.editor().player().range(), (base::FrameRange{0, kFrames}));
}

void TestOpening::aMaskForEachFrameLiesOverIt()
{
    Program program(*own_);
    QVERIFY(program.open(clip_));
    QVERIFY(QDir(own_->path()).mkdir(QStringLiteral("masks")));
    for (int i = 0; i < kFrames; ++i) { // a white square that walks to the right
        QImage mask(kSize, QImage::Format_Grayscale8);
        mask.fill(0);
        QPainter(&mask).fillRect(8 * i, 60, 8, 60, Qt::white);
        QVERIFY(mask.save(own_->filePath(QStringLiteral("masks/%1.png").arg(i, 3, 10, QChar(u'0')))));
    }
    auto& document = program.workbench().document();
    auto settings = document.settings();
    settings.task = jobs::Task::kInpaint;
    document.changeSettings(settings, QStringLiteral("task"));
    document.changeMask(session::MaskKind::kFile, own_->filePath(QStringLiteral("masks/%03d.png")));
    auto& canvas = program.editor().viewer();
    const auto isRed = [&](int x) {
        const QPointF at = canvas.view().toWidget(QPointF(x + 0.5, 90.5));
        const QColor colour = canvas.grab().toImage().pixelColor((at * canvas.devicePixelRatio()).toPoint());
        return colour.red() > colour.green() + 40;
    };
    for (const int frame : {3, 12}) {
        program.editor().player().seek(frame);
        QTRY_COMPARE(program.editor().fileMask().shownFrame(), qint64(frame));
        QTRY_VERIFY(isRed(8 * frame + 4));
        QVERIFY(!isRed(8 * (15 - frame) + 4));
    }
    program.editor().setOverlayShown(false);
    QVERIFY(!isRed(8 * 12 + 4));
    program.editor().setOverlayShown(true);
    QVERIFY(isRed(8 * 12 + 4));
    document.changeMask(session::MaskKind::kNone, {});
    QVERIFY(!isRed(8 * 12 + 4));
}

void TestOpening::saysWhatCannotBeOpened_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("empty file") << QStringLiteral("empty.mp4") << QByteArray("");
    QTest::newRow("text named .mp4") << QStringLiteral("text é.mp4") << QByteArray("Dear diary, today I enhanced.\n");
    QTest::newRow("missing file") << QStringLiteral("gone.mp4") << QByteArray();
    QTest::newRow("folder without images") << QStringLiteral("folder") << QByteArray();
}

void TestOpening::saysWhatCannotBeOpened()
{
    QFETCH(QString, name);
    QFETCH(QByteArray, content);
    const QString path = own_->filePath(name);
    if (name == u"folder") {
        QVERIFY(QDir().mkdir(path));
    } else if (!content.isNull()) {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    }
    Program program(*own_);
    QSignalSpy failed(&program.workbench(), &desktop::Workbench::openFailed);
    program.workbench().open(path);
    QVERIFY(failed.wait(10000));
    QVERIFY(!program.workbench().document().isOpen());
    QVERIFY(program.message().contains(u'.'));
    QVERIFY(program.workbench().recent().files().isEmpty());
}

void TestOpening::aBadFileLeavesTheOpenClip()
{
    Program program(*own_);
    QVERIFY(program.open(clip_));
    QSignalSpy failed(&program.workbench(), &desktop::Workbench::openFailed);
    program.workbench().open(own_->filePath(QStringLiteral("gone.mp4")));
    QVERIFY(failed.wait(10000));
    QVERIFY(program.workbench().document().isOpen());
    QVERIFY(!program.message().isEmpty());
}

void TestOpening::closingAndReopeningFindsEverything()
{
    QImage painted;
    {
        Program program(*own_);
        QVERIFY(program.open(clip_));
        program.paintStroke();
        painted = program.editor().mask().image();
        program.editor().player().setRange({4, 12});
        program.editor().player().seek(7);
        auto settings = program.workbench().document().settings();
        settings.strengthPercent = 40;
        program.workbench().document().changeSettings(settings, QStringLiteral("test"));
    }
    Program program(*own_);
    QVERIFY(program.open(program.settings().recentFiles().first().path));
    const auto& document = program.workbench().document();
    QCOMPARE(document.range(), (base::FrameRange{4, 12}));
    QCOMPARE(document.settings().strengthPercent, 40);
    QCOMPARE(document.session().maskKind, session::MaskKind::kPainted);
    QCOMPARE(program.editor().mask().image(), painted);
    QCOMPARE(program.editor().player().frame(), std::int64_t(7));
    QCOMPARE(program.editor().player().range(), (base::FrameRange{4, 12}));
    QVERIFY(!program.workbench().document().undoStack().canUndo());
}

QTEST_MAIN(TestOpening)
#include "test_opening.moc"
