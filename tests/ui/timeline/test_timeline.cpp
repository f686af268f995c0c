#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include <atomic>

#include "ui/style/labels.h"
#include "ui/style/style.h"
#include "ui/timeline/number_label.h"
#include "ui/timeline/timeline.h"
#include "ui/timeline/transport_bar.h"
#include "ui/viewer/player.h"

using namespace reelmend;
using namespace reelmend::ui::timeline;
using namespace Qt::StringLiterals;
using ui::viewer::Player;

namespace {

class ColourSource : public ui::viewer::DisplaySource {
public:
    std::int64_t frameCount() const override { return 132; }
    QSize pictureSize() const override { return {854, 480}; }
    QImage picture(std::int64_t, QSize maximum) override
    {
        QImage image(ui::viewer::decodeSize(pictureSize(), maximum), QImage::Format_RGB32);
        image.fill(QColor(0, 0, 200));
        return image;
    }
};

} // namespace

class TestTimeline : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { ui::style::applyTheme(*qApp, ui::style::Theme::kDark); }
    void init()
    {
        player_ = std::make_unique<Player>();
        timeline_ = std::make_unique<Timeline>();
        timeline_->resize(1276, timeline_->sizeHint().height());
        timeline_->setPlayer(player_.get());
        player_->setClip(132, {24, 1});
        timeline_->show();
    }
    void cleanup()
    {
        timeline_.reset();
        player_.reset();
    }

    void framesLieOnWholePixels()
    {
        TimelineScale scale;
        scale.setClip(132);
        for (const double ratio : {1.0, 1.25, 1.5, 2.0}) {
            scale.setWidth(1276, ratio);
            for (std::int64_t frame = 0; frame < 132; ++frame) {
                const double x = scale.xOf(static_cast<double>(frame)) * ratio;
                QCOMPARE(x, std::round(x));
                QCOMPARE(scale.frameAt(scale.xOf(frame + 0.5)), frame);
            }
        }
        QCOMPARE(scale.frameAt(-50), std::int64_t{0});
        QCOMPARE(scale.frameAt(5000), std::int64_t{131});
    }

    void ticksAreRoundInSecondsOrTheirParts()
    {
        TimelineScale scale;
        scale.setClip(132);
        scale.setWidth(1276, 1);
        QCOMPARE(scale.majorStep({24, 1}), std::int64_t{12}); // 9.67 px a frame
        QCOMPARE(scale.minorStep(12), std::int64_t{2});
        scale.setClip(100000);
        scale.setWidth(1276, 1);
        const std::int64_t step = scale.majorStep({30000, 1001});
        QVERIFY(step % 30 == 0 && static_cast<double>(step) * scale.pixelsPerFrame() >= 84);
        scale.setClip(5);
        scale.setWidth(1276, 1);
        QCOMPARE(scale.majorStep({24, 1}), std::int64_t{1});
    }

    void zoomKeepsTheFrameUnderThePointer()
    {
        TimelineScale scale;
        scale.setClip(2000);
        scale.setWidth(1000, 1);
        const double under = scale.firstFrame() + 700 / scale.pixelsPerFrame();
        scale.zoomTo(9, 700);
        QVERIFY(std::abs(scale.firstFrame() + 700 / scale.pixelsPerFrame() - under) < 1e-9);
        scale.zoomTo(0.1, 700); // never smaller than the whole clip
        QCOMPARE(scale.zoom(), 1.0);
        QCOMPARE(scale.firstFrame(), 0.0);
        scale.zoomTo(1e9, 0);
        QVERIFY(scale.pixelsPerFrame() <= TimelineScale::kLargestPixelsPerFrame + 1e-9);
    }

    void draggingScrubs()
    {
        QSignalSpy scrubbing(timeline_.get(), &Timeline::scrubbingChanged);
        const auto x = [this](int frame) { return static_cast<int>(timeline_->scale().xOf(frame)) + 4; };
        QTest::mousePress(timeline_.get(), Qt::LeftButton, {}, {x(55), 50});
        QCOMPARE(player_->frame(), std::int64_t{55});
        QTest::mouseMove(timeline_.get(), {x(70), 50});
        QCOMPARE(player_->frame(), std::int64_t{70});
        QTest::mouseMove(timeline_.get(), {5000, 50});
        QCOMPARE(player_->frame(), std::int64_t{131});
        QTest::mouseRelease(timeline_.get(), Qt::LeftButton, {}, {5000, 50});
        QCOMPARE(scrubbing.count(), 2);
    }

    void theEndsOfTheBarAreDragged()
    {
        player_->setRange({12, 108});
        player_->seek(60);
        const auto x = [this](int frame) { return static_cast<int>(timeline_->scale().xOf(frame)); };
        QTest::mousePress(timeline_.get(), Qt::LeftButton, {}, {x(12), 4});
        QTest::mouseMove(timeline_.get(), {x(20), 4});
        QTest::mouseRelease(timeline_.get(), Qt::LeftButton, {}, {x(20), 4});
        QCOMPARE(player_->range(), (base::FrameRange{20, 108}));
        QTest::mousePress(timeline_.get(), Qt::LeftButton, {}, {x(108), 4});
        QTest::mouseMove(timeline_.get(), {x(5), 4}); // never past the in point
        QTest::mouseRelease(timeline_.get(), Qt::LeftButton, {}, {x(5), 4});
        QCOMPARE(player_->range(), (base::FrameRange{20, 21}));
        QCOMPARE(player_->frame(), std::int64_t{60});
    }

    void keysStepJumpAndSet()
    {
        player_->seek(50);
        QTest::keyClick(timeline_.get(), Qt::Key_Right);
        QCOMPARE(player_->frame(), std::int64_t{51});
        QTest::keyClick(timeline_.get(), Qt::Key_Left, Qt::ShiftModifier);
        QCOMPARE(player_->frame(), std::int64_t{41});
        QTest::keyClick(timeline_.get(), Qt::Key_I);
        QCOMPARE(player_->range(), (base::FrameRange{41, 132}));
        QTest::keyClick(timeline_.get(), Qt::Key_End);
        QCOMPARE(player_->frame(), std::int64_t{131});
        player_->seek(90);
        QTest::keyClick(timeline_.get(), Qt::Key_O);
        QCOMPARE(player_->range(), (base::FrameRange{41, 91}));
        QTest::keyClick(timeline_.get(), Qt::Key_Home);
        QCOMPARE(player_->frame(), std::int64_t{0});
        QTest::keyClick(timeline_.get(), Qt::Key_I, Qt::ShiftModifier);
        QCOMPARE(player_->frame(), std::int64_t{41});
        QVERIFY(timeline_->accessibleDescription().contains(u"41"_s));
    }

    void aMovedPlayheadStaysInSight()
    {
        timeline_->zoomTo(5, 0);
        player_->seek(100);
        const double x = timeline_->scale().xOf(100);
        QVERIFY(x >= 0 && x <= timeline_->width());
    }

    void paintsThumbnailsCacheAndRange()
    {
        timeline_->setThumbnails([](const base::Control&) { return std::make_unique<ColourSource>(); });
        player_->setRange({12, 108});
        player_->seek(55);
        timeline_->setCachedRanges({{0, 66}});
        QTRY_COMPARE(QColor(timeline_->grab().toImage().pixel(640, 50)), QColor(0, 0, 200));
        const QImage picture = timeline_->grab().toImage();
        const ui::style::Tokens& t = ui::style::tokens(ui::style::Theme::kDark);
        QVERIFY(QColor(picture.pixel(60, 50)).blue() < 130); // outside: veiled
        QCOMPARE(QColor(picture.pixel(300, 1)), t.accent);   // in to out
        QCOMPARE(QColor(picture.pixel(60, 1)), t.win);
        QCOMPARE(QColor(picture.pixel(200, 22)), t.good); // cached
        QVERIFY(QColor(picture.pixel(700, 23)) != t.good);
        QCOMPARE(QColor(picture.pixel(static_cast<int>(timeline_->scale().xOf(55)), 60)), t.accent); // playhead
    }

    void transportShowsAndSteers()
    {
        TransportBar bar;
        bar.resize(1276, 40);
        bar.setPlayer(player_.get());
        bar.show();
        player_->seek(55);
        const auto labels = bar.findChildren<ui::style::TextLabel*>();
        QVERIFY(
            std::any_of(labels.begin(), labels.end(), [](const auto* l) { return l->text() == u"00:00:02:07"_s; }));
        for (const QToolButton* button : bar.findChildren<QToolButton*>()) {
            QVERIFY(!button->accessibleName().isEmpty());
            QVERIFY(button->isEnabled());
        }
        const auto numbers = bar.findChildren<NumberLabel*>();
        QCOMPARE(numbers.size(), 3); // frame, in, out
        QTest::mouseClick(numbers[0], Qt::LeftButton);
        auto* editor = numbers[0]->findChild<QLineEdit*>();
        QVERIFY(editor->isVisible());
        editor->setText(u"77"_s);
        QTest::keyClick(editor, Qt::Key_Return);
        QCOMPARE(player_->frame(), std::int64_t{77});
        QTest::keyClick(numbers[1], Qt::Key_Up, Qt::ShiftModifier);
        QCOMPARE(player_->range(), (base::FrameRange{10, 132}));
        player_->setRange({10, 20});
        QVERIFY(std::any_of(labels.begin(), labels.end(), [](const auto* l) { return l->text() == u"10 frames"_s; }));
        // The out point is shown as the last frame included.
        QCOMPARE(numbers[2]->value(), qint64{19});
    }

    void transportNumbersKeepTheirPlaces()
    {
        TransportBar bar;
        bar.resize(1276, 40);
        bar.setPlayer(player_.get());
        bar.show();
        QList<QRect> before;
        for (QWidget* child : bar.findChildren<QWidget*>()) {
            before.append(child->geometry());
        }
        player_->seek(111);
        player_->setRange({1, 2});
        player_->play();
        qsizetype i = 0;
        for (QWidget* child : bar.findChildren<QWidget*>()) {
            QCOMPARE(child->geometry(), before[i++]);
        }
    }

    void paintIsCheap()
    {
        timeline_->setThumbnails([](const base::Control&) { return std::make_unique<ColourSource>(); });
        QTRY_COMPARE(QColor(timeline_->grab().toImage().pixel(640, 50)), QColor(0, 0, 200));
        qint64 frame = 0;
        QBENCHMARK
        {
            player_->seek(++frame % 132);
            timeline_->repaint();
        }
    }

private:
    std::unique_ptr<Player> player_;
    std::unique_ptr<Timeline> timeline_;
};

QTEST_MAIN(TestTimeline)
#include "test_timeline.moc"
