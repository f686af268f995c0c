// Measures what an artist feels: cached and uncached seeks, painting under the brush, the timeline's repaint, and the
// longest time for which the window's thread was busy.
#include "ui/compare/split_view.h"
#include "ui/masks/mask_document.h"
#include "ui/masks/mask_overlay.h"
#include "ui/masks/mask_tools.h"
#include "ui/style/style.h"
#include "ui/timeline/timeline.h"
#include "ui/viewer/clip_source.h"
#include "ui/viewer/player.h"
#include "ui/viewer/viewer.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QTest>
#include <QVBoxLayout>

#include <algorithm>
#include <ctime>

#include <cstdio>
#include <random>
#include <vector>

using namespace reelmend;
using namespace Qt::StringLiterals;

namespace {

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

double worst(const std::vector<double>& values)
{
    return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

double sinceMs(QElapsedTimer& timer)
{
    return static_cast<double>(timer.nsecsElapsed()) / 1e6;
}

// Processor time of this thread: what the program itself costs, on a machine that has other work as well.
double threadMs()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// The longest that a single event kept the thread, by its own processor time.
class Watch : public QApplication {
public:
    using QApplication::QApplication;
    double longest = 0;
    bool notify(QObject* receiver, QEvent* event) override
    {
        if (depth_++ > 0) {
            const bool result = QApplication::notify(receiver, event);
            --depth_;
            return result;
        }
        const double start = threadMs();
        const bool result = QApplication::notify(receiver, event);
        longest = std::max(longest, threadMs() - start);
        --depth_;
        return result;
    }

private:
    int depth_ = 0;
};

} // namespace

int main(int argc, char** argv)
{
    Watch application(argc, argv);
    const QStringList arguments = QApplication::arguments();
    if (arguments.size() < 2) {
        std::fprintf(stderr, "reelmend_ui_bench CLIP [WIDTH HEIGHT]\n");
        return 2;
    }
    QElapsedTimer start;
    start.start();
    ui::style::applyTheme(application, ui::style::Theme::kDark);
    const double themeMs = sinceMs(start);
    QWidget window;
    auto* layout = new QVBoxLayout(&window);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto* viewer = new ui::viewer::Viewer;
    auto* timeline = new ui::timeline::Timeline;
    layout->addWidget(viewer, 1);
    layout->addWidget(timeline);
    window.resize(arguments.value(2, u"1276"_s).toInt(), arguments.value(3, u"864"_s).toInt());
    ui::viewer::Player player;
    timeline->setPlayer(&player);
    ui::viewer::FrameCache cache(ui::viewer::clipSource(arguments[1]), 2LL << 30);
    QObject::connect(&cache, &ui::viewer::FrameCache::opened, &player, [&](QSize, qint64 count) {
        player.setClip(count, {24, 1});
    });
    QObject::connect(&player, &ui::viewer::Player::frameChanged, viewer, &ui::viewer::Viewer::showFrame);
    QObject::connect(&cache, &ui::viewer::FrameCache::cachedChanged, timeline,
        [&] { timeline->setCachedRanges(cache.cachedRanges()); });
    viewer->setCache(&cache);
    window.show();
    if (!QTest::qWaitFor([&] { return player.frameCount() > 0 && !viewer->isBehind(); }, 30000)) {
        std::fprintf(stderr, "the clip did not open\n");
        return 1;
    }
    cache.setPrefetching(false);
    const qint64 count = player.frameCount();

    std::mt19937 random(1);
    std::vector<double> uncached;
    for (int i = 0; i < 24; ++i) {
        const qint64 frame = static_cast<qint64>(random() % static_cast<unsigned>(count));
        if (cache.isGood(frame)) {
            continue;
        }
        QElapsedTimer timer;
        timer.start();
        player.seek(frame);
        if (!QTest::qWaitFor([&] { return cache.isGood(frame); }, 20000)) {
            continue;
        }
        uncached.push_back(sinceMs(timer));
    }

    timeline->setThumbnails(ui::viewer::clipSource(arguments[1], ui::viewer::DecoderThreads::kOne));
    player.seek(0);
    cache.setPrefetching(true);
    const qint64 part = std::min<qint64>(count, 60);
    (void)QTest::qWaitFor(
        [&] {
            for (qint64 i = 0; i < part; ++i) {
                if (!cache.isGood(i)) {
                    return false;
                }
            }
            return true;
        },
        60000);
    cache.setPrefetching(false);
    QTest::qWait(500);

    application.longest = 0;
    std::vector<double> cached;
    QElapsedTimer all;
    all.start();
    int shown = 0;
    for (int i = 0; i < 240; ++i) {
        QElapsedTimer timer;
        timer.start();
        player.seek((i * 7) % part);
        viewer->repaint();
        timeline->repaint();
        QCoreApplication::processEvents();
        cached.push_back(sinceMs(timer));
        ++shown;
    }
    const double perSecond = shown / (sinceMs(all) / 1000);

    std::vector<double> timelinePaint;
    for (int i = 0; i < 100; ++i) {
        player.seek(i % part);
        QElapsedTimer timer;
        timer.start();
        timeline->repaint();
        timelinePaint.push_back(sinceMs(timer));
    }
    std::vector<double> timelineFull; // as after a zoom
    for (int i = 0; i < 40; ++i) {
        QElapsedTimer timer;
        timer.start();
        timeline->zoomTo(1 + (i % 8) * 0.3, 300);
        timeline->repaint();
        timelineFull.push_back(sinceMs(timer));
    }

    ui::masks::MaskDocument document;
    document.reset(cache.pictureSize());
    auto* tools = new ui::masks::MaskTools(&document, viewer);
    new ui::masks::MaskOverlay(&document, viewer);
    tools->setBrush({200, 50});
    std::vector<double> stroke;
    QTest::mousePress(viewer, Qt::LeftButton, {}, {300, 300});
    for (int i = 0; i < 120; ++i) {
        const QPoint at(300 + i * 4, 300 + static_cast<int>(60 * std::sin(i / 9.0)));
        QElapsedTimer timer;
        timer.start();
        QTest::mouseMove(viewer, at);
        QCoreApplication::processEvents();
        stroke.push_back(sinceMs(timer));
    }
    QTest::mouseRelease(viewer, Qt::LeftButton, {}, {700, 300});

    ui::compare::SplitView split;
    split.resize(viewer->size());
    split.setSource(&cache, u"Source"_s);
    split.setResult(&cache, u"Result"_s);
    split.showFrame(1);
    split.show();
    QTest::qWait(400);
    std::vector<double> splitPaint;
    for (int i = 0; i < 100; ++i) {
        QElapsedTimer timer;
        timer.start();
        split.setPosition(0.2 + i * 0.006);
        split.repaint();
        splitPaint.push_back(sinceMs(timer));
    }

    std::printf(
        "{\"clip\": \"%s\", \"picture\": \"%dx%d\", \"viewer\": \"%dx%d\", \"device_ratio\": %.2f, "
        "\"cached_scrubs_per_second\": %.0f, \"cached_scrub_ms_median\": %.2f, \"cached_scrub_ms_worst\": %.2f, "
        "\"uncached_seek_ms_median\": %.1f, \"uncached_seek_ms_worst\": %.1f, "
        "\"timeline_playhead_paint_ms\": %.3f, \"timeline_full_paint_ms\": %.2f, "
        "\"brush_move_ms_median\": %.2f, \"brush_move_ms_worst\": %.2f, \"split_drag_ms_median\": %.2f, "
        "\"longest_event_cpu_ms\": %.1f, \"apply_theme_ms\": %.1f}\n",
        qPrintable(arguments[1].section(u'/', -1)), cache.pictureSize().width(), cache.pictureSize().height(),
        viewer->width(), viewer->height(), viewer->devicePixelRatioF(), perSecond, median(cached), worst(cached),
        median(uncached), worst(uncached), median(timelinePaint), median(timelineFull), median(stroke), worst(stroke),
        median(splitPaint), application.longest, themeMs);
    return 0;
}
