#include "ui/tasks/task_panel.h"

#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

#include "tests/ui/support/fake_engine.h"
#include "ui/session/settings.h"
#include "ui/style/buttons.h"
#include "ui/style/labels.h"
#include "ui/style/message_bar.h"
#include "ui/style/number_field.h"
#include "ui/style/segmented_control.h"
#include "ui/style/style.h"
#include "ui/tasks/mask_card.h"
#include "ui/tasks/result_list.h"

using namespace reelmend;
using namespace reelmend::ui;
using Json = nlohmann::json;

namespace {

const QString kClip = QStringLiteral("/clips/canal_swan.mp4");

Json job(const char* id, const char* state, int version)
{
    return test::jobObject(QString::fromLatin1(id), QString::fromLatin1(state), kClip,
        QStringLiteral("/clips/canal_swan_remove_v%1.mp4").arg(version));
}

Json happened(int sequence, Json fields)
{
    fields["seq"] = sequence;
    fields["time"] = "2026-11-21T05:14:03Z";
    return fields;
}

QImage drawnPicture(const QString&, QSize, const base::Control&)
{
    QImage picture(160, 90, QImage::Format_RGB32);
    picture.fill(QColor(90, 110, 60));
    return picture;
}

// A panel on an open clip of 132 frames, in and out at 12 and 108, and an engine with `jobs`.
struct Bench {
    explicit Bench(const Json& jobs = Json::array(), const QString& mode = {})
        : engine(mode, jobs)
        , settings(folder.filePath(QStringLiteral("settings.ini")))
        , list(engine.client())
        , thumbnails(drawnPicture)
        , panel({document, list, engine.client(), thumbnails, settings})
    {
        qputenv("REELMEND_CACHE_DIR", folder.path().toUtf8());
        panel.resize(324, 940);
        panel.show();
    }
    void open(video::FieldOrder fields = video::FieldOrder::kProgressive)
    {
        video::ClipInfo info;
        info.path = kClip.toStdString();
        info.header.width = 854;
        info.header.height = 480;
        info.header.frameRate = {24, 1};
        info.header.frameCount = 132;
        info.header.fieldOrder = fields;
        session::ClipSession clip;
        clip.path = kClip;
        clip.inOut = base::FrameRange{12, 108};
        document.open(info, clip);
        list.setClip(kClip);
        panel.setOutputName(QStringLiteral("/clips/canal_swan_remove_v3.mp4"));
    }
    template <class T> T* child(const QString& accessibleName)
    {
        for (T* candidate : panel.findChildren<T*>()) {
            if (candidate->accessibleName() == accessibleName) {
                return candidate;
            }
        }
        return nullptr;
    }
    QPushButton* button(const QString& text)
    {
        for (QPushButton* candidate : panel.findChildren<QPushButton*>()) {
            if (candidate->text() == text && candidate->isVisible()) {
                return candidate;
            }
        }
        return nullptr;
    }
    QStringList shownTexts()
    {
        QStringList texts;
        for (auto* label : panel.findChildren<style::TextLabel*>()) {
            if (label->isVisible()) {
                texts.append(label->text());
            }
        }
        return texts;
    }
    QString message()
    {
        for (auto* bar : panel.findChildren<style::MessageBar*>()) {
            if (bar->isVisible()) {
                return bar->title();
            }
        }
        return {};
    }
    // A picture for a person to look at, when $REELMEND_SHOTS names a folder.
    void shoot(const char* name)
    {
        const QString shots = qEnvironmentVariable("REELMEND_SHOTS");
        if (!shots.isEmpty()) {
            QTest::qWait(50);
            panel.grab().save(QDir(shots).filePath(QStringLiteral("task-panel-%1.png").arg(QLatin1String(name))));
        }
    }

    QTemporaryDir folder;
    test::FakeEngine engine;
    session::Settings settings;
    session::Document document;
    session::JobList list;
    session::Thumbnails thumbnails;
    tasks::TaskPanel panel;
};

} // namespace

class TestTaskPanel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        style::applyTheme(*qApp,
            qEnvironmentVariable("REELMEND_SHOTS_THEME") == u"light" ? style::Theme::kLight : style::Theme::kDark);
    }

    void fieldsShowAndChangeTheDocument();
    void aDragOfStrengthIsOneUndoStep();
    void rowsFollowTheTask();
    void interlacedClipsMayBeDeinterlaced();
    void buttonsNeedAClipAndAnEngine();
    void theRunStandsWhereItsButtonWas();
    void endsAreToldWithTheWayOn();
    void resultsOfferComparing();
    void problemsStandBesideTheirCause();
    void paintingDoesNotScrollThePanel();
    void anInterruptedJobIsToldWhenTheClipOpens();
    void aFailedJobIsToldWhenTheClipOpens();
    void everythingHasAName();
};

void TestTaskPanel::fieldsShowAndChangeTheDocument()
{
    Bench bench;
    bench.open();
    auto* quality = bench.child<QComboBox>(QStringLiteral("Quality"));
    auto* range = bench.child<QComboBox>(QStringLiteral("Range"));
    QCOMPARE(quality->currentText(), QStringLiteral("Good, H.264"));
    QCOMPARE(range->currentText(), QStringLiteral("In to out, 96 frames"));
    quality->setFocus();
    QTest::keyClick(quality, Qt::Key_Down);
    QTest::keyClick(quality, Qt::Key_Down);
    QCOMPARE(bench.document.settings().quality, jobs::Quality::kLossless);
    bench.document.undoStack().undo();
    QCOMPARE(quality->currentText(), QStringLiteral("Best, H.264"));
    QTest::keyClick(range, Qt::Key_Down);
    QCOMPARE(bench.document.requestFrames(), 132);
    QCOMPARE(range->currentText(), QStringLiteral("Whole clip, 132 frames"));
    QVERIFY(bench.button(QStringLiteral("Enhance the clip")) != nullptr);
}

void TestTaskPanel::aDragOfStrengthIsOneUndoStep()
{
    Bench bench;
    bench.open();
    auto* strength = bench.panel.findChild<style::NumberField*>();
    for (int value = 99; value > 40; --value) {
        strength->setValue(value);
    }
    QCOMPARE(bench.document.settings().strengthPercent, 41);
    QCOMPARE(bench.document.undoStack().count(), 1);
    bench.document.undoStack().undo();
    QCOMPARE(bench.document.settings().strengthPercent, 100);
    QCOMPARE(strength->value(), 100.0);
}

void TestTaskPanel::rowsFollowTheTask()
{
    Bench bench;
    bench.open();
    auto* scale = bench.child<QComboBox>(QStringLiteral("Scale"));
    auto* mask = bench.panel.findChild<tasks::MaskCard*>();
    QVERIFY(!scale->isVisible());
    QVERIFY(mask->isVisible());
    bench.panel.findChild<style::SegmentedControl*>()->setCurrentIndex(0);
    QCOMPARE(bench.document.settings().task, jobs::Task::kUpscale);
    QVERIFY(scale->isVisible());
    QVERIFY(!mask->isVisible());
    QCOMPARE(scale->currentText(), QStringLiteral("2×, 1708 × 960"));
    bench.shoot("upscale");
}

void TestTaskPanel::interlacedClipsMayBeDeinterlaced()
{
    Bench bench;
    bench.open();
    auto* fields = bench.child<QComboBox>(QStringLiteral("Fields"));
    QVERIFY(fields != nullptr && !fields->isVisible());
    bench.open(video::FieldOrder::kTopFirst);
    QVERIFY(fields->isVisible());
    QVERIFY(!bench.document.settings().deinterlace);
    fields->setCurrentIndex(1);
    Q_EMIT fields->activated(1);
    QVERIFY(bench.document.settings().deinterlace);
    bench.document.undoStack().undo();
    QCOMPARE(fields->currentIndex(), 0);
    bench.shoot("interlaced");
}

void TestTaskPanel::buttonsNeedAClipAndAnEngine()
{
    Bench bench;
    QPushButton* enhance = bench.button(QStringLiteral("Enhance in to out"));
    QVERIFY(enhance != nullptr && !enhance->isEnabled());
    bench.open();
    QVERIFY(!enhance->isEnabled());
    QVERIFY(bench.engine.startAndWait());
    QVERIFY(enhance->isEnabled());
    QSignalSpy asked(&bench.panel, &tasks::TaskPanel::enhanceRequested);
    QTest::mouseClick(enhance, Qt::LeftButton);
    QCOMPARE(asked.count(), 1);
    bench.engine.die();
    QTRY_VERIFY(bench.engine.client().isReady()); // came back by itself
    QVERIFY(enhance->isEnabled());
}

void TestTaskPanel::theRunStandsWhereItsButtonWas()
{
    Bench bench(Json::array({job("a", "running", 3), job("b", "finished", 2), job("c", "finished", 1)}));
    bench.document.noteMaskKind(session::MaskKind::kPainted);
    bench.panel.setMaskCoverage(0.09);
    bench.open();
    QVERIFY(bench.engine.startAndWait());
    QTRY_COMPARE(bench.list.rowCount(), 3);
    QVERIFY(bench.button(QStringLiteral("Enhance in to out")) == nullptr);
    bench.engine.event(QStringLiteral("a"), happened(6, {{"type", "progress"}, {"phase", "enhancing"}, {"done", 26},
                                                            {"total", 96}, {"fps", 1.44}, {"remaining", 48.2}}));
    const QStringList texts = bench.shownTexts();
    QVERIFY(texts.contains(QStringLiteral("27 %")));
    QVERIFY(texts.contains(QStringLiteral("Frame 26 of 96 · 1.4 fps")));
    QVERIFY(texts.contains(QStringLiteral("48 s left")));
    QCOMPARE(bench.child<QProgressBar>(QStringLiteral("Progress"))->value(), 26);
    for (const int sequence : {7, 8}) { // a job that was started again says it twice
        bench.engine.event(QStringLiteral("a"),
            happened(
                sequence, {{"type", "log"}, {"level", "warning"}, {"text", "Subtitles 1 (ass) will be changed."}}));
    }
    const auto warned = [&] {
        const auto labels = bench.panel.findChildren<QLabel*>();
        return std::ranges::count_if(labels, [](const QLabel* label) {
            return label->isVisible() && label->text() == QStringLiteral("Subtitles 1 (ass) will be changed.");
        });
    };
    QCOMPARE(warned(), 1);
    bench.shoot("running");

    QSignalSpy control(&bench.panel, &tasks::TaskPanel::controlRequested);
    QTest::mouseClick(bench.button(QStringLiteral("Pause")), Qt::LeftButton);
    QCOMPARE(QByteArray(control.takeFirst()[1].value<const char*>()), QByteArray("pause"));
    bench.engine.event(QStringLiteral("a"), happened(9, {{"type", "state"}, {"state", "paused"}}));
    QVERIFY(bench.shownTexts().contains(QStringLiteral("Paused")));
    QTest::mouseClick(bench.button(QStringLiteral("Resume")), Qt::LeftButton);
    QCOMPARE(QByteArray(control.takeFirst()[1].value<const char*>()), QByteArray("resume"));
    QTest::mouseClick(bench.button(QStringLiteral("Cancel")), Qt::LeftButton);
    QCOMPARE(QByteArray(control.takeFirst()[1].value<const char*>()), QByteArray("cancel"));
}

void TestTaskPanel::endsAreToldWithTheWayOn()
{
    Bench bench(Json::array({job("a", "running", 3)}));
    bench.open();
    QVERIFY(bench.engine.startAndWait());
    QTRY_COMPARE(bench.list.rowCount(), 1);
    QSignalSpy again(&bench.panel, &tasks::TaskPanel::startAgainRequested);
    QSignalSpy compare(&bench.panel, &tasks::TaskPanel::compareRequested);

    bench.engine.say({{"type", "interrupted"}, {"job", "a"}});
    QCOMPARE(bench.message(), QStringLiteral("Interrupted at frame 24 of 96."));
    QVERIFY(bench.button(QStringLiteral("Enhance in to out")) != nullptr);
    bench.shoot("interrupted");
    QTest::mouseClick(bench.button(QStringLiteral("Start again")), Qt::LeftButton);
    QCOMPARE(again.takeFirst()[0].toString(), QStringLiteral("a"));

    bench.list.startAgain(QStringLiteral("a"), this, [](const session::EngineError&) {});
    QTRY_VERIFY(bench.message().isEmpty());
    bench.engine.event(QStringLiteral("a"), happened(6, {{"type", "state"}, {"state", "running"}}));
    bench.engine.event(QStringLiteral("a"),
        happened(
            7, {{"type", "result"}, {"path", "/clips/canal_swan_remove_v3.mp4"}, {"frames", 96}, {"seconds", 66.2}}));
    bench.engine.event(QStringLiteral("a"), happened(8, {{"type", "state"}, {"state", "finished"}}));
    QCOMPARE(bench.message(), QStringLiteral("Finished: 96 frames in 1 min 6 s."));
    bench.shoot("finished");
    QTest::mouseClick(bench.button(QStringLiteral("Compare")), Qt::LeftButton);
    QCOMPARE(compare.takeFirst()[0].toString(), QStringLiteral("a"));
}

void TestTaskPanel::resultsOfferComparing()
{
    Bench bench(Json::array({job("b", "finished", 2), job("a", "failed", 1)}));
    bench.open();
    QVERIFY(bench.engine.startAndWait());
    QTRY_COMPARE(bench.list.rowCount(), 2);
    auto* list = bench.panel.findChild<tasks::ResultList*>();
    QTRY_VERIFY(bench.thumbnails.isMissing(QStringLiteral("/clips/canal_swan_remove_v2.mp4")));
    QSignalSpy compare(&bench.panel, &tasks::TaskPanel::compareRequested);
    QSignalSpy again(&bench.panel, &tasks::TaskPanel::startAgainRequested);
    QSignalSpy remove(&bench.panel, &tasks::TaskPanel::removeRequested);
    list->setFocus();
    list->setCurrentIndex(list->model()->index(0, 0));
    QTest::keyClick(list, Qt::Key_Return);
    QCOMPARE(compare.count(), 0); // its file is gone
    QTest::keyClick(list, Qt::Key_Down);
    QTest::keyClick(list, Qt::Key_Return);
    QCOMPARE(again.count(), 1);
    QTest::keyClick(list, Qt::Key_Delete);
    QCOMPARE(remove.takeFirst()[0].toString(), QStringLiteral("a"));
    QCOMPARE(list->model()->index(1, 0).data(Qt::AccessibleTextRole).toString(),
        QStringLiteral("Version 1, failed · Remove · Automatic"));
    QCOMPARE(list->model()->index(0, 0).data(Qt::AccessibleTextRole).toString(),
        QStringLiteral("Version 2, Remove · file not found · Automatic"));
}

void TestTaskPanel::problemsStandBesideTheirCause()
{
    Bench bench;
    bench.open();
    QVERIFY(bench.engine.startAndWait());
    bench.panel.showProblems({{"output", "The folder cannot be written."}, {"mask", "Paint over what should go."}});
    bool isSaid = false;
    for (QLabel* label : bench.panel.findChildren<QLabel*>()) {
        isSaid = isSaid || (label->isVisible() && label->text() == u"The folder cannot be written.");
    }
    QVERIFY(isSaid);
    QCOMPARE(bench.message(), QStringLiteral("Paint over what should go."));
    bench.shoot("problems");
    bench.panel.clearMessages();
    QCOMPARE(bench.message(), QString());
}

void TestTaskPanel::paintingDoesNotScrollThePanel()
{
    Bench bench;
    bench.open();
    bench.panel.resize(324, 400);
    auto* area = bench.panel.findChild<QScrollArea*>();
    QTRY_VERIFY(area->verticalScrollBar()->maximum() > 0);
    bench.panel.showMaskProblem({}, {}); // what every stroke says
    QCOMPARE(area->verticalScrollBar()->value(), 0);
    bench.panel.showMaskProblem(QStringLiteral("The mask cannot be read."), {});
    QVERIFY(area->verticalScrollBar()->value() > 0);
}

void TestTaskPanel::anInterruptedJobIsToldWhenTheClipOpens()
{
    Bench bench(Json::array({job("a", "interrupted", 1)}));
    QVERIFY(bench.engine.startAndWait());
    bench.open();
    QTRY_COMPARE(bench.message(), QStringLiteral("Interrupted at frame 24 of 96."));
}

void TestTaskPanel::aFailedJobIsToldWhenTheClipOpens()
{
    Json failed = job("b", "failed", 2);
    failed["failure"] = {{"kind", "disk-full"}, {"what", "The disk is full."}, {"why", ""}, {"hint", ""}};
    Bench bench(Json::array({failed, job("a", "finished", 1)}));
    QVERIFY(bench.engine.startAndWait());
    bench.open();
    QTRY_COMPARE(bench.message(), QStringLiteral("The disk is full."));
    QVERIFY(bench.button(QStringLiteral("Start again")) != nullptr);
}

void TestTaskPanel::everythingHasAName()
{
    Bench bench(Json::array({job("a", "finished", 1)}));
    bench.open();
    QVERIFY(bench.engine.startAndWait());
    QTRY_COMPARE(bench.list.rowCount(), 1);
    for (QWidget* widget : bench.panel.findChildren<QWidget*>()) {
        if (widget->isVisible() && widget->focusPolicy() & Qt::TabFocus) {
            const auto* button = qobject_cast<QAbstractButton*>(widget);
            const bool isNamed = !widget->accessibleName().isEmpty() ||
                                 (button != nullptr && !button->text().isEmpty()) ||
                                 qobject_cast<QAbstractSpinBox*>(widget->parentWidget()) != nullptr;
            QVERIFY2(isNamed, widget->metaObject()->className());
        }
    }
}

QTEST_MAIN(TestTaskPanel)
#include "test_task_panel.moc"
