// What people read has room: in the smallest window, in every language, for every task, nothing lies outside its
// panel and no word is cut.
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QTranslator>

#include <memory>

#include "app/desktop/editor_page.h"
#include "app/desktop/main_window.h"
#include "app/desktop/start_page.h"
#include "app/desktop/workbench.h"
#include "tests/ui/support/fake_engine.h"
#include "ui/style/labels.h"
#include "ui/style/message_bar.h"
#include "ui/style/style.h"
#include "ui/tasks/task_panel.h"
#include "ui/viewer/view_bar.h"

using namespace reelmend;
using namespace reelmend::ui;

class TestWordsFit : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void theSmallestWindow_data();
    void theSmallestWindow();
    void comparingInTheSmallestWindow_data();
    void comparingInTheSmallestWindow();
    void theStartPageInTheSmallestWindow_data();
    void theStartPageInTheSmallestWindow();
    void remarksAreToldInTheUsersLanguage();

private:
    void makeWindow();
    void shoot(const QString& name) const;
    void open(const std::vector<std::string>& remarks, jobs::Task task);
    void checkInside(const QWidget* panel) const;

    QTemporaryDir folder_;
    QTranslator german_;
    std::unique_ptr<test::FakeEngine> fake_;
    std::unique_ptr<session::Settings> settings_;
    std::unique_ptr<desktop::Workbench> workbench_;
    std::unique_ptr<desktop::MainWindow> window_;
};

void TestWordsFit::initTestCase()
{
    style::applyTheme(*qApp, style::Theme::kDark);
    QVERIFY(german_.load(QStringLiteral(REELMEND_GERMAN)));
    qputenv("REELMEND_DATA_DIR", folder_.filePath(QStringLiteral("data")).toUtf8());
    qputenv("REELMEND_CACHE_DIR", folder_.filePath(QStringLiteral("cache")).toUtf8());
    const QDir pictures(folder_.path());
    QVERIFY(pictures.mkpath(QStringLiteral("plate")));
    for (int i = 0; i < 3; ++i) {
        QImage picture(720, 576, QImage::Format_RGB32);
        picture.fill(QColor(40, 90, 120));
        QVERIFY(picture.save(folder_.filePath(QStringLiteral("plate/plate.%1.png").arg(i, 4, 10, QChar(u'0')))));
    }
}

void TestWordsFit::makeWindow()
{
    window_.reset();
    workbench_.reset();
    fake_ = std::make_unique<test::FakeEngine>(QStringLiteral("lite"));
    settings_ = std::make_unique<session::Settings>(folder_.filePath(QStringLiteral("settings.ini")));
    settings_->setEnginePath(test::FakeEngine::program());
    workbench_ = std::make_unique<desktop::Workbench>(*settings_);
    window_ = std::make_unique<desktop::MainWindow>(*workbench_);
    window_->resize(window_->minimumSize());
    window_->show();
    workbench_->engine().start();
    QVERIFY(QTest::qWaitFor([this] { return workbench_->engine().isReady(); }, 10000));
}

// A picture for a person to look at, when $REELMEND_SHOTS names a folder.
void TestWordsFit::shoot(const QString& name) const
{
    const QString shots = qEnvironmentVariable("REELMEND_SHOTS");
    if (!shots.isEmpty()) {
        QTest::qWait(300);
        window_->grab().save(QDir(shots).filePath(u"words-" + name + u".png"));
    }
}

// Interlaced HLG footage, so that every row and every label is there.
void TestWordsFit::open(const std::vector<std::string>& remarks, jobs::Task task)
{
    makeWindow();
    video::ClipInfo info;
    info.path = folder_.filePath(QStringLiteral("plate")).toStdString();
    info.header.width = 720;
    info.header.height = 576;
    info.header.frameRate = {25, 1};
    info.header.frameCount = 3;
    info.header.fieldOrder = video::FieldOrder::kTopFirst;
    info.header.colour.transfer = video::Transfer::kHlg;
    info.scan.emplace();
    info.scan->frameCount = 3;
    info.scan->frameRate = {25, 1};
    info.scan->remarks = remarks;
    session::ClipSession clip;
    clip.path = QString::fromStdString(info.path);
    clip.settings.task = task;
    workbench_->document().open(info, clip);
    QCoreApplication::processEvents();
    QTest::qWait(20); // the layouts
}

void TestWordsFit::checkInside(const QWidget* panel) const
{
    for (const QWidget* widget : panel->findChildren<QWidget*>()) {
        const QWidget* parent = widget->parentWidget();
        if (!widget->isVisible() || widget->isWindow()) {
            continue;
        }
        const QString name = QStringLiteral("%1 \"%2\" in %3")
                                 .arg(QLatin1String(widget->metaObject()->className()), widget->accessibleName(),
                                     QLatin1String(parent->metaObject()->className()));
        QVERIFY2(widget->x() >= 0 && widget->x() + widget->width() <= parent->width(), qPrintable(name));
        if (parent->objectName() != u"qt_scrollarea_viewport") { // whose content is meant to be higher
            QVERIFY2(widget->y() >= 0 && widget->y() + widget->height() <= parent->height(), qPrintable(name));
        }
        const auto* label = qobject_cast<const style::TextLabel*>(widget);
        if (label != nullptr && !label->text().endsWith(u".mp4")) { // long names of files are cut and have a tip
            QVERIFY2(label->width() >= label->minimumSizeHint().width(), qPrintable(label->text()));
        }
        const auto* plain = qobject_cast<const QLabel*>(widget);
        if (plain != nullptr && !plain->wordWrap()) {
            QVERIFY2(plain->width() >= plain->sizeHint().width(), qPrintable(plain->text()));
        }
        const auto* button = qobject_cast<const QToolButton*>(widget);
        if (button != nullptr && !button->text().isEmpty()) {
            QVERIFY2(button->width() >= button->fontMetrics().horizontalAdvance(button->text()),
                qPrintable(button->text()));
        }
    }
}

void TestWordsFit::theSmallestWindow_data()
{
    QTest::addColumn<bool>("isGerman");
    QTest::addColumn<int>("task");
    for (const bool isGerman : {false, true}) {
        for (const jobs::Task task : {jobs::Task::kUpscale, jobs::Task::kInpaint, jobs::Task::kRestore,
                 jobs::Task::kRepair, jobs::Task::kHarmonise}) {
            QTest::addRow("%s, task %d", isGerman ? "German" : "English", static_cast<int>(task))
                << isGerman << static_cast<int>(task);
        }
    }
}

void TestWordsFit::theSmallestWindow()
{
    QFETCH(bool, isGerman);
    QFETCH(int, task);
    if (isGerman) {
        QApplication::installTranslator(&german_);
    }
    open({}, static_cast<jobs::Task>(task));
    QApplication::removeTranslator(&german_);
    auto& editor = window_->editor();
    for (const auto* area : editor.panel().findChildren<QScrollArea*>()) {
        QVERIFY(area->widget()->width() <= area->viewport()->width());
        QCOMPARE(area->horizontalScrollBar()->maximum(), 0);
        QCOMPARE(area->widget()->pos(), QPoint(0, 0)); // and begins at its top
    }
    checkInside(&editor.panel());
    const auto* bar = editor.findChild<viewer::ViewBar*>();
    checkInside(bar->parentWidget());
    checkInside(bar);
    shoot(QString::fromLatin1(QTest::currentDataTag()).replace(u' ', u'-'));
}

void TestWordsFit::comparingInTheSmallestWindow_data()
{
    QTest::addColumn<bool>("isGerman");
    QTest::newRow("English") << false;
    QTest::newRow("German") << true;
}

void TestWordsFit::comparingInTheSmallestWindow()
{
    QFETCH(bool, isGerman);
    if (isGerman) {
        QApplication::installTranslator(&german_);
    }
    open({}, jobs::Task::kHarmonise);
    session::Job job;
    job.id = QStringLiteral("20261121-051403-100001");
    job.state = jobs::JobState::kFinished;
    job.result = folder_.filePath(QStringLiteral("plate"));
    job.request.output = folder_.filePath(QStringLiteral("plate_match_v123.mkv")).toStdString();
    job.done = job.total = 3;
    window_->editor().compare(job);
    QTest::qWait(20);
    QApplication::removeTranslator(&german_);
    shoot(isGerman ? QStringLiteral("compare-de") : QStringLiteral("compare"));
    QVERIFY(window_->editor().isComparing());
    for (QWidget* panel : window_->editor().panels()) {
        checkInside(panel);
        for (const auto* label : panel->findChildren<style::TextLabel*>()) {
            const bool isFile = label->text().contains(u'.') || panel == &window_->editor().panel();
            QVERIFY2(isFile || !label->isVisible() || label->width() >= label->sizeHint().width(),
                qPrintable(label->text()));
        }
    }
    checkInside(window_->editor().findChild<viewer::ViewBar*>()->parentWidget());
}

void TestWordsFit::theStartPageInTheSmallestWindow_data()
{
    comparingInTheSmallestWindow_data();
}

void TestWordsFit::theStartPageInTheSmallestWindow()
{
    QFETCH(bool, isGerman);
    if (isGerman) {
        QApplication::installTranslator(&german_);
    }
    makeWindow();
    for (int i = 0; i < 8; ++i) {
        workbench_->recent().add(folder_.filePath(QStringLiteral("plate/%1.mp4").arg(i)), {720, 576, {25, 1}, 3});
    }
    QTest::qWait(20);
    shoot(isGerman ? QStringLiteral("start-de") : QStringLiteral("start"));
    for (const auto* area : window_->findChildren<QScrollArea*>()) { // the list of clips scrolls, the page does not
        QVERIFY(!area->isVisible() || area->verticalScrollBar()->maximum() == 0);
    }
    auto* page = window_->findChild<desktop::StartPage*>();
    QVERIFY(page->isVisible());
    checkInside(page);
    for (const auto* label : page->findChildren<style::TextLabel*>()) {
        QVERIFY2(label->width() >= label->sizeHint().width(), qPrintable(label->text()));
    }
    window_->activateWindow();
    QTest::keyClick(window_.get(), Qt::Key_F1);
    QApplication::removeTranslator(&german_);
    shoot(isGerman ? QStringLiteral("keys-de") : QStringLiteral("keys"));
}

void TestWordsFit::remarksAreToldInTheUsersLanguage()
{
    const std::string untagged = "The colours are not tagged; BT.709, limited range is assumed for viewing.";
    const auto message = [this] {
        for (const auto* bar : window_->findChildren<style::MessageBar*>()) {
            if (bar->isVisible()) {
                return bar;
            }
        }
        return static_cast<const style::MessageBar*>(nullptr);
    };
    open({untagged}, jobs::Task::kRestore);
    QVERIFY(message() != nullptr);
    QCOMPARE(message()->kind(), style::MessageKind::kInfo); // nothing is wrong with the clip
    QCOMPARE(message()->title(), QStringLiteral("The file does not name its colours. They are shown as BT.709."));

    QApplication::installTranslator(&german_);
    open({"Frames 3, 4 are damaged; what can be decoded, or else the nearest whole frame, is shown instead.",
             untagged},
        jobs::Task::kRestore);
    QApplication::removeTranslator(&german_);
    QVERIFY(message() != nullptr);
    QCOMPARE(message()->kind(), style::MessageKind::kWarn);
    QVERIFY2(message()->title().startsWith(QStringLiteral("Die Bilder 3, 4 sind beschädigt")),
        qPrintable(message()->title()));
}

QTEST_MAIN(TestWordsFit)
#include "test_words_fit.moc"
