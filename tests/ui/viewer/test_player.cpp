#include <QSignalSpy>
#include <QTest>

#include "ui/viewer/player.h"

using namespace reelmend;
using ui::viewer::Player;

namespace {

struct Stage {
    double now = 100;
    Player player{nullptr, [this] { return now; }};

    Stage() { player.setClip(100, {24, 1}); }
    void at(double seconds)
    {
        now = 100 + seconds;
        player.tick();
    }
};

} // namespace

class TestPlayer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void keepsTimeByTheClock()
    {
        Stage s;
        s.player.play();
        s.at(0.5 / 24);
        QCOMPARE(s.player.frame(), std::int64_t{0});
        s.at(1.0 / 24);
        QCOMPARE(s.player.frame(), std::int64_t{1});
        s.at(2);
        QCOMPARE(s.player.frame(), std::int64_t{48});
        QCOMPARE(s.player.droppedFrames(), std::int64_t{46});
    }

    void fractionalRatesDoNotDrift()
    {
        Stage s;
        s.player.setClip(100000, {30000, 1001});
        s.player.play();
        s.at(1001);
        QCOMPARE(s.player.frame(), std::int64_t{30000});
    }

    void loopsInsideInAndOut()
    {
        Stage s;
        s.player.setRange({10, 20});
        s.player.play();
        QCOMPARE(s.player.frame(), std::int64_t{10}); // from the in point
        s.at(9.0 / 24);
        QCOMPARE(s.player.frame(), std::int64_t{19});
        s.at(10.0 / 24);
        QCOMPARE(s.player.frame(), std::int64_t{10});
        s.at(1005.0 / 24);
        QCOMPARE(s.player.frame(), std::int64_t{15});
    }

    void withoutLoopItStopsOnTheLastFrame()
    {
        Stage s;
        s.player.setLooping(false);
        s.player.setRange({10, 20});
        s.player.play();
        QSignalSpy playing(&s.player, &Player::playingChanged);
        s.at(60);
        QCOMPARE(s.player.frame(), std::int64_t{19});
        QVERIFY(!s.player.isPlaying());
        QCOMPARE(playing.count(), 1);
        s.player.play(); // from the begin again
        QCOMPARE(s.player.frame(), std::int64_t{10});
    }

    void seekingWhilePlayingGoesOnFromThere()
    {
        Stage s;
        s.player.play();
        s.at(1);
        s.player.seek(50);
        QVERIFY(s.player.isPlaying());
        s.at(1 + 2.0 / 24);
        QCOMPARE(s.player.frame(), std::int64_t{52});
    }

    void stepsAreClampedAndPause()
    {
        Stage s;
        s.player.play();
        s.player.step(-5);
        QVERIFY(!s.player.isPlaying());
        QCOMPARE(s.player.frame(), std::int64_t{0});
        s.player.step(500);
        QCOMPARE(s.player.frame(), std::int64_t{99});
    }

    void inAndOutNeverCross()
    {
        Stage s;
        s.player.seek(60);
        s.player.setIn();
        QCOMPARE(s.player.range(), (base::FrameRange{60, 100}));
        s.player.seek(30);
        s.player.setOut(); // before the in point: in follows
        QCOMPARE(s.player.range(), (base::FrameRange{30, 31}));
        s.player.setRange({90, 20});
        QCOMPARE(s.player.range().size(), std::int64_t{1});
        s.player.clearRange();
        QCOMPARE(s.player.range(), (base::FrameRange{0, 100}));
    }

    void jumpsToInThenToTheStart()
    {
        Stage s;
        s.player.setRange({10, 20});
        s.player.seek(15);
        s.player.goToIn();
        QCOMPARE(s.player.frame(), std::int64_t{10});
        s.player.goToIn();
        QCOMPARE(s.player.frame(), std::int64_t{0});
        s.player.goToOut();
        QCOMPARE(s.player.frame(), std::int64_t{19});
        s.player.goToOut();
        QCOMPARE(s.player.frame(), std::int64_t{99});
    }

    void aLongerClipKeepsTheFrame()
    {
        Stage s;
        s.player.seek(40);
        s.player.setFrameCount(120);
        QCOMPARE(s.player.range(), (base::FrameRange{0, 120}));
        QCOMPARE(s.player.frame(), std::int64_t{40});
        s.player.setFrameCount(30);
        QCOMPARE(s.player.frame(), std::int64_t{29});
        QCOMPARE(s.player.range(), (base::FrameRange{0, 30}));
    }

    void anEmptyClipDoesNothing()
    {
        Player player;
        player.play();
        player.seek(5);
        player.step(1);
        player.setIn();
        QVERIFY(!player.isPlaying());
        QCOMPARE(player.frame(), std::int64_t{0});
    }
};

QTEST_MAIN(TestPlayer)
#include "test_player.moc"
