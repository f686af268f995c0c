// What the start page offers besides opening: the sample, the recent clips, the keys, jobs of clips that are closed.
#include "app/desktop/start_page.h"

#include <QFile>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "app/desktop/link_button.h"
#include "app/desktop/recent_list.h"
#include "app/desktop/sample_maker.h"
#include "tests/app/desktop/program.h"
#include "ui/style/labels.h"

using namespace reelmend;
using namespace reelmend::ui;
using test::Program;
using Json = nlohmann::json;

namespace {

// A reelmend-cli that tells a quarter of the sample's way and then waits until it may go on.
class Painter {
public:
    explicit Painter(const QTemporaryDir& folder)
        : program_(folder.filePath(QStringLiteral("painter")))
        , gate_(folder.filePath(QStringLiteral("gate")))
    {
        ::mkfifo(qPrintable(gate_), 0600);
        QFile file(program_);
        if (file.open(QIODevice::WriteOnly)) {
            file.write("#!/bin/sh\n"
                       "echo '{\"seq\": 1, \"time\": \"\", \"type\": \"progress\", \"phase\": \"painting\","
                       " \"done\": 30, \"total\": 120, \"fps\": 10, \"remaining\": 9}'\n"
                       "read -r go < \"${0%painter}gate\"\n"
                       "echo made > \"$4\"\n");
            file.setPermissions(file.permissions() | QFile::ExeOwner);
        }
    }
    QString program() const { return program_; }
    bool goOn() const
    {
        int file = -1;
        const bool isOpen =
            QTest::qWaitFor([&] { return (file = ::open(qPrintable(gate_), O_WRONLY | O_NONBLOCK)) >= 0; }, 10000);
        const bool isWritten = isOpen && ::write(file, "go\n", 3) == 3;
        ::close(file);
        return isWritten;
    }

private:
    QString program_, gate_;
};

bool shows(Program& program, const QString& text)
{
    const auto labels = program.window().findChildren<style::TextLabel*>();
    return std::any_of(labels.begin(), labels.end(),
        [&](const style::TextLabel* label) { return label->isVisible() && label->text() == text; });
}

} // namespace

class TestStartPage : public test::ProgramTest {
    Q_OBJECT

private Q_SLOTS:
    void theSampleIsSeenOnItsWay();
    void theSampleReplacesNoOtherClip();
    void theSampleCanBeGivenUp();
    void clearedClipsComeBack();
    void clipsAreTakenOffTheListOneByOne();
    void linksAreOneStopAndTakenByKeys();
    void aRunningJobIsPausedResumedAndCancelled();
    void anInterruptedJobIsStartedAgain();

private:
    void startSample(Program& program, const Painter& painter);
    void engineWithJob(const char* state);
    void tellState(Program& program, const char* state);
    void click(Program& program, const char* text);

    int sequence_ = 5; // of the job's events
};

void TestStartPage::click(Program& program, const char* text)
{
    const auto button = [&] { return program.button(QString::fromLatin1(text)); };
    QTRY_VERIFY2(button() != nullptr, text);
    QTest::mouseClick(button(), Qt::LeftButton);
}

void TestStartPage::startSample(Program& program, const Painter& painter)
{
    program.settings().setEnginePath(painter.program());
    click(program, "Open the sample");
    QTRY_VERIFY(shows(program, QStringLiteral("25 % drawn, 9 s left")));
}

void TestStartPage::theSampleIsSeenOnItsWay()
{
    Program program(*own_);
    const Painter painter(*own_);
    QSignalSpy opening(&program.workbench(), &desktop::Workbench::opening);
    startSample(program, painter);
    QVERIFY(!program.button(QString::fromUtf8("Making the sample…"))->isEnabled());
    QVERIFY(program.button(QStringLiteral("Cancel")) != nullptr);
    QVERIFY(painter.goOn());
    QTRY_COMPARE(opening.count(), 1);
    QCOMPARE(opening.first().first().toString(), desktop::SampleMaker::file());
    QVERIFY(program.button(QStringLiteral("Cancel")) == nullptr);
}

void TestStartPage::theSampleReplacesNoOtherClip()
{
    Program program(*own_);
    const Painter painter(*own_);
    startSample(program, painter);
    QVERIFY(program.open(clip_));
    QSignalSpy opening(&program.workbench(), &desktop::Workbench::opening);
    QSignalSpy ready(program.window().findChild<desktop::SampleMaker*>(), &desktop::SampleMaker::ready);
    QVERIFY(painter.goOn());
    QTRY_COMPARE(ready.count(), 1);
    QCOMPARE(opening.count(), 0);
    QVERIFY(program.workbench().document().isOpen());
    program.workbench().close();
    click(program, "Open the sample"); // it was kept
    QCOMPARE(opening.count(), 1);
}

void TestStartPage::theSampleCanBeGivenUp()
{
    Program program(*own_);
    const Painter painter(*own_);
    startSample(program, painter);
    click(program, "Cancel");
    QVERIFY(!program.window().findChild<desktop::SampleMaker*>()->isMaking());
    QVERIFY(program.button(QStringLiteral("Open the sample"))->isEnabled());
    QVERIFY(program.button(QStringLiteral("Cancel")) == nullptr);
    QCOMPARE(program.message(), QString());
    QVERIFY(!QFile::exists(desktop::SampleMaker::file()));
}

void TestStartPage::clearedClipsComeBack()
{
    Program program(*own_);
    auto& recent = program.workbench().recent();
    recent.add(QStringLiteral("/clips/a.mp4"), {});
    recent.add(QStringLiteral("/clips/b.mp4"), {});
    const auto before = recent.files();
    click(program, "Clear");
    QVERIFY(recent.files().isEmpty());
    QCOMPARE(program.message(), QStringLiteral("Recent clips cleared."));
    click(program, "Undo");
    QCOMPARE(recent.files(), before);
    QCOMPARE(program.message(), QString());

    click(program, "Clear");
    QVERIFY(program.open(clip_));
    program.workbench().close();
    QVERIFY(program.button(QStringLiteral("Undo")) == nullptr); // the page was left
}

void TestStartPage::clipsAreTakenOffTheListOneByOne()
{
    Program program(*own_);
    auto& recent = program.workbench().recent();
    for (const char* path : {"/clips/c.mp4", "/clips/b.mp4", "/clips/a.mp4"}) {
        recent.add(QString::fromLatin1(path), {});
    }
    auto* list = program.window().findChild<desktop::RecentList*>();
    list->setCurrentIndex(list->model()->index(1, 0));
    QTest::keyClick(list, Qt::Key_Delete);
    QCOMPARE(recent.files().size(), 2);
    QCOMPARE(recent.files().last().path, QStringLiteral("/clips/c.mp4"));
    QCOMPARE(list->currentIndex().row(), 1); // on the next one
    QTest::keyClick(list, Qt::Key_Delete);
    QCOMPARE(recent.files().size(), 1);
    QCOMPARE(list->currentIndex().row(), 0);
}

void TestStartPage::linksAreOneStopAndTakenByKeys()
{
    Program program(*own_);
    auto* page = program.window().findChild<desktop::StartPage*>();
    for (const QLabel* label : page->findChildren<QLabel*>()) {
        QVERIFY2(!(label->focusPolicy() & Qt::TabFocus), qPrintable(label->text()));
    }
    auto* keys = qobject_cast<desktop::LinkButton*>(program.button(QStringLiteral("Show the keys")));
    QVERIFY(keys != nullptr);
    for (const auto* label : keys->parentWidget()->findChildren<style::TextLabel*>()) {
        QVERIFY(!label->isVisible() || keys->y() - label->geometry().bottom() > 4); // the ring lies between
    }
    desktop::LinkButton link(QStringLiteral("Go"));
    link.show();
    QSignalSpy clicked(&link, &QPushButton::clicked);
    for (const Qt::Key key : {Qt::Key_Return, Qt::Key_Enter, Qt::Key_Space}) {
        QTest::keyClick(&link, key);
    }
    QCOMPARE(clicked.count(), 3);
}

void TestStartPage::engineWithJob(const char* state)
{
    sequence_ = 5;
    fake_ = std::make_unique<test::FakeEngine>(
        QString(), Json::array({test::jobObject(QStringLiteral("a"), QString::fromLatin1(state),
                       clip_ + u"/plate.%04d.png", clip_ + u"_remove_v1.mp4")}));
}

void TestStartPage::tellState(Program& program, const char* state)
{
    test::FakeEngine::sayThrough(program.workbench().engine(),
        {{"type", "event"}, {"job", "a"},
            {"event", {{"seq", ++sequence_}, {"time", ""}, {"type", "state"}, {"state", state}}}});
}

void TestStartPage::aRunningJobIsPausedResumedAndCancelled()
{
    engineWithJob("running");
    Program program(*own_);
    QVERIFY(program.startEngine());
    const auto command = [this] { return fake_->lastCall("job.control").value("command", ""); };
    QTRY_COMPARE(program.message(), QStringLiteral("plate 041/plate.####.png is being enhanced: 24 of 96 frames."));
    click(program, "Pause");
    QTRY_COMPARE(command(), std::string("pause"));
    tellState(program, "paused");
    QTRY_COMPARE(program.message(), QStringLiteral("plate 041/plate.####.png: paused at frame 24 of 96."));
    click(program, "Resume");
    QTRY_COMPARE(command(), std::string("resume"));
    tellState(program, "running");
    click(program, "Cancel");
    QTRY_COMPARE(command(), std::string("cancel"));
    tellState(program, "cancelled");
    QTRY_COMPARE(program.message(), QString());
}

void TestStartPage::anInterruptedJobIsStartedAgain()
{
    engineWithJob("interrupted");
    Program program(*own_);
    QVERIFY(program.startEngine());
    QTRY_COMPARE(program.message(), QStringLiteral("plate 041/plate.####.png: interrupted at frame 24 of 96."));
    click(program, "Start again");
    QTRY_COMPARE(fake_->lastCall("job.restart").value("job", ""), std::string("a"));
    QTRY_VERIFY(program.message().contains(QStringLiteral("is being enhanced")));
    QTRY_VERIFY(program.button(QStringLiteral("Pause")) != nullptr);
}

QTEST_MAIN(TestStartPage)
#include "test_start_page.moc"
