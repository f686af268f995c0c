#include "tests/ui/grab/grab.h"

#include "ui/compare/compare_bar.h"
#include "ui/compare/split_view.h"
#include "ui/masks/mask_document.h"
#include "ui/masks/mask_overlay.h"
#include "ui/masks/mask_tools.h"
#include "ui/masks/tool_options_bar.h"
#include "ui/masks/tool_strip.h"
#include "ui/style/style.h"
#include "ui/timeline/timeline.h"
#include "ui/timeline/transport_bar.h"
#include "ui/viewer/clip_source.h"
#include "ui/viewer/player.h"
#include "ui/viewer/view_bar.h"
#include "ui/viewer/viewer.h"

#include <QApplication>
#include <QFrame>
#include <QHBoxLayout>
#include <QPainter>
#include <QTest>

namespace reelmend::grab {

using namespace Qt::StringLiterals;
using ui::viewer::FrameCache;

namespace {

// A blurred, half-size version of another source: stands for a source beside its enhanced result.
class Soft : public ui::viewer::DisplaySource {
public:
    explicit Soft(std::unique_ptr<ui::viewer::DisplaySource> inner)
        : inner_(std::move(inner))
    {}
    std::int64_t frameCount() const override { return inner_->frameCount(); }
    QSize pictureSize() const override { return inner_->pictureSize() / 4; }
    QImage picture(std::int64_t index, QSize) override
    {
        return inner_->picture(index, inner_->pictureSize())
            .scaled(pictureSize(), Qt::IgnoreAspectRatio, Qt::SmoothTransformation)
            .convertToFormat(QImage::Format_RGB32);
    }

private:
    std::unique_ptr<ui::viewer::DisplaySource> inner_;
};

bool waitFor(FrameCache& cache, qint64 frame)
{
    return QTest::qWaitFor([&] { return cache.isGood(frame); }, 20000);
}

QWidget* bar(QWidget* parent, int height, const QList<QWidget*>& left, const QList<QWidget*>& right)
{
    auto* made = new QWidget(parent);
    ui::style::setGround(made, ui::style::Ground::kPanel);
    made->setFixedHeight(height);
    auto* layout = new QHBoxLayout(made);
    layout->setContentsMargins(12, 0, 12, 0);
    for (QWidget* widget : left) {
        layout->addWidget(widget);
    }
    layout->addStretch(1);
    for (QWidget* widget : right) {
        layout->addWidget(widget);
    }
    return made;
}

struct Bench {
    QWidget window;
    ui::viewer::Player player;
    FrameCache cache;
    ui::viewer::Viewer* viewer;
    ui::masks::MaskDocument document;
    ui::masks::MaskTools* tools;
    ui::masks::MaskOverlay* overlay;
    ui::timeline::Timeline* timeline;

    explicit Bench(const QString& clip)
        : cache(ui::viewer::clipSource(clip))
    {
        viewer = new ui::viewer::Viewer;
        tools = new ui::masks::MaskTools(&document, viewer);
        overlay = new ui::masks::MaskOverlay(&document, viewer);
        auto* strip = new ui::masks::ToolStrip;
        strip->setTools(tools);
        auto* options = new ui::masks::ToolOptionsBar;
        options->setTools(tools, &document);
        auto* view = new ui::viewer::ViewBar;
        view->setCanvas(viewer);
        auto* transport = new ui::timeline::TransportBar;
        transport->setPlayer(&player);
        timeline = new ui::timeline::Timeline;
        timeline->setPlayer(&player);
        auto line = [](bool isRow) {
            auto* made = new QFrame;
            made->setProperty("tone", u"line"_s);
            isRow ? made->setFixedHeight(1) : made->setFixedWidth(1);
            return made;
        };
        auto* all = new QVBoxLayout(&window);
        all->setContentsMargins(0, 0, 0, 0);
        all->setSpacing(0);
        auto* top = new QHBoxLayout;
        top->setSpacing(0);
        auto* middle = new QVBoxLayout;
        middle->setSpacing(0);
        middle->addWidget(bar(&window, 36, {options}, {view}));
        middle->addWidget(line(true));
        middle->addWidget(viewer, 1);
        top->addWidget(strip);
        top->addWidget(line(false));
        top->addLayout(middle, 1);
        all->addLayout(top, 1);
        all->addWidget(line(true));
        all->addWidget(transport);
        all->addWidget(line(true));
        all->addWidget(timeline);
        window.resize(1276, 942);
        QObject::connect(&cache, &FrameCache::opened, &player, [this](QSize size, qint64 count) {
            player.setClip(count, {24, 1});
            document.reset(size);
        });
        QObject::connect(&cache, &FrameCache::cachedChanged, timeline,
            [this] { timeline->setCachedRanges(cache.cachedRanges()); });
        QObject::connect(&player, &ui::viewer::Player::frameChanged, viewer, &ui::viewer::Viewer::showFrame);
        viewer->setCache(&cache);
        viewer->setLabels(u"Source"_s, u"Mask · the same on every frame"_s);
        timeline->setThumbnails(ui::viewer::clipSource(clip, ui::viewer::DecoderThreads::kOne));
    }
};

void grabBench(Camera& camera, const QString& clip, const QString& mask)
{
    Bench bench(clip);
    bench.window.show();
    (void)QTest::qWaitFor([&] { return bench.cache.frameCount() > 0; }, 20000);
    settle(100);
    const auto count = bench.cache.frameCount();
    bench.player.setRange({count / 11, count * 9 / 11});
    bench.player.seek(count * 5 / 12);
    settle(200);
    waitFor(bench.cache, bench.player.frame());
    if (!mask.isEmpty()) {
        const QImage picture(mask);
        bench.document.replace(picture.scaled(bench.document.size()), u"Load"_s);
    } else {
        bench.document.beginStroke(u"Stroke"_s);
        const QSizeF s = bench.document.size();
        bench.document.strokeTo(
            {s.width() * 0.3, s.height() * 0.6}, {s.width() * 0.55, s.height() * 0.4}, 90, 0.8, false);
        bench.document.strokeTo(
            {s.width() * 0.55, s.height() * 0.4}, {s.width() * 0.6, s.height() * 0.7}, 90, 0.8, false);
        bench.document.endStroke();
    }
    settle(1500);
    QTest::mouseMove(bench.viewer, QPoint(900, 260));
    camera.take(bench.window, u"bench"_s);
    bench.tools->setKind(ui::masks::ToolKind::kRectangle);
    bench.tools->setRectangle(QRect(400, 100, 220, 140));
    bench.timeline->zoomTo(4, 400);
    settle(800);
    camera.take(bench.window, u"bench-rectangle"_s);
    bench.tools->setKind(ui::masks::ToolKind::kBrush);
    bench.viewer->zoomTo(8);
    settle(600);
    QTest::mouseMove(bench.viewer, QPoint(500, 360));
    camera.take(bench.window, u"bench-pixels"_s);
    bench.viewer->actualSize();
    settle(400);
    camera.take(bench.window, u"bench-actual"_s);
    bench.window.resize(700, 500);
    bench.viewer->fit();
    settle(400);
    camera.take(bench.window, u"bench-small"_s);
    bench.viewer->setCache(nullptr);
    bench.player.setClip(0, {24, 1});
    bench.window.resize(1000, 700);
    camera.take(bench.window, u"bench-empty"_s);
}

void grabSplit(Camera& camera, const QString& clip)
{
    FrameCache result(ui::viewer::clipSource(clip));
    FrameCache source([clip](const base::Control& control) {
        return std::make_unique<Soft>(ui::viewer::clipSource(clip)(control));
    });
    QWidget window;
    auto* view = new ui::compare::SplitView;
    auto* header = new ui::compare::CompareBar;
    header->setView(view);
    header->setNames(u"Source"_s, u"Version 2 · Lite"_s);
    auto* zoom = new ui::viewer::ViewBar;
    zoom->setCanvas(view);
    zoom->setOverlayToggleVisible(false);
    ui::viewer::Player player;
    auto* transport = new ui::timeline::TransportBar;
    transport->setPlayer(&player);
    transport->setHint(ui::compare::makeCompareHint(transport));
    auto* all = new QVBoxLayout(&window);
    all->setContentsMargins(0, 0, 0, 0);
    all->setSpacing(0);
    all->addWidget(bar(&window, 36, {header}, {zoom}));
    all->addWidget(view, 1);
    all->addWidget(transport);
    window.resize(1320, 760);
    view->setSource(&source, u"Source"_s);
    view->setResult(&result, u"Version 2 · Lite"_s);
    window.show();
    (void)QTest::qWaitFor([&] { return source.frameCount() > 0 && result.frameCount() > 0; }, 20000);
    player.setClip(source.frameCount(), {24, 1});
    view->showFrame(12);
    settle(300);
    waitFor(source, 12);
    waitFor(result, 12);
    view->setPosition(0.655);
    camera.take(window, u"split"_s);
    const QPoint handle = view->geometryOfSplit().handle.toPoint();
    QTest::mousePress(view, Qt::LeftButton, {}, handle);
    camera.take(window, u"split-held"_s);
    QTest::mouseRelease(view, Qt::LeftButton, {}, handle);
    window.activateWindow();
    (void)QTest::qWaitForWindowActive(&window);
    view->clearFocus();
    view->setFocus(Qt::TabFocusReason);
    view->setPosition(0.04);
    camera.take(window, u"split-focus"_s);
    view->zoomTo(12);
    view->setPosition(0.5);
    settle(400);
    camera.take(window, u"split-zoomed"_s);
}

} // namespace

void grabPictures(Camera& camera, const QString& clip, const QString& mask)
{
    if (clip.isEmpty()) {
        return;
    }
    if (camera.wants(u"bench"_s)) {
        grabBench(camera, clip, mask);
    }
    if (camera.wants(u"split"_s)) {
        grabSplit(camera, clip);
    }
}

} // namespace reelmend::grab
