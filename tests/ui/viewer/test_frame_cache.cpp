#include <QSignalSpy>
#include <QTest>

#include <condition_variable>
#include <mutex>
#include <set>

#include "ui/viewer/frame_cache.h"

using namespace reelmend;
using namespace reelmend::ui::viewer;

namespace {

// Pictures whose colour tells the frame. The gate holds the worker inside picture() until the test lets it on.
struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool isOpen = true;
    int waiting = 0;
    std::vector<std::int64_t> decoded;
    std::set<std::int64_t> broken;

    void close()
    {
        const std::lock_guard lock(mutex);
        isOpen = false;
    }
    void open()
    {
        const std::lock_guard lock(mutex);
        isOpen = true;
        changed.notify_all();
    }
    void waitUntilHeld()
    {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return waiting > 0; });
    }
    std::vector<std::int64_t> order()
    {
        const std::lock_guard lock(mutex);
        return decoded;
    }
};

class GatedSource : public DisplaySource {
public:
    GatedSource(std::shared_ptr<Gate> gate, std::int64_t count, QSize size)
        : gate_(std::move(gate))
        , count_(count)
        , size_(size)
    {}
    std::int64_t frameCount() const override { return count_; }
    QSize pictureSize() const override { return size_; }
    QImage picture(std::int64_t index, QSize maximum) override
    {
        std::unique_lock lock(gate_->mutex);
        gate_->decoded.push_back(index);
        ++gate_->waiting;
        gate_->changed.notify_all();
        gate_->changed.wait(lock, [this] { return gate_->isOpen; });
        --gate_->waiting;
        if (gate_->broken.contains(index)) {
            throw base::Error(base::ErrorKind::kInput, "Frame is broken.");
        }
        QImage image(decodeSize(size_, maximum), QImage::Format_RGB32);
        image.fill(QColor(static_cast<int>(index % 256), 0, 0));
        return image;
    }

private:
    std::shared_ptr<Gate> gate_;
    std::int64_t count_;
    QSize size_;
};

DisplaySourceFactory gated(const std::shared_ptr<Gate>& gate, std::int64_t count, QSize size = {16, 8})
{
    return [gate, count, size](const base::Control&) { return std::make_unique<GatedSource>(gate, count, size); };
}

constexpr QSize kShown{16, 8};
constexpr qint64 kFrameBytes = 16 * 8 * 4;

bool waitOpened(FrameCache& cache)
{
    return QTest::qWaitFor([&] { return cache.frameCount() > 0; });
}

} // namespace

class TestFrameCache : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void newestRequestWins()
    {
        auto gate = std::make_shared<Gate>();
        FrameCache cache(gated(gate, 100));
        cache.setPrefetching(false);
        QVERIFY(waitOpened(cache));
        gate->close();
        cache.request(10);
        gate->waitUntilHeld(); // 10 is being decoded
        for (const int index : {20, 30, 40, 50}) {
            cache.request(index);
        }
        gate->open();
        QTRY_VERIFY(!cache.picture(50).isNull());
        QCOMPARE(gate->order(), (std::vector<std::int64_t>{10, 50}));
        QCOMPARE(qRed(cache.picture(50).pixel(0, 0)), 50);
    }

    void boundedBytesKeepTheNearest()
    {
        auto gate = std::make_shared<Gate>();
        FrameCache cache(gated(gate, 100), 10 * kFrameBytes);
        cache.setShownSize(kShown);
        cache.request(50);
        cache.setPlayback(1, {0, 100}, false);
        QTRY_COMPARE(cache.bytes(), 10 * kFrameBytes);
        QTRY_VERIFY(cache.isGood(57));
        QVERIFY(cache.bytes() <= 10 * kFrameBytes);
        cache.request(90); // far away: what is behind goes, what is ahead comes
        QTRY_VERIFY(cache.isGood(97));
        QVERIFY(cache.bytes() <= 10 * kFrameBytes);
        QVERIFY(cache.isGood(90));
    }

    void prefetchFollowsTheDirection()
    {
        auto gate = std::make_shared<Gate>();
        FrameCache cache(gated(gate, 100), 6 * kFrameBytes);
        QVERIFY(waitOpened(cache));
        cache.setPlayback(-1, {0, 100}, false);
        cache.setShownSize(kShown);
        cache.request(50);
        QTRY_VERIFY(cache.isGood(46));
        QVERIFY(!cache.isGood(54));
    }

    void loopingPrefetchesTheBegin()
    {
        auto gate = std::make_shared<Gate>();
        FrameCache cache(gated(gate, 100), 8 * kFrameBytes);
        QVERIFY(waitOpened(cache));
        cache.setPlayback(1, {40, 60}, true);
        cache.setShownSize(kShown);
        cache.request(57);
        QTRY_VERIFY(cache.isGood(40));
        QTRY_VERIFY(cache.isGood(42));
    }

    void cachedRangesJoinNeighbours()
    {
        auto gate = std::make_shared<Gate>();
        FrameCache cache(gated(gate, 100));
        cache.setPrefetching(false);
        cache.setShownSize(kShown);
        cache.setWanted({3, 4, 5, 9});
        QTRY_COMPARE(cache.cachedCount(), std::int64_t{4});
        QCOMPARE(cache.cachedRanges(), (std::vector<base::FrameRange>{{3, 6}, {9, 10}}));
        QCOMPARE(qRed(cache.nearestPicture(8, 4).pixel(0, 0)), 5);
        QVERIFY(cache.nearestPicture(8, 2).isNull());
    }

    void anotherShownSizeIsDecodedAgain()
    {
        auto gate = std::make_shared<Gate>();
        FrameCache cache(gated(gate, 4, {160, 80}));
        cache.setPrefetching(false);
        cache.setShownSize({16, 8});
        cache.request(1);
        QTRY_VERIFY(cache.isGood(1));
        QCOMPARE(cache.picture(1).size(), QSize(16, 8));
        cache.setShownSize({80, 40});
        QVERIFY(!cache.picture(1).isNull()); // stands in
        QTRY_COMPARE(cache.picture(1).size(), QSize(80, 40));
        cache.setShownSize({60, 30}); // up to twice as large is good enough
        QVERIFY(cache.isGood(1));
    }

    void aBrokenFrameIsSaidOnceAndNotTriedAgain()
    {
        auto gate = std::make_shared<Gate>();
        gate->broken = {7};
        FrameCache cache(gated(gate, 10));
        cache.setPrefetching(false);
        cache.setShownSize(kShown);
        QSignalSpy failed(&cache, &FrameCache::frameFailed);
        cache.request(7);
        QTRY_COMPARE(failed.count(), 1);
        cache.request(7);
        cache.request(8);
        QTRY_VERIFY(cache.isGood(8));
        QCOMPARE(gate->order(), (std::vector<std::int64_t>{7, 8}));
        QVERIFY(cache.errorOf(7).has_value());
        QVERIFY(!cache.isGood(7));
    }

    void aClipThatCannotBeOpenedSaysWhy()
    {
        FrameCache cache([](const base::Control&) -> std::unique_ptr<DisplaySource> {
            throw base::Error(base::ErrorKind::kInput, "The clip cannot be read.", "It is empty.", "Choose another.");
        });
        std::optional<base::Error> heard;
        connect(&cache, &FrameCache::openFailed, &cache, [&](const base::Error& error) { heard.emplace(error); });
        QTRY_VERIFY(heard.has_value());
        QCOMPARE(heard->why(), std::string("It is empty."));
    }

    void closingCancelsTheDecodingUnderWay()
    {
        std::mutex mutex;
        std::condition_variable changed;
        bool isDecoding = false;
        class Endless : public DisplaySource {
        public:
            Endless(const base::Control& control, std::function<void()> began)
                : control_(control)
                , began_(std::move(began))
            {}
            std::int64_t frameCount() const override { return 1; }
            QSize pictureSize() const override { return {8, 8}; }
            QImage picture(std::int64_t, QSize) override
            {
                began_();
                for (;;) {
                    control_.throwIfCancelled();
                }
            }

        private:
            const base::Control& control_;
            std::function<void()> began_;
        };
        auto cache = std::make_unique<FrameCache>([&](const base::Control& control) {
            return std::make_unique<Endless>(control, [&] {
                const std::lock_guard lock(mutex);
                isDecoding = true;
                changed.notify_all();
            });
        });
        cache->request(0);
        {
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return isDecoding; });
        }
        cache.reset(); // returns
    }

    void thePlanPrefersWhatComesNext()
    {
        CachePlan plan{.frameCount = 100, .current = 50, .direction = 1, .range = {40, 60}, .isLooping = true};
        QVERIFY(plan.distance(51) < plan.distance(49));
        QVERIFY(plan.distance(41) < plan.distance(70)); // after the loop, before what is never played
        const auto next = plan.next([](std::int64_t index) { return index >= 50 && index < 60; }, 1000);
        QCOMPARE(next, std::optional<std::int64_t>(40));
        QCOMPARE(plan.next([](std::int64_t) { return true; }, 1000), std::optional<std::int64_t>());
    }
};

QTEST_MAIN(TestFrameCache)
#include "test_frame_cache.moc"
