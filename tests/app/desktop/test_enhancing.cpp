#include <QSignalSpy>
#include <QTest>

#include <algorithm>

#include "tests/app/desktop/program.h"
#include "ui/viewer/viewer.h"

using namespace reelmend;
using namespace reelmend::ui;
using test::Program;
using Json = nlohmann::json;
using namespace nlohmann::literals;
using session::EngineClient;

class TestEnhancing : public test::ProgramTest {
    Q_OBJECT

private Q_SLOTS:
    void enhanceSendsWhatTheWindowShows();
    void enhanceWithoutAMaskPointsAtTheMask();
    void aPreviewIsShownAndTakenAway();
    void aJobOfAClosedClipIsToldAtTheStart();
    void aMissingEngineIsSaidAndTriedAgain();
};

void TestEnhancing::enhanceSendsWhatTheWindowShows()
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
    QCOMPARE(QString::fromStdString(request["output"].get<std::string>()), QString(clip_ + u"_remove_v1.mp4"));
    const QImage sent(QString::fromStdString(request["mask"].get<std::string>()));
    QCOMPARE(sent.size(), kSize);
    QCOMPARE(sent.convertToFormat(QImage::Format_Grayscale16), program.editor().mask().image());

    // Later strokes do not reach into the job that was started.
    program.editor().mask().clear();
    QTRY_VERIFY(!QImage(QString::fromStdString(request["mask"].get<std::string>())).isNull());
}

void TestEnhancing::enhanceWithoutAMaskPointsAtTheMask()
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

void TestEnhancing::aPreviewIsShownAndTakenAway()
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
    QVERIFY(program.button(QStringLiteral("Show the source")) != nullptr);
    QTest::keyClick(&program.window(), Qt::Key_P);
    QVERIFY(!program.editor().isShowingPreview());
    QVERIFY(program.button(QStringLiteral("Show the preview")) != nullptr);
    QTest::keyClick(&program.window(), Qt::Key_P);
    QVERIFY(program.editor().isShowingPreview());
    program.editor().player().seek(6);
    QVERIFY(program.button(QStringLiteral("Preview this frame")) != nullptr);
    program.editor().player().seek(5);
    QVERIFY(program.button(QStringLiteral("Show the source")) != nullptr);
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

void TestEnhancing::aJobOfAClosedClipIsToldAtTheStart()
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

void TestEnhancing::aMissingEngineIsSaidAndTriedAgain()
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

QTEST_MAIN(TestEnhancing)
#include "test_enhancing.moc"
