// The real window with the real engine: open the sample, paint a mask, enhance, drag the slider, close, reopen, the
// result is there; then a job is killed and started again. Leaves pictures in $REELMEND_SHOTS.
#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <signal.h>

#include <memory>

#include "app/desktop/editor_page.h"
#include "app/desktop/main_window.h"
#include "app/desktop/sample_maker.h"
#include "app/desktop/workbench.h"
#include "ui/compare/split_view.h"
#include "ui/masks/mask_tools.h"
#include "ui/style/message_bar.h"
#include "ui/style/style.h"
#include "ui/tasks/result_list.h"
#include "ui/tasks/task_panel.h"
#include "ui/viewer/viewer.h"

using namespace reelmend;
using namespace reelmend::ui;

namespace {

constexpr int kPatience = 240000; // a slow, busy machine

class Program {
public:
    explicit Program(const QTemporaryDir& folder)
        : settings_(folder.filePath(QStringLiteral("settings.ini")))
        , workbench_(settings_)
        , window_(workbench_)
    {
        window_.resize(1600, 1000);
        window_.show();
        workbench_.engine().start();
    }
    ~Program() { window_.close(); }

    desktop::Workbench& workbench() { return workbench_; }
    desktop::MainWindow& window() { return window_; }
    desktop::EditorPage& editor() { return window_.editor(); }
    bool isReady()
    {
        window_.activateWindow(); // no window manager does it here
        return QTest::qWaitForWindowActive(&window_) &&
               QTest::qWaitFor([this] { return workbench_.engine().isReady(); }, kPatience);
    }
    bool isShowing() // the frame that was asked for
    {
        return QTest::qWaitFor(
            [this] { return workbench_.document().isOpen() && !editor().viewer().isBehind(); }, kPatience);
    }
    QPushButton* button(const QString& text)
    {
        for (auto* candidate : window_.findChildren<QPushButton*>()) {
            if (candidate->isVisible() && candidate->text() == text) {
                return candidate;
            }
        }
        return nullptr;
    }
    // What the bars say that are on screen.
    QString message()
    {
        QStringList titles;
        for (auto* bar : window_.findChildren<style::MessageBar*>()) {
            if (bar->isVisible()) {
                titles.append(bar->title());
            }
        }
        return titles.join(u'\n');
    }
    void shoot(const char* name)
    {
        const QString folder = qEnvironmentVariable("REELMEND_SHOTS");
        if (!folder.isEmpty() && QDir().mkpath(folder)) {
            QTest::qWait(400); // pictures on their way to lists
            window_.grab().save(QDir(folder).filePath(QString::fromLatin1(name) + u".png"));
        }
    }

private:
    session::Settings settings_;
    desktop::Workbench workbench_;
    desktop::MainWindow window_;
};

void drag(QWidget* widget, QPoint from, QPoint to)
{
    QTest::mousePress(widget, Qt::LeftButton, {}, from);
    for (int i = 1; i <= 8; ++i) {
        QTest::mouseMove(widget, from + (to - from) * i / 8);
    }
    QTest::mouseRelease(widget, Qt::LeftButton, {}, to);
}

} // namespace

class TestEndToEnd : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void openPaintEnhanceCompareReopen();
    void aKilledJobIsSaidAndStartedAgain();

private:
    QTemporaryDir folder_{QDir::temp().filePath(QStringLiteral("reelmend é 日本 XXXXXX"))};
};

void TestEndToEnd::initTestCase()
{
    if (qEnvironmentVariable("REELMEND_CLI").isEmpty()) {
        QSKIP("skipped: reelmend-cli was not built");
    }
    qputenv("REELMEND_DATA_DIR", folder_.filePath(QStringLiteral("data")).toUtf8());
    qputenv("REELMEND_RESOURCES_DIR", folder_.filePath(QStringLiteral("none")).toUtf8()); // the classical model
    qputenv("REELMEND_CACHE_DIR", folder_.filePath(QStringLiteral("cache")).toUtf8());
    style::applyTheme(*qApp, style::Theme::kDark);
    // Another clip in the sample's place, to look at pictures of real footage.
    const QString clip = qEnvironmentVariable("REELMEND_TEST_CLIP");
    if (!clip.isEmpty()) {
        QVERIFY(QDir().mkpath(QFileInfo(desktop::SampleMaker::file()).absolutePath()));
        QVERIFY(QFile::copy(clip, desktop::SampleMaker::file()));
    }
}

void TestEndToEnd::openPaintEnhanceCompareReopen()
{
    QString clip, result;
    {
        Program program(folder_);
        QVERIFY(program.isReady());
        program.shoot("1-start");
        QTest::mouseClick(program.button(QStringLiteral("Open the sample")), Qt::LeftButton);
        QVERIFY2(program.isShowing(), qPrintable(program.message()));
        clip = program.workbench().document().session().path;
        viewer::Viewer* canvas = &program.editor().viewer();
        const video::ClipInfo info = program.workbench().document().info();
        const double w = info.displayWidth(), h = info.displayHeight();
        QVERIFY(w > 0 && info.frameCount() > 20);

        // In and out by keys: twelve frames from the fifth.
        auto& player = program.editor().player();
        player.seek(4);
        QTest::keyClick(&program.window(), Qt::Key_I);
        player.seek(15);
        QTest::keyClick(&program.window(), Qt::Key_O);
        QCOMPARE(program.workbench().document().range(), (base::FrameRange{4, 16}));
        QVERIFY(program.isShowing());

        const auto at = [canvas](double x, double y) { return canvas->view().toWidget(QPointF(x, y)).toPoint(); };
        program.editor().tools().setKind(masks::ToolKind::kBrush);
        // Over the boat of the sample, sail and hull.
        program.editor().tools().setBrush({static_cast<int>(w * 0.09), 80});
        drag(canvas, at(w * 0.28, h * 0.4), at(w * 0.28, h * 0.56));
        drag(canvas, at(w * 0.24, h * 0.56), at(w * 0.34, h * 0.56));
        QVERIFY(!program.editor().mask().isEmpty());
        program.shoot("2-mask");

        // A preview of this frame, by its key; the same key goes back to the source.
        QTest::keyClick(&program.window(), Qt::Key_P);
        QVERIFY2(QTest::qWaitFor([&] { return program.editor().isShowingPreview(); }, kPatience),
            qPrintable(program.message()));
        program.shoot("3-preview");
        QTest::keyClick(&program.window(), Qt::Key_P);
        QVERIFY(!program.editor().isShowingPreview());

        QTest::mouseClick(program.button(QStringLiteral("Enhance in to out")), Qt::LeftButton);
        QVERIFY2(QTest::qWaitFor([&] { return program.workbench().jobs().current() != nullptr; }, kPatience),
            qPrintable(program.message()));
        QTRY_VERIFY(program.button(QStringLiteral("Cancel")) != nullptr || program.editor().isComparing());
        program.shoot("4-running");
        QVERIFY2(QTest::qWaitFor([&] { return program.editor().isComparing(); }, kPatience),
            qPrintable(program.message()));
        result = program.workbench().jobs().job(0).result;
        QVERIFY(QFile::exists(result));
        QVERIFY(program.message().contains(QStringLiteral("Finished: 12 frames")));

        compare::SplitView& split = program.editor().splitView();
        QSignalSpy pair(&split, &compare::SplitView::pairPainted);
        QTRY_VERIFY_WITH_TIMEOUT(pair.count() > 0 || split.frame() == player.frame(), kPatience);
        QCOMPARE(split.frame(), player.frame());
        const QPoint handle = split.geometryOfSplit().handle.toPoint();
        drag(&split, handle, handle - QPoint(380, 0)); // uncovers where the boat was
        QVERIFY(split.position() < 0.45);
        program.shoot("5-compare");
        QTest::keyClick(&program.window(), Qt::Key_C); // back to painting
        QVERIFY(!program.editor().isComparing());
    }

    Program program(folder_);
    QVERIFY(program.isReady());
    program.workbench().open(program.workbench().recent().files().first().path);
    QVERIFY(program.isShowing());
    QCOMPARE(program.workbench().document().session().path, clip);
    QCOMPARE(program.workbench().document().range(), (base::FrameRange{4, 16}));
    QVERIFY(!program.editor().mask().isEmpty());
    QTRY_COMPARE_WITH_TIMEOUT(program.workbench().jobs().rowCount(), 1, kPatience);
    QCOMPARE(program.workbench().jobs().job(0).result, result);
    auto* list = program.editor().panel().findChild<tasks::ResultList*>();
    list->setFocus();
    list->setCurrentIndex(list->model()->index(0, 0));
    QTest::keyClick(list, Qt::Key_Return);
    QVERIFY(program.editor().isComparing());
    program.shoot("6-reopened");
}

void TestEndToEnd::aKilledJobIsSaidAndStartedAgain()
{
    Program program(folder_);
    QVERIFY(program.isReady());
    program.workbench().open(program.workbench().recent().files().first().path);
    QVERIFY(program.isShowing());
    QTRY_VERIFY_WITH_TIMEOUT(program.workbench().jobs().isKnown(), kPatience);
    auto settings = program.workbench().document().settings();
    settings.task = jobs::Task::kUpscale;
    settings.scale = 4;
    settings.range = session::RangeChoice::kWholeClip;
    program.workbench().document().changeSettings(settings, QStringLiteral("test"));
    QTest::keyClick(&program.window(), Qt::Key_R, Qt::ControlModifier);
    const auto& list = program.workbench().jobs();
    QVERIFY2(QTest::qWaitFor([&] { return list.current() != nullptr && list.current()->done > 0; }, kPatience),
        qPrintable(program.message()));
    const QString id = list.current()->id;
    QFile lock(list.current()->folder + u"/lock");
    QVERIFY(lock.open(QIODevice::ReadOnly));
    const int process = lock.readAll().trimmed().toInt();
    QVERIFY(process > 1);
    QCOMPARE(kill(process, SIGKILL), 0);

    QVERIFY2(QTest::qWaitFor(
                 [&] { return program.message().contains(QStringLiteral("Interrupted at frame")); }, kPatience),
        qPrintable(program.message()));
    program.shoot("7-interrupted");
    QTest::mouseClick(program.button(QStringLiteral("Start again")), Qt::LeftButton);
    QVERIFY2(QTest::qWaitFor(
                 [&] {
                     return list.current() != nullptr && list.current()->id == id &&
                            list.current()->state == jobs::JobState::kRunning;
                 },
                 kPatience),
        qPrintable(program.message()));
    QTest::mouseClick(program.button(QStringLiteral("Cancel")), Qt::LeftButton);
    QVERIFY(QTest::qWaitFor([&] { return list.find(id)->state == jobs::JobState::kCancelled; }, kPatience));
    QVERIFY(program.message().contains(QStringLiteral("Cancelled at frame")));
    program.shoot("8-cancelled");
}

QTEST_MAIN(TestEndToEnd)
#include "test_end_to_end.moc"
