#include <QSignalSpy>
#include <QTest>

#include "ui/compare/compare_bar.h"
#include "ui/compare/split_view.h"
#include "ui/style/number_field.h"
#include "ui/style/style.h"

using namespace reelmend;
using namespace reelmend::ui::compare;
using namespace Qt::StringLiterals;
using ui::viewer::FrameCache;

namespace {

// Left half and right half differ, and red tells the frame: which part of which picture is seen can be read back.
class PlainSource : public ui::viewer::DisplaySource {
public:
    PlainSource(QSize size, QColor colour, std::int64_t count)
        : size_(size)
        , colour_(colour)
        , count_(count)
    {}
    std::int64_t frameCount() const override { return count_; }
    QSize pictureSize() const override { return size_; }
    QImage picture(std::int64_t index, QSize maximum) override
    {
        QImage image(ui::viewer::decodeSize(size_, maximum), QImage::Format_RGB32);
        image.fill(QColor(static_cast<int>(index), colour_.green(), colour_.blue()));
        return image;
    }

private:
    QSize size_;
    QColor colour_;
    std::int64_t count_;
};

std::unique_ptr<FrameCache> plain(QSize size, QColor colour, std::int64_t count = 100)
{
    return std::make_unique<FrameCache>(
        [=](const base::Control&) { return std::make_unique<PlainSource>(size, colour, count); });
}

const QColor kSource(0, 200, 0);
const QColor kResult(0, 0, 200);

} // namespace

class TestSplitView : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { ui::style::applyTheme(*qApp, ui::style::Theme::kDark); }
    void init()
    {
        source_ = plain({160, 90}, kSource);
        result_ = plain({640, 360}, kResult);
        view_ = std::make_unique<SplitView>();
        view_->resize(800, 500);
        view_->setSource(source_.get(), u"Source"_s);
        view_->setResult(result_.get(), u"Version 2"_s);
        view_->show();
        view_->showFrame(5);
        QTRY_COMPARE(at(0.25, 0.5).red(), 5);
        QTRY_COMPARE(at(0.75, 0.5).red(), 5);
    }
    void cleanup()
    {
        view_.reset();
        source_.reset();
        result_.reset();
    }

    // Colour at a place of the picture, 0 to 1.
    QColor at(double x, double y)
    {
        const QRectF r = view_->view().rect();
        const QPoint p(qRound(r.left() + r.width() * x), qRound(r.top() + r.height() * y));
        return QColor(view_->grab().toImage().pixel(p));
    }

    void bothSidesShowTheSameFieldOfView()
    {
        QCOMPARE(view_->view().picture(), QSize(160, 90)); // the source's coordinates
        QCOMPARE(at(0.25, 0.5).green(), 200);
        QCOMPARE(at(0.75, 0.5).blue(), 200);
        QCOMPARE(at(0.99, 0.98).blue(), 200); // the larger picture ends where the smaller does
        view_->setPosition(0.9);
        QCOMPARE(at(0.75, 0.5).green(), 200);
    }

    void dragsWithinEightPixelsOfTheLine()
    {
        const SplitGeometry g = view_->geometryOfSplit();
        const int y = 60;
        const int line = qRound(g.line);
        QVERIFY(g.grabs(QPointF(line + 8, y)));
        QVERIFY(!g.grabs(QPointF(line + 10, y)));
        QVERIFY(g.grabs(g.handle + QPointF(14, 0)));
        QTest::mousePress(view_.get(), Qt::LeftButton, {}, {line + 6, y});
        QCOMPARE(view_->position(), 0.5); // taking it moves nothing
        QTest::mouseMove(view_.get(), {line + 106, y});
        QTest::mouseRelease(view_.get(), Qt::LeftButton, {}, {line + 106, y});
        QVERIFY(std::abs(view_->geometryOfSplit().line - (g.line + 100)) <= 1);
        QTest::mousePress(view_.get(), Qt::LeftButton, {}, {200, y}); // elsewhere: nothing
        QTest::mouseMove(view_.get(), {300, y});
        QTest::mouseRelease(view_.get(), Qt::LeftButton, {}, {300, y});
        QVERIFY(std::abs(view_->geometryOfSplit().line - (g.line + 100)) <= 1);
    }

    void theLineLiesOnDevicePixelsAndStaysInSight()
    {
        for (const double ratio : {1.0, 1.5, 2.0}) {
            for (double position = 0; position <= 1; position += 0.037) {
                const SplitGeometry g = SplitGeometry::of({10, 20, 777, 400}, {0, 0, 800, 500}, position, ratio);
                QCOMPARE(g.line * ratio, std::round(g.line * ratio));
            }
        }
        // Zoomed far in, the line may be off the screen: its handle waits at the edge.
        const SplitGeometry g = SplitGeometry::of({-3000, -1000, 5000, 3000}, {0, 0, 800, 500}, 0.1, 1);
        QCOMPARE(g.line, 0.0);
        QCOMPARE(g.leftSide().width(), 0.0);
        QVERIFY(g.handle.y() > 250 && g.handle.y() < 500); // lower half of what is seen
    }

    void labelsHideWhenTheirSideIsNarrow()
    {
        const QSizeF label(80, 20);
        SplitGeometry g = SplitGeometry::of({0, 0, 600, 400}, {0, 0, 600, 400}, 0.5, 1);
        QCOMPARE(g.leftLabel(label).topLeft(), QPointF(12, 12));
        QCOMPARE(g.rightLabel(label).right(), 588.0);
        g = SplitGeometry::of({0, 0, 600, 400}, {0, 0, 600, 400}, 0.16, 1); // 96 px: too narrow for 80 + 24
        QVERIFY(g.leftLabel(label).isEmpty());
        QVERIFY(!g.rightLabel(label).isEmpty());
    }

    void arrowsMoveTheLine()
    {
        QTest::keyClick(view_.get(), Qt::Key_Right);
        QCOMPARE(view_->position(), 0.505);
        QTest::keyClick(view_.get(), Qt::Key_Left, Qt::ShiftModifier);
        QCOMPARE(view_->position(), 0.455);
        QTest::keyClick(view_.get(), Qt::Key_End);
        QCOMPARE(view_->position(), 1.0);
        QTest::keyClick(view_.get(), Qt::Key_Home);
        QCOMPARE(view_->position(), 0.0);
        QVERIFY(view_->accessibleDescription().contains(u"0.0 %"_s));
    }

    void holdingSShowsTheSourceAlone()
    {
        QTest::keyPress(view_.get(), Qt::Key_S);
        QVERIFY(view_->isSourceAlone());
        QCOMPARE(at(0.75, 0.5).green(), 200);
        QTest::keyRelease(view_.get(), Qt::Key_S);
        QVERIFY(!view_->isSourceAlone());
        QCOMPARE(at(0.75, 0.5).blue(), 200);
    }

    void shiftSSwapsTheSides()
    {
        QTest::keyClick(view_.get(), Qt::Key_S, Qt::ShiftModifier);
        QVERIFY(view_->isSwapped());
        QCOMPARE(at(0.25, 0.5).blue(), 200);
        QCOMPARE(at(0.75, 0.5).green(), 200);
    }

    void doubleClickGlidesToTheMiddle()
    {
        view_->setPosition(0.1);
        QSignalSpy moved(view_.get(), &SplitView::positionChanged);
        QTest::mouseDClick(view_.get(), Qt::LeftButton, {}, {400, 60});
        QTRY_COMPARE(view_->position(), 0.5);
        QVERIFY(moved.count() > 1);
        qApp->setProperty("reduceMotion", true);
        view_->setPosition(0.1);
        view_->glideToCentre();
        QCOMPARE(view_->position(), 0.5);
        qApp->setProperty("reduceMotion", false);
    }

    void aResultOfAPartStartsLater()
    {
        auto part = plain({640, 360}, kResult, 20);
        view_->setResult(part.get(), u"Version 3"_s);
        view_->setResultOffset(40);
        view_->showFrame(45);
        QTRY_COMPARE(at(0.25, 0.5).red(), 45);
        QCOMPARE(at(0.75, 0.5).red(), 5); // the result's own sixth frame
        QCOMPARE(at(0.75, 0.5).blue(), 200);
        view_->showFrame(70); // outside of it: the source goes on alone
        QTRY_COMPARE(at(0.25, 0.5).red(), 70);
        QCOMPARE(at(0.9, 0.9), ui::style::tokens(ui::style::Theme::kDark).surround);
        view_->setResult(nullptr, {});
    }

    void theNumberAndTheLineAreOne()
    {
        CompareBar bar;
        bar.setView(view_.get());
        auto* box = bar.findChild<ui::style::NumberBox*>();
        view_->setPosition(0.655);
        QCOMPARE(box->value(), 65.5);
        box->setValue(20);
        QCOMPARE(view_->position(), 0.2);
    }

    void zoomIsShared()
    {
        ui::viewer::ViewTransform other;
        other.setPicture({640, 360}); // a viewer that shows the result alone
        other.setViewport({800, 500}, 1);
        other.zoomTo(2, {200, 100});
        view_->followView(other);
        QCOMPARE(view_->view().zoom(), 8.0);
        QVERIFY(QLineF(view_->view().toPicture({400, 250}) * 4, other.toPicture({400, 250})).length() < 1);
    }

private:
    std::unique_ptr<FrameCache> source_, result_;
    std::unique_ptr<SplitView> view_;
};

QTEST_MAIN(TestSplitView)
#include "test_split_view.moc"
