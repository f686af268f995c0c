#include <QMimeData>
#include <QPainter>
#include <QSignalSpy>
#include <QTest>

#include "ui/viewer/view_bar.h"
#include "ui/viewer/viewer.h"

#include <QComboBox>
#include <QToolButton>

using namespace reelmend;
using namespace reelmend::ui::viewer;
using namespace Qt::StringLiterals;

namespace {

constexpr QSize kPicture{64, 32};

// Every pixel of its own colour, so that a picture shifted or scaled by anything shows.
QImage pattern(std::int64_t index)
{
    QImage image(kPicture, QImage::Format_RGB32);
    for (int y = 0; y < kPicture.height(); ++y) {
        for (int x = 0; x < kPicture.width(); ++x) {
            image.setPixel(x, y, qRgb(x * 4, y * 8, static_cast<int>(index) * 16));
        }
    }
    return image;
}

class PatternSource : public DisplaySource {
public:
    std::int64_t frameCount() const override { return 10; }
    QSize pictureSize() const override { return kPicture; }
    QImage picture(std::int64_t index, QSize maximum) override
    {
        return pattern(index).scaled(decodeSize(kPicture, maximum));
    }
};

std::unique_ptr<FrameCache> makeCache()
{
    return std::make_unique<FrameCache>([](const base::Control&) { return std::make_unique<PatternSource>(); });
}

struct Recorder : CanvasTool {
    QList<QPointF> pressed, moved, released;
    int cancels = 0;
    void pointerPressed(const PointerEvent& e) override { pressed.append(e.picture); }
    void pointerMoved(const PointerEvent& e) override { moved.append(e.picture); }
    void pointerReleased(const PointerEvent& e) override { released.append(e.picture); }
    void cancelled() override { ++cancels; }
};

void wheel(QWidget& widget, QPointF at, int delta, Qt::KeyboardModifiers modifiers = {})
{
    QWheelEvent event(at, widget.mapToGlobal(at), {}, {0, delta}, Qt::NoButton, modifiers, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&widget, &event);
}

double distance(QPointF a, QPointF b)
{
    return std::hypot(a.x() - b.x(), a.y() - b.y());
}

} // namespace

class TestViewer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        cache_ = makeCache();
        viewer_ = std::make_unique<Viewer>();
        viewer_->resize(400, 300);
        viewer_->setCache(cache_.get());
        viewer_->show();
        QTRY_VERIFY(cache_->isGood(0));
        QTRY_VERIFY(!viewer_->isBehind());
    }
    void cleanup()
    {
        viewer_.reset();
        cache_.reset();
    }

    void fitsAndCentres()
    {
        QVERIFY(viewer_->view().isFit());
        const QRectF r = viewer_->view().rect();
        QCOMPARE(r.width(), 368.0); // 400 less 16 on either side
        QVERIFY(std::abs(r.center().x() - 200) <= 1 && std::abs(r.center().y() - 150) <= 1);
        viewer_->resize(200, 300);
        QVERIFY(viewer_->view().isFit());
        QCOMPARE(viewer_->view().rect().width(), 168.0);
    }

    void zoomKeepsThePointUnderThePointer_data()
    {
        QTest::addColumn<double>("ratio");
        QTest::newRow("1x") << 1.0;
        QTest::newRow("1.5x") << 1.5;
        QTest::newRow("2x") << 2.0;
    }
    void zoomKeepsThePointUnderThePointer()
    {
        QFETCH(double, ratio);
        ViewTransform view;
        view.setPicture({854, 480});
        view.setViewport({1236, 788}, ratio);
        const QPointF pointer(777.0, 312.0);
        double zoom = view.zoom();
        const QPointF first = view.toPicture(pointer);
        for (const double factor :
            {1.2, 1.2, 1.2, 0.5, 3.0, 1.7, 0.9, 1 / (1.2 * 1.2 * 1.2 * 0.5 * 3.0 * 1.7 * 0.9)}) {
            const QPointF under = view.toPicture(pointer);
            zoom *= factor;
            view.zoomTo(zoom, pointer);
            // The corner lies on whole device pixels before and after: half a pixel on each axis is the most that
            // either may be off.
            QVERIFY(distance(view.toWidget(under), pointer) * ratio <= 0.72 * (1 + factor));
            const QRectF r = view.rect();
            QCOMPARE(r.left() * ratio, std::round(r.left() * ratio));
            QCOMPARE(r.top() * ratio, std::round(r.top() * ratio));
        }
        // And nothing adds up.
        QVERIFY(distance(view.toPicture(pointer), first) * zoom <= 1);
    }

    void toWidgetUndoesToPicture()
    {
        ViewTransform view;
        view.setPicture({854, 480});
        view.setViewport({1000, 700}, 1.5);
        view.zoomTo(3.7, {100, 600});
        for (const QPointF p : {QPointF(0, 0), QPointF(13.25, 400.5), QPointF(854, 480)}) {
            QVERIFY(distance(view.toPicture(view.toWidget(p)), p) < 1e-6);
        }
    }

    void oneToOneIsPixelExact()
    {
        viewer_->actualSize();
        QCOMPARE(viewer_->view().zoom(), 1.0);
        QTRY_VERIFY(cache_->picture(0).size() == kPicture);
        viewer_->showFrame(0);
        const QImage screen = viewer_->grab().toImage();
        const QRect place = viewer_->view().deviceRect();
        QCOMPARE(place.size(), kPicture);
        const QImage shown = screen.copy(place).convertToFormat(QImage::Format_RGB32);
        QCOMPARE(shown, pattern(0));
    }

    void aboveFourPixelsAreSquares()
    {
        viewer_->zoomTo(8);
        QTRY_VERIFY(cache_->picture(0).size() == kPicture);
        viewer_->showFrame(0);
        const QImage screen = viewer_->grab().toImage();
        const QPointF a = viewer_->view().toWidget(QPointF(30, 15));
        const QPoint corner(qRound(a.x()), qRound(a.y()));
        for (const QPoint inside : {QPoint(0, 0), QPoint(7, 0), QPoint(0, 7), QPoint(7, 7)}) {
            QCOMPARE(screen.pixel(corner + inside), pattern(0).pixel(30, 15));
        }
        QCOMPARE(screen.pixel(corner + QPoint(8, 0)), pattern(0).pixel(31, 15));
    }

    void wheelStopsAtPixelForPixel()
    {
        viewer_->zoomTo(0.95);
        wheel(*viewer_, {200, 150}, 120);
        QCOMPARE(viewer_->view().zoom(), 1.0);
        wheel(*viewer_, {200, 150}, 120);
        QVERIFY(viewer_->view().zoom() > 1.1);
    }

    void middleButtonAndSpacePan()
    {
        viewer_->zoomTo(8);
        const QPointF before = viewer_->view().centre();
        QTest::mousePress(viewer_.get(), Qt::MiddleButton, {}, {200, 150});
        QTest::mouseMove(viewer_.get(), {216, 150});
        QTest::mouseRelease(viewer_.get(), Qt::MiddleButton, {}, {216, 150});
        QCOMPARE(viewer_->view().centre().x(), before.x() - 2);
        QSignalSpy tapped(viewer_.get(), &PictureCanvas::spaceTapped);
        QTest::keyPress(viewer_.get(), Qt::Key_Space);
        QTest::mousePress(viewer_.get(), Qt::LeftButton, {}, {200, 150});
        QTest::mouseMove(viewer_.get(), {200, 142});
        QTest::mouseRelease(viewer_.get(), Qt::LeftButton, {}, {200, 142});
        QTest::keyRelease(viewer_.get(), Qt::Key_Space);
        QCOMPARE(viewer_->view().centre().y(), before.y() + 1);
        QCOMPARE(tapped.count(), 0);
        QTest::keyClick(viewer_.get(), Qt::Key_Space);
        QCOMPARE(tapped.count(), 1);
    }

    void keysZoomFitAndPan()
    {
        viewer_->zoomTo(1);
        QTest::keyClick(viewer_.get(), Qt::Key_Plus);
        QCOMPARE(viewer_->view().zoom(), 1.5);
        QTest::keyClick(viewer_.get(), Qt::Key_Minus);
        QCOMPARE(viewer_->view().zoom(), 1.0);
        const double x = viewer_->view().centre().x();
        viewer_->zoomTo(8);
        QTest::keyClick(viewer_.get(), Qt::Key_Right);
        QCOMPARE(viewer_->view().centre().x(), x + 5);
        QTest::keyClick(viewer_.get(), Qt::Key_F);
        QVERIFY(viewer_->view().isFit());
        QTest::keyClick(viewer_.get(), Qt::Key_1);
        QCOMPARE(viewer_->view().zoom(), 1.0);
    }

    void toolsGetPictureCoordinates()
    {
        Recorder tool;
        viewer_->setTool(&tool);
        viewer_->zoomTo(4);
        const QPoint at = viewer_->view().toWidget(QPointF(20, 10)).toPoint();
        QTest::mousePress(viewer_.get(), Qt::LeftButton, {}, at);
        QTest::mouseMove(viewer_.get(), at + QPoint(8, 4));
        QTest::mouseRelease(viewer_.get(), Qt::LeftButton, {}, at + QPoint(8, 4));
        QCOMPARE(tool.pressed.size(), 1);
        QVERIFY(distance(tool.pressed.first(), {20, 10}) < 0.2);
        QVERIFY(distance(tool.released.first(), {22, 11}) < 0.2);
        QTest::mousePress(viewer_.get(), Qt::LeftButton, {}, at);
        QTest::keyClick(viewer_.get(), Qt::Key_Escape);
        QCOMPARE(tool.cancels, 1);
        QTest::mouseRelease(viewer_.get(), Qt::LeftButton, {}, at);
        QCOMPARE(tool.released.size(), 1);
        viewer_->setTool(nullptr);
    }

    void aPreviewStandsForItsOwnFrame()
    {
        QImage preview(kPicture, QImage::Format_RGB32);
        preview.fill(Qt::green);
        viewer_->setPreview(0, preview);
        QVERIFY(viewer_->isShowingPreview());
        const QPoint middle = viewer_->rect().center();
        QCOMPARE(QColor(viewer_->grab().toImage().pixel(middle)), QColor(Qt::green));
        viewer_->showFrame(1);
        QVERIFY(!viewer_->isShowingPreview());
    }

    void withoutAClipItAsksForOne()
    {
        viewer_->setCache(nullptr);
        QSignalSpy opened(viewer_.get(), &Viewer::openRequested);
        QTest::mouseDClick(viewer_.get(), Qt::LeftButton, {}, {100, 100});
        QTest::keyClick(viewer_.get(), Qt::Key_Return);
        QCOMPARE(opened.count(), 2);
        QSignalSpy dropped(viewer_.get(), &Viewer::filesDropped);
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(u"/tmp/日本語 é.mp4"_s)});
        QDragEnterEvent enter({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, {});
        QCoreApplication::sendEvent(viewer_.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, {});
        QCoreApplication::sendEvent(viewer_.get(), &drop);
        QCOMPARE(dropped.count(), 1);
        QVERIFY(!viewer_->accessibleDescription().isEmpty());
    }

    void theBarShowsAndSetsTheZoom()
    {
        ViewBar bar;
        bar.setCanvas(viewer_.get());
        bar.show();
        auto* zoom = bar.findChild<QComboBox*>();
        viewer_->zoomTo(2);
        QCOMPARE(zoom->accessibleDescription(), u"200 %"_s);
        Q_EMIT zoom->activated(zoom->findText(u"400 %"_s));
        QCOMPARE(viewer_->view().zoom(), 4.0);
        const auto buttons = bar.findChildren<QToolButton*>();
        for (QToolButton* button : buttons) {
            QVERIFY2(!button->accessibleName().isEmpty() || !button->text().isEmpty(), "a button without a name");
        }
        QSignalSpy toggled(&bar, &ViewBar::overlayToggled);
        buttons.first()->click();
        QCOMPARE(toggled.first().first().toBool(), false);
    }

private:
    std::unique_ptr<FrameCache> cache_;
    std::unique_ptr<Viewer> viewer_;
};

QTEST_MAIN(TestViewer)
#include "test_viewer.moc"
