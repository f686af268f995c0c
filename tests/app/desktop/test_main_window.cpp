#include "app/desktop/main_window.h"

#include <QAbstractButton>
#include <QAbstractSpinBox>
#include <QAction>
#include <QApplication>
#include <QDir>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QPainter>
#include <QShortcut>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

#include "app/desktop/actions.h"
#include "app/desktop/editor_page.h"
#include "app/desktop/workbench.h"
#include "tests/ui/support/fake_engine.h"
#include "ui/masks/mask_tools.h"
#include "ui/style/message_bar.h"
#include "ui/style/number_field.h"
#include "ui/style/style.h"
#include "ui/tasks/task_panel.h"
#include "ui/viewer/viewer.h"

using namespace reelmend;
using namespace reelmend::ui;
using Json = nlohmann::json;
using namespace nlohmann::literals;
using session::EngineClient;

namespace {

constexpr int kFrames = 24;
constexpr QSize kSize(320, 180);

// A whole program on a folder of its own: settings, data and a clip of numbered pictures.
class Program {
public:
    explicit Program(const QTemporaryDir& folder)
        : settings_(folder.filePath(QStringLiteral("settings.ini")))
    {
        settings_.setEnginePath(test::FakeEngine::program());
        workbench_ = std::make_unique<desktop::Workbench>(settings_);
        window_ = std::make_unique<desktop::MainWindow>(*workbench_);
        window_->resize(1280, 800);
        window_->show();
    }
    ~Program()
    {
        window_->close();
        window_.reset();
        workbench_.reset();
    }

    desktop::Workbench& workbench() { return *workbench_; }
    desktop::MainWindow& window() { return *window_; }
    desktop::EditorPage& editor() { return window_->editor(); }
    session::Settings& settings() { return settings_; }

    bool startEngine()
    {
        workbench_->engine().start();
        return QTest::qWaitFor([this] { return workbench_->engine().isReady(); }, 10000);
    }
    bool open(const QString& path)
    {
        QSignalSpy painted(&editor().viewer(), &viewer::Viewer::framePainted);
        workbench_->open(path);
        return QTest::qWaitFor([&] { return workbench_->document().isOpen() && painted.count() > 0; }, 20000);
    }
    // Where a picture pixel lies in the viewer.
    QPoint at(double x, double y) { return editor().viewer().view().toWidget(QPointF(x, y)).toPoint(); }
    void paintStroke()
    {
        editor().tools().setKind(masks::ToolKind::kBrush);
        viewer::Viewer* canvas = &editor().viewer();
        QTest::mousePress(canvas, Qt::LeftButton, {}, at(60, 60));
        QTest::mouseMove(canvas, at(120, 90));
        QTest::mouseRelease(canvas, Qt::LeftButton, {}, at(160, 90));
    }
    // What the bars say that are on screen.
    QString message()
    {
        QStringList titles;
        for (auto* bar : window_->findChildren<style::MessageBar*>()) {
            if (bar->isVisible()) {
                titles.append(bar->title());
            }
        }
        return titles.join(u'\n');
    }
    QPushButton* button(const QString& text)
    {
        for (auto* candidate : window_->findChildren<QPushButton*>()) {
            if (candidate->isVisible() && candidate->text() == text) {
                return candidate;
            }
        }
        return nullptr;
    }

private:
    session::Settings settings_;
    std::unique_ptr<desktop::Workbench> workbench_;
    std::unique_ptr<desktop::MainWindow> window_;
};

} // namespace

class TestMainWindow : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void waitsOnTheStartPage();
    void opensNumberedPictures();
    void saysWhatCannotBeOpened_data();
    void saysWhatCannotBeOpened();
    void aBadFileLeavesTheOpenClip();
    void paintingIsKeptAndTakenBack();
    void enhanceSendsWhatTheWindowShows();
    void enhanceWithoutAMaskPointsAtTheMask();
    void aPreviewIsShownAndTakenAway();
    void closingAndReopeningFindsEverything();
    void aMissingEngineIsSaidAndTriedAgain();
    void lettersStayInTextFields();
    void panelsAreReachedByF6();
    void noTwoCommandsShareKeys();
    void everyKeyIsDocumented();
    void aJobOfAClosedClipIsToldAtTheStart();
    void everythingHasAName();
    void themesChangeWhileOpen();

private:
    QTemporaryDir folder_;
    QString clip_;
    std::unique_ptr<QTemporaryDir> own_;
    std::unique_ptr<test::FakeEngine> fake_; // the environment and the log of calls; its own client stays off
};

void TestMainWindow::initTestCase()
{
    style::applyTheme(*qApp, style::Theme::kDark);
    QDir folder(folder_.path());
    QVERIFY(folder.mkpath(QStringLiteral("日本語 é/plate 041")) && folder.cd(QStringLiteral("日本語 é/plate 041")));
    for (int i = 0; i < kFrames; ++i) {
        QImage picture(kSize, QImage::Format_RGB32);
        picture.fill(QColor(40 + 4 * i, 90, 120));
        QPainter painter(&picture);
        painter.fillRect(10 * i, 60, 40, 40, Qt::white);
        painter.end();
        QVERIFY(picture.save(folder.filePath(QStringLiteral("plate.%1.png").arg(i, 4, 10, QChar(u'0')))));
    }
    clip_ = folder.path();
}

void TestMainWindow::init()
{
    own_ = std::make_unique<QTemporaryDir>();
    qputenv("REELMEND_DATA_DIR", own_->filePath(QStringLiteral("data")).toUtf8());
    qputenv("REELMEND_CACHE_DIR", own_->filePath(QStringLiteral("cache")).toUtf8());
    fake_ = std::make_unique<test::FakeEngine>();
}

void TestMainWindow::waitsOnTheStartPage()
{
    Program program(*own_);
    QVERIFY(program.startEngine());
    QVERIFY(program.button(QStringLiteral("Open…")) != nullptr);
    QVERIFY(program.button(QStringLiteral("Open the sample")) != nullptr);
    QCOMPARE(program.message(), QString());
    QCOMPARE(program.window().windowTitle(), QStringLiteral("Reelmend"));
}

void TestMainWindow::opensNumberedPictures()
{
    Program program(*own_);
    QVERIFY(program.open(clip_));
    QCOMPARE(program.workbench().document().frameCount(), qint64(kFrames));
    QCOMPARE(program.editor().player().frameCount(), std::int64_t(kFrames));
    QVERIFY(program.window().windowTitle().startsWith(QStringLiteral("plate")));
    QCOMPARE(program.workbench().recent().files().size(), 1);
    QTest::keyClick(&program.window(), Qt::Key_Right, Qt::ShiftModifier);
    QCOMPARE(program.editor().player().frame(), std::int64_t(10));
    QTest::keyClick(&program.window(), Qt::Key_I);
    QCOMPARE(program.workbench().document().range(), (base::FrameRange{10, kFrames}));
    program.workbench().document().undoStack().undo();
    QCOMPARE(program.editor().player().range(), (base::FrameRange{0, kFrames}));
}

void TestMainWindow::saysWhatCannotBeOpened_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("empty file") << QStringLiteral("empty.mp4") << QByteArray("");
    QTest::newRow("text named .mp4") << QStringLiteral("text é.mp4") << QByteArray("Dear diary, today I enhanced.\n");
    QTest::newRow("missing file") << QStringLiteral("gone.mp4") << QByteArray();
    QTest::newRow("folder without images") << QStringLiteral("folder") << QByteArray();
}

void TestMainWindow::saysWhatCannotBeOpened()
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

void TestMainWindow::aBadFileLeavesTheOpenClip()
{
    Program program(*own_);
    QVERIFY(program.open(clip_));
    QSignalSpy failed(&program.workbench(), &desktop::Workbench::openFailed);
    program.workbench().open(own_->filePath(QStringLiteral("gone.mp4")));
    QVERIFY(failed.wait(10000));
    QVERIFY(program.workbench().document().isOpen());
    QVERIFY(!program.message().isEmpty());
}

void TestMainWindow::paintingIsKeptAndTakenBack()
{
    Program program(*own_);
    QVERIFY(program.open(clip_));
    program.paintStroke();
    QVERIFY(!program.editor().mask().isEmpty());
    QCOMPARE(program.workbench().document().session().maskKind, session::MaskKind::kPainted);
    QTest::keyClick(&program.window(), Qt::Key_Z, Qt::ControlModifier);
    QVERIFY(program.editor().mask().isEmpty());
    QCOMPARE(program.workbench().document().session().maskKind, session::MaskKind::kNone);
    QTest::keyClick(&program.window(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(program.workbench().document().session().maskKind, session::MaskKind::kPainted);
}

void TestMainWindow::enhanceSendsWhatTheWindowShows()
{
    Program program(*own_);
    QVERIFY(program.startEngine());
    QVERIFY(program.open(clip_));
    program.paintStroke();
    program.editor().player().setRange({4, 12});
    auto settings = program.workbench().document().settings();
    settings.strengthPercent = 40;
    settings.quality = jobs::Quality::kDraft;
    program.workbench().document().changeSettings(settings, QStringLiteral("test"));
    QTest::keyClick(&program.window(), Qt::Key_R, Qt::ControlModifier);
    QTRY_VERIFY(program.workbench().jobs().rowCount() == 1);
    const Json request = fake_->lastCall("job.start")["request"];
    QCOMPARE(request["input"].get<std::string>(), program.workbench().document().session().path.toStdString());
    QCOMPARE(request["task"].get<std::string>(), std::string("inpaint"));
    QCOMPARE(request["range"].dump(), std::string("[4,12]"));
    QCOMPARE(request["strength"].get<double>(), 0.4);
    QCOMPARE(request["quality"].get<std::string>(), std::string("draft"));
    QVERIFY(
        QString::fromStdString(request["output"].get<std::string>()).endsWith(QStringLiteral("plate_remove_v1.mp4")));
    const QImage sent(QString::fromStdString(request["mask"].get<std::string>()));
    QCOMPARE(sent.size(), kSize);
    QCOMPARE(sent.convertToFormat(QImage::Format_Grayscale16), program.editor().mask().image());

    // Later strokes do not reach into the job that was started.
    program.editor().mask().clear();
    QTRY_VERIFY(!QImage(QString::fromStdString(request["mask"].get<std::string>())).isNull());
}

void TestMainWindow::enhanceWithoutAMaskPointsAtTheMask()
{
    Program program(*own_);
    QVERIFY(program.startEngine());
    QVERIFY(program.open(clip_));
    QTest::keyClick(&program.window(), Qt::Key_R, Qt::ControlModifier);
    QTRY_VERIFY(program.message().contains(QStringLiteral("There is nothing to remove yet.")));
    QVERIFY(fake_->lastCall("job.start").empty());
    program.paintStroke();
    QVERIFY(!program.message().contains(QStringLiteral("There is nothing to remove yet.")));
}

void TestMainWindow::aPreviewIsShownAndTakenAway()
{
    Program program(*own_);
    QVERIFY(program.startEngine());
    QVERIFY(program.open(clip_));
    program.paintStroke();
    program.editor().player().seek(5);
    QTest::keyClick(&program.window(), Qt::Key_P);
    QTRY_COMPARE(fake_->lastCall("job.start").value("/request/purpose"_json_pointer, ""), std::string("preview"));
    QCOMPARE(fake_->lastCall("job.start")["request"]["range"].dump(), std::string("[5,6]"));
    QTRY_VERIFY(!fake_->lastCall("job.watch").empty());
    const std::string job = fake_->lastCall("job.watch").value("job", "");
    QImage made(kSize, QImage::Format_RGB32);
    made.fill(Qt::red);
    const QString picture = own_->filePath(QStringLiteral("made.png"));
    QVERIFY(made.save(picture));
    const auto tell = [&](Json event) {
        static int sequence = 0;
        event["seq"] = ++sequence;
        event["time"] = "";
        test::FakeEngine::sayThrough(
            program.workbench().engine(), {{"type", "event"}, {"job", job}, {"event", event}});
    };
    tell({{"type", "state"}, {"state", "running"}});
    tell({{"type", "preview"}, {"frame", 5}, {"path", picture.toStdString()}});
    tell({{"type", "result"}, {"path", picture.toStdString()}, {"frames", 1}, {"seconds", 2.0}});
    tell({{"type", "state"}, {"state", "finished"}});
    QTRY_VERIFY(program.editor().isShowingPreview());
    QTRY_COMPARE(fake_->lastCall("job.remove").value("job", ""), job); // leaves nothing behind
    QCOMPARE(program.workbench().jobs().rowCount(), 0);
    QTest::keyClick(&program.window(), Qt::Key_P);
    QVERIFY(!program.editor().isShowingPreview());
    QTest::keyClick(&program.window(), Qt::Key_P);
    QVERIFY(program.editor().isShowingPreview());
    program.paintStroke();
    program.editor().mask().invert(); // another mask: it no longer shows what a run would make
    QVERIFY(!program.editor().isShowingPreview());

    QTest::keyClick(&program.window(), Qt::Key_P);
    QTRY_VERIFY(program.button(QStringLiteral("Cancel the preview")) != nullptr);
    const auto watched = [this] {
        const auto calls = fake_->calls();
        return std::count_if(
            calls.begin(), calls.end(), [](const Json& c) { return c.value("call", "") == "job.watch"; });
    };
    QTRY_COMPARE(watched(), 2); // the second preview's job is known
    QTest::keyClick(&program.window(), Qt::Key_P);
    QTRY_COMPARE(fake_->lastCall("job.control").value("command", ""), std::string("cancel"));
}

void TestMainWindow::closingAndReopeningFindsEverything()
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

void TestMainWindow::aMissingEngineIsSaidAndTriedAgain()
{
    qputenv("PATH", "/nowhere");
    qunsetenv("REELMEND_CLI");
    Program program(*own_);
    program.settings().setEnginePath(QStringLiteral("/nowhere/reelmend-cli"));
    program.workbench().engine().start();
    if (program.workbench().engine().state() == EngineClient::State::kMissing) { // the start page shows both ways on
        QVERIFY(program.button(QStringLiteral("Try again")) != nullptr);
        QTRY_VERIFY(program.button(QStringLiteral("Choose the engine…")) != nullptr);
    }
    QVERIFY(program.open(clip_));
    if (program.workbench().engine().state() == EngineClient::State::kStarting) {
        QSKIP("skipped: there is a reelmend-cli beside this test");
    }
    QVERIFY2(program.message().contains(QStringLiteral("The engine was not found.")), qPrintable(program.message()));
    program.paintStroke(); // everything else goes on
    QVERIFY(!program.editor().mask().isEmpty());
    program.settings().setEnginePath(test::FakeEngine::program());
    QTest::mouseClick(program.button(QStringLiteral("Try again")), Qt::LeftButton);
    QTRY_VERIFY(program.workbench().engine().isReady());
    QVERIFY(!program.message().contains(QStringLiteral("The engine was not found.")));
}

void TestMainWindow::lettersStayInTextFields()
{
    Program program(*own_);
    QVERIFY(program.startEngine());
    QVERIFY(program.open(clip_));
    program.paintStroke();
    auto* box = program.editor().panel().findChild<style::NumberBox*>();
    QVERIFY(box != nullptr);
    box->setFocus();
    program.editor().tools().setKind(masks::ToolKind::kBrush);
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_E);
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_P);
    QCOMPARE(program.editor().tools().kind(), masks::ToolKind::kBrush);
    QVERIFY(fake_->lastCall("job.start").empty());
    program.editor().viewer().setFocus();
    QTest::keyClick(&program.editor().viewer(), Qt::Key_E);
    QCOMPARE(program.editor().tools().kind(), masks::ToolKind::kEraser);
}

void TestMainWindow::panelsAreReachedByF6()
{
    Program program(*own_);
    QVERIFY(program.open(clip_));
    program.window().activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&program.window()));
    const QList<QWidget*> panels = program.editor().panels();
    QSet<QWidget*> reached;
    for (qsizetype i = 0; i < panels.size() + 1; ++i) {
        QTest::keyClick(&program.window(), Qt::Key_F6);
        for (QWidget* panel : panels) {
            if (panel == QApplication::focusWidget() || panel->isAncestorOf(QApplication::focusWidget())) {
                reached.insert(panel);
            }
        }
    }
    QCOMPARE(reached.size(), panels.size());
}

void TestMainWindow::noTwoCommandsShareKeys()
{
    Program program(*own_);
    QHash<QString, QString> taken;
    const auto take = [&taken](const QKeySequence& keys, const QString& name) {
        if (!keys.isEmpty()) {
            const QString text = keys.toString(QKeySequence::PortableText);
            QVERIFY2(!taken.contains(text), qPrintable(text + u": " + name + u" and " + taken.value(text)));
            taken.insert(text, name);
        }
    };
    for (const QAction* action : program.window().actions()) {
        for (const QKeySequence& keys : action->shortcuts()) {
            take(keys, action->text());
        }
    }
    for (const QShortcut* shortcut : program.window().findChildren<QShortcut*>()) {
        take(shortcut->key(), QString::fromLatin1(shortcut->parent()->metaObject()->className()));
    }
    QVERIFY(taken.size() > 20);
}

void TestMainWindow::everyKeyIsDocumented()
{
    QFile file(QStringLiteral(REELMEND_SOURCE_DIR "/docs/keyboard.md"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QString page = QString::fromUtf8(file.readAll());
    Program program(*own_);
    const auto* actions = program.window().findChild<desktop::Actions*>();
    QVERIFY(actions != nullptr);
    int count = 0;
    for (const desktop::Actions::Group& group : actions->groups()) {
        QVERIFY2(page.contains(QStringLiteral("| %1 | |").arg(group.name)), qPrintable(group.name));
        for (const QAction* action : group.actions) {
            const QString row = QStringLiteral("| %1 | %2")
                                    .arg(action->text().section(u'\t', 0, 0), desktop::Actions::keysOf(*action));
            QVERIFY2(page.contains(row), qPrintable(row));
            ++count;
        }
    }
    QVERIFY(count > 30);
}

void TestMainWindow::aJobOfAClosedClipIsToldAtTheStart()
{
    fake_ = std::make_unique<test::FakeEngine>(
        QString(), Json::array({test::jobObject(QStringLiteral("a"), QStringLiteral("running"),
                       clip_ + u"/plate.%04d.png", clip_ + u"/plate_remove_v1.mp4")}));
    Program program(*own_);
    QVERIFY(program.startEngine());
    QTRY_VERIFY(program.message().contains(QStringLiteral("is being enhanced: 24 of 96 frames.")));
    test::FakeEngine::sayThrough(program.workbench().engine(), {{"type", "interrupted"}, {"job", "a"}});
    QTRY_VERIFY(program.message().contains(QStringLiteral("interrupted at frame 24 of 96.")));
    QSignalSpy painted(&program.editor().viewer(), &viewer::Viewer::framePainted);
    QTest::mouseClick(program.button(QStringLiteral("Open the clip")), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(program.workbench().document().isOpen() && painted.count() > 0, 20000);
}

void TestMainWindow::everythingHasAName()
{
    Program program(*own_);
    const auto check = [&program] {
        for (QWidget* widget : program.window().findChildren<QWidget*>()) {
            if (!widget->isVisible() || !(widget->focusPolicy() & Qt::TabFocus) ||
                qobject_cast<QAbstractSpinBox*>(widget->parentWidget()) != nullptr) {
                continue;
            }
            const auto* button = qobject_cast<QAbstractButton*>(widget);
            const bool isNamed =
                !widget->accessibleName().isEmpty() || (button != nullptr && !button->text().isEmpty());
            QVERIFY2(isNamed, qPrintable(QString::fromLatin1(widget->metaObject()->className()) + u" in " +
                                         QString::fromLatin1(widget->parentWidget()->metaObject()->className())));
        }
    };
    check();
    QVERIFY(program.open(clip_));
    check();
}

void TestMainWindow::themesChangeWhileOpen()
{
    Program program(*own_);
    QVERIFY(program.open(clip_));
    const QColor dark = program.window().grab().toImage().pixelColor(200, 50);
    style::applyTheme(*qApp, style::Theme::kLight);
    QApplication::processEvents();
    const QColor light = program.window().grab().toImage().pixelColor(200, 50);
    style::applyTheme(*qApp, style::Theme::kDark);
    QVERIFY(light.lightness() > dark.lightness() + 100);
}

QTEST_MAIN(TestMainWindow)
#include "test_main_window.moc"
