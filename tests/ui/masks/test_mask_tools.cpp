#include <QAbstractSpinBox>
#include <QKeyEvent>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include <algorithm>

#include "ui/masks/mask_document.h"
#include "ui/masks/mask_overlay.h"
#include "ui/masks/mask_tools.h"
#include "ui/masks/tool_options_bar.h"
#include "ui/masks/tool_strip.h"
#include "ui/style/number_field.h"
#include "ui/viewer/viewer.h"

using namespace reelmend;
using namespace reelmend::ui::masks;
using namespace Qt::StringLiterals;
using ui::viewer::FrameCache;
using ui::viewer::Viewer;

namespace {

class GreySource : public ui::viewer::DisplaySource {
public:
    std::int64_t frameCount() const override { return 3; }
    QSize pictureSize() const override { return {320, 180}; }
    QImage picture(std::int64_t, QSize maximum) override
    {
        QImage image(ui::viewer::decodeSize(pictureSize(), maximum), QImage::Format_RGB32);
        image.fill(QColor(100, 100, 100));
        return image;
    }
};

quint16 at(const MaskDocument& document, int x, int y)
{
    return reinterpret_cast<const quint16*>(document.image().constScanLine(y))[x];
}

} // namespace

class TestMaskTools : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        cache_ = std::make_unique<FrameCache>([](const base::Control&) { return std::make_unique<GreySource>(); });
        viewer_ = std::make_unique<Viewer>();
        viewer_->resize(500, 300);
        document_ = std::make_unique<MaskDocument>();
        tools_ = new MaskTools(document_.get(), viewer_.get());
        overlay_ = new MaskOverlay(document_.get(), viewer_.get());
        viewer_->setCache(cache_.get());
        viewer_->show();
        QTRY_VERIFY(!viewer_->view().isEmpty());
        document_->reset({320, 180});
        viewer_->actualSize();
        QTRY_VERIFY(!viewer_->isBehind());
    }
    void cleanup()
    {
        viewer_.reset(); // with tools and overlay, which must not touch it any more
        document_.reset();
        cache_.reset();
    }

    QPoint on(double x, double y) const { return viewer_->view().toWidget(QPointF(x, y)).toPoint(); }
    void drag(QPoint from, QPoint to, Qt::KeyboardModifiers modifiers = {})
    {
        QTest::mousePress(viewer_.get(), Qt::LeftButton, modifiers, from);
        QTest::mouseMove(viewer_.get(), (from + to) / 2);
        QTest::mouseMove(viewer_.get(), to);
        QTest::mouseRelease(viewer_.get(), Qt::LeftButton, modifiers, to);
    }

    void brushPaintsUnderThePointer()
    {
        tools_->setKind(ToolKind::kBrush);
        tools_->setBrush({20, 100});
        drag(on(50, 50), on(150, 50));
        QCOMPARE(at(*document_, 100, 50), quint16{65535});
        QCOMPARE(at(*document_, 100, 70), quint16{0});
        QCOMPARE(document_->undoStack()->count(), 1);
        QCOMPARE(document_->undoStack()->undoText(), u"Brush stroke"_s);
        tools_->setKind(ToolKind::kEraser);
        drag(on(100, 40), on(100, 60));
        QCOMPARE(at(*document_, 100, 50), quint16{0});
        document_->undoStack()->undo();
        QCOMPARE(at(*document_, 100, 50), quint16{65535});
    }

    void shiftClickDrawsAStraightLine()
    {
        tools_->setKind(ToolKind::kBrush);
        tools_->setBrush({10, 100});
        QTest::mouseClick(viewer_.get(), Qt::LeftButton, {}, on(40, 40));
        QTest::mouseClick(viewer_.get(), Qt::LeftButton, Qt::ShiftModifier, on(240, 140));
        QCOMPARE(at(*document_, 140, 90), quint16{65535}); // half-way
        QCOMPARE(document_->undoStack()->count(), 2);
    }

    void bracketsChangeTheBrush()
    {
        tools_->setBrush({60, 80});
        QTest::keyClick(viewer_.get(), Qt::Key_BracketRight);
        QCOMPARE(tools_->brush().diameter, 66);
        QTest::keyClick(viewer_.get(), Qt::Key_BracketLeft);
        QTest::keyClick(viewer_.get(), Qt::Key_BracketLeft);
        QCOMPARE(tools_->brush().diameter, 53);
        tools_->setBrush({1, 80});
        tools_->growBrush(-1);
        QCOMPARE(tools_->brush().diameter, 1);
        tools_->growBrush(1);
        QCOMPARE(tools_->brush().diameter, 2);
    }

    void escapeGivesUpAStroke()
    {
        tools_->setKind(ToolKind::kBrush);
        QTest::mousePress(viewer_.get(), Qt::LeftButton, {}, on(50, 50));
        QTest::mouseMove(viewer_.get(), on(90, 50));
        QVERIFY(!document_->isEmpty());
        QTest::keyClick(viewer_.get(), Qt::Key_Escape);
        QVERIFY(document_->isEmpty());
        QTest::mouseRelease(viewer_.get(), Qt::LeftButton, {}, on(90, 50));
        QCOMPARE(document_->undoStack()->count(), 0);
    }

    void rectanglesAreWholePixelsAndCanBeAdjusted()
    {
        tools_->setKind(ToolKind::kRectangle);
        drag(on(40, 30), on(100, 90));
        QCOMPARE(tools_->rectangle(), std::optional(QRect(40, 30, 60, 60)));
        QCOMPARE(document_->bounds(), QRect(40, 30, 60, 60));
        QCOMPARE(document_->undoStack()->count(), 1);
        drag(on(100, 90), on(130, 110)); // its corner
        QCOMPARE(document_->bounds(), QRect(40, 30, 90, 80));
        drag(on(80, 60), on(90, 65)); // its middle
        QCOMPARE(document_->bounds(), QRect(50, 35, 90, 80));
        QCOMPARE(document_->undoStack()->index(), 1); // still the one step
        document_->undoStack()->undo();
        QVERIFY(document_->isEmpty());
        QVERIFY(!tools_->rectangle());
    }

    void deleteTakesTheChosenRectangleAway()
    {
        ToolOptionsBar bar;
        bar.setTools(tools_, document_.get());
        const auto shown = [&] {
            return std::ranges::count_if(bar.findChildren<QAbstractSpinBox*>(), [&](const QAbstractSpinBox* box) {
                return box->isVisibleTo(&bar) && box->accessibleName().contains(u"rectangle"_s);
            });
        };
        tools_->setKind(ToolKind::kRectangle);
        drag(on(40, 30), on(100, 90));
        tools_->setKind(ToolKind::kBrush);
        QCOMPARE(shown(), 0);
        QKeyEvent key(QEvent::KeyPress, Qt::Key_Delete, Qt::NoModifier);
        QVERIFY(!tools_->keyPressed(key)); // a brush deletes nothing
        tools_->setKind(ToolKind::kSelect);
        QCOMPARE(shown(), 4);
        QVERIFY(tools_->keyPressed(key));
        QVERIFY(document_->isEmpty());
        QCOMPARE(shown(), 0);
        QVERIFY(!tools_->keyPressed(key));
        document_->undoStack()->redo();
        QCOMPARE(document_->bounds(), QRect(40, 30, 60, 60));
    }

    void anotherStepEndsTheAdjusting()
    {
        tools_->setKind(ToolKind::kRectangle);
        drag(on(40, 30), on(100, 90));
        tools_->setKind(ToolKind::kBrush);
        drag(on(200, 100), on(220, 100));
        QVERIFY(!tools_->rectangle());
    }

    void numbersDrawAndMoveTheRectangle()
    {
        ToolOptionsBar bar;
        bar.setTools(tools_, document_.get());
        tools_->setKind(ToolKind::kRectangle);
        tools_->setRectangle({10, 20, 30, 40});
        QCOMPARE(document_->bounds(), QRect(10, 20, 30, 40));
        QList<ui::style::NumberBox*> boxes;
        for (auto* box : bar.findChildren<ui::style::NumberBox*>()) {
            QVERIFY(!box->accessibleName().isEmpty());
            if (!box->isHidden() && box->accessibleName().contains(u"rectangle"_s)) {
                boxes.append(box);
            }
        }
        QCOMPARE(boxes.size(), 4);
        QCOMPARE(boxes[2]->value(), 30.0);
        boxes[2]->setValue(50);
        QCOMPARE(document_->bounds(), QRect(10, 20, 50, 40));
        QCOMPARE(document_->undoStack()->index(), 1);
    }

    void theOptionsFollowTheBrush()
    {
        ToolOptionsBar bar;
        bar.setTools(tools_, document_.get());
        bar.show();
        tools_->setKind(ToolKind::kBrush);
        auto boxes = bar.findChildren<ui::style::NumberBox*>();
        tools_->setBrush({77, 33});
        QCOMPARE(boxes[0]->value(), 77.0);
        QCOMPARE(boxes[1]->value(), 33.0);
        boxes[0]->setValue(12);
        QCOMPARE(tools_->brush().diameter, 12);
    }

    void theStripChoosesAndFollows()
    {
        ToolStrip strip;
        strip.setTools(tools_);
        strip.show();
        const auto buttons = strip.findChildren<QToolButton*>();
        QCOMPARE(buttons.size(), 5);
        for (const QToolButton* button : buttons) {
            QVERIFY(!button->accessibleName().isEmpty());
        }
        buttons[3]->click();
        QCOMPARE(tools_->kind(), ToolKind::kEraser);
        tools_->setKind(ToolKind::kPan);
        QVERIFY(buttons[1]->isChecked());
        QTest::keyClick(&strip, Qt::Key_Down);
        QCOMPARE(tools_->kind(), ToolKind::kBrush);
    }

    void theHandPans()
    {
        tools_->setKind(ToolKind::kPan);
        viewer_->zoomTo(4);
        const QPointF before = viewer_->view().centre();
        drag({200, 150}, {240, 150});
        QCOMPARE(viewer_->view().centre().x(), before.x() - 10);
        QVERIFY(document_->isEmpty());
    }

    void theOverlayTintsHalf()
    {
        document_->fillRectangle({100, 50, 100, 80}, 65535);
        tools_->setKind(ToolKind::kPan);
        const QImage screen = viewer_->grab().toImage();
        const QColor inside(screen.pixel(on(150, 90)));
        // Half #ff3326 over grey 100.
        QVERIFY(std::abs(inside.red() - 178) <= 2 && std::abs(inside.green() - 75) <= 2 &&
                std::abs(inside.blue() - 69) <= 2);
        QCOMPARE(QColor(screen.pixel(on(50, 90))), QColor(100, 100, 100));
        // The outline on the border is near white.
        const QColor border(screen.pixel(on(150, 50)));
        QVERIFY2(border.green() > 140, qPrintable(border.name()));
        overlay_->setShown(false);
        QCOMPARE(QColor(viewer_->grab().toImage().pixel(on(150, 90))), QColor(100, 100, 100));
    }

    void whatWasRefreshedEqualsWhatIsDrawnAnew()
    {
        tools_->setKind(ToolKind::kBrush);
        tools_->setBrush({40, 30});
        drag(on(60, 60), on(66, 130)); // along a tile border
        drag(on(2, 2), on(130, 64));
        tools_->setKind(ToolKind::kEraser);
        drag(on(64, 100), on(64, 140));
        document_->undoStack()->undo();
        document_->fillRectangle({128, 64, 64, 64}, 65535); // exactly one tile
        document_->fillRectangle({128, 64, 64, 64}, 0);
        document_->fillRectangle({192, 64, 30, 30}, 65535);
        tools_->setKind(ToolKind::kPan);
        const QImage refreshed = viewer_->grab().toImage();
        delete overlay_;
        overlay_ = new MaskOverlay(document_.get(), viewer_.get());
        QCOMPARE(refreshed, viewer_->grab().toImage());
    }

private:
    std::unique_ptr<FrameCache> cache_;
    std::unique_ptr<Viewer> viewer_;
    std::unique_ptr<MaskDocument> document_;
    MaskTools* tools_ = nullptr;
    MaskOverlay* overlay_ = nullptr;
};

QTEST_MAIN(TestMaskTools)
#include "test_mask_tools.moc"
