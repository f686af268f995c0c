#include <QApplication>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFocusFrame>
#include <QFontMetricsF>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QTest>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/style/buttons.h"
#include "ui/style/fonts.h"
#include "ui/style/icons.h"
#include "ui/style/labels.h"
#include "ui/style/message_bar.h"
#include "ui/style/number_field.h"
#include "ui/style/paint.h"
#include "ui/style/segmented_control.h"
#include "ui/style/style.h"
#include "ui/style/tokens.h"

using namespace reelmend::ui::style;
using namespace Qt::StringLiterals;

class TestStyle : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { applyTheme(*qApp, Theme::kDark); }

    void groundsAreNeutralAndTextIsReadable_data()
    {
        QTest::addColumn<int>("theme");
        QTest::newRow("dark") << static_cast<int>(Theme::kDark);
        QTest::newRow("light") << static_cast<int>(Theme::kLight);
    }
    void groundsAreNeutralAndTextIsReadable()
    {
        QFETCH(int, theme);
        const Tokens& t = tokens(static_cast<Theme>(theme));
        for (const QColor& ground :
            {t.win, t.panel, t.raised, t.hover, t.field, t.well, t.surround, t.line, t.sep, t.edge}) {
            QVERIFY(ground.red() == ground.green() && ground.green() == ground.blue());
        }
        QVERIFY(contrastRatio(t.text, t.panel) >= 10);
        QVERIFY(contrastRatio(t.text2, t.panel) >= 6);
        for (const QColor& word : {t.accent, t.good, t.warn, t.error}) {
            QVERIFY(contrastRatio(word, t.panel) >= 5.2);
        }
        QVERIFY(contrastRatio(t.onFill, t.fill) >= 4.8);
        QVERIFY(contrastRatio(t.text, t.selection) >= 7.5);
        for (const QColor& ground : {t.goodGround, t.warnGround, t.errorGround}) {
            QVERIFY(contrastRatio(t.text, ground) >= 8.8);
        }
    }

    void aPaletteTellsItsTheme()
    {
        for (const Theme theme : {Theme::kDark, Theme::kLight}) {
            for (const Contrast contrast : {Contrast::kNormal, Contrast::kHigh}) {
                const Tokens& t = tokens(theme, contrast);
                QCOMPARE(&tokensFor(paletteFor(t)), &t);
            }
        }
        applyTheme(*qApp, Theme::kLight, Contrast::kHigh);
        QWidget widget;
        QCOMPARE(&tokensFor(widget.palette()), &tokens(Theme::kLight, Contrast::kHigh));
        applyTheme(*qApp, Theme::kSystem); // offscreen's own palette is light
        QVERIFY(!tokensFor(QApplication::palette()).isDark);
    }

    void theBundledFontIsUsed()
    {
        QCOMPARE(QFontInfo(QApplication::font()).family(), u"Inter Reelmend"_s);
        QCOMPARE(QFontInfo(fontFor(TextRole::kSectionTitle)).weight(), static_cast<int>(QFont::DemiBold));
        QFont large = QApplication::font();
        large.setPointSizeF(large.pointSizeF() * 2);
        QCOMPARE(fontFor(TextRole::kCaption, large).pointSizeF(), fontFor(TextRole::kCaption).pointSizeF() * 2);
    }

    void numbersOfEqualLengthAreEquallyWide()
    {
        const QFont font = fontFor(TextRole::kTimecode);
        const double width = tabularWidth(font, u"00:00:11:17");
        for (const QString& other : {u"00:00:00:00"_s, u"88:44:23:09"_s, u"11:11:11:11"_s}) {
            QCOMPARE(tabularWidth(font, other), width);
        }
        // And Inter's own digits are not, or the helper would be for nothing.
        const QFontMetricsF metrics(font);
        QVERIFY(metrics.horizontalAdvance(u"1"_s) < metrics.horizontalAdvance(u"0"_s));
    }

    void everyIconDrawsInItsColour()
    {
        const QStringList files = QDir(u":/reelmend/icons"_s).entryList({u"*.svg"_s});
        QVERIFY(files.size() > 30);
        for (const QString& file : files) {
            const QString name = file.chopped(4);
            for (const int size : {16, 32}) {
                const QImage image = iconPixmap(name, size, Qt::red).toImage();
                QCOMPARE(image.size(), QSize(size, size));
                bool isDrawn = false;
                for (int y = 0; y < size; ++y) {
                    for (int x = 0; x < size; ++x) {
                        const QColor c = image.pixelColor(x, y);
                        isDrawn = isDrawn || c.alpha() > 64;
                        if (c.alpha() > 128) {
                            QVERIFY2(c.green() == 0 && c.blue() == 0, qPrintable(name));
                        }
                    }
                }
                QVERIFY2(isDrawn, qPrintable(name));
            }
        }
        QTest::ignoreMessage(QtWarningMsg, "No icon named no-such-icon in the resources");
        QVERIFY(iconPixmap(u"no-such-icon", 16, Qt::red).isNull());
    }

    void iconsFollowStateAndTheme()
    {
        const auto colourOf = [](const QIcon& made, QIcon::Mode mode, QIcon::State state = QIcon::Off) {
            const QImage image = made.pixmap(16, mode, state).toImage();
            return image.pixelColor(8, 8).rgb();
        };
        const QIcon play = icon(u"play-fill");
        const Tokens& dark = tokens(Theme::kDark);
        QCOMPARE(colourOf(play, QIcon::Normal), dark.text2.rgb());
        QCOMPARE(colourOf(play, QIcon::Normal, QIcon::On), dark.text.rgb());
        QCOMPARE(colourOf(play, QIcon::Disabled), dark.text3.rgb());
        applyTheme(*qApp, Theme::kLight);
        QCOMPARE(colourOf(play, QIcon::Normal), tokens(Theme::kLight).text2.rgb());
    }

    void theFocusRingIsForTheKeyboardOnly()
    {
        QWidget window;
        auto* layout = new QVBoxLayout(&window);
        auto* first = new QPushButton(u"First"_s);
        auto* second = new QPushButton(u"Second"_s);
        layout->addWidget(first);
        layout->addWidget(second);
        window.show();
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        const auto ring = [&] {
            const auto* frame = window.findChild<QFocusFrame*>();
            return frame && frame->isVisible() ? frame->widget() : nullptr;
        };
        QTest::mouseClick(first, Qt::LeftButton);
        QVERIFY(first->hasFocus());
        QCOMPARE(ring(), nullptr);
        QTest::keyClick(first, Qt::Key_Tab);
        QVERIFY(second->hasFocus());
        QCOMPARE(ring(), second);
        QVERIFY(isFocusVisible(second));
        QTest::mouseClick(first, Qt::LeftButton);
        QCOMPARE(ring(), nullptr);
        QVERIFY(!isFocusVisible(second));
    }

    void segmentsChooseByKeyAndSkipDisabledOnes()
    {
        SegmentedControl control(u"What to do"_s);
        for (const auto& name : {u"Upscale"_s, u"Remove"_s, u"Restore"_s}) {
            control.addSegment(name);
        }
        QSignalSpy changed(&control, &SegmentedControl::currentChanged);
        QCOMPARE(control.currentIndex(), 0);
        control.setSegmentEnabled(1, false);
        QTest::keyClick(&control, Qt::Key_Right);
        QCOMPARE(control.currentIndex(), 2);
        QTest::keyClick(&control, Qt::Key_Right); // the end
        QCOMPARE(changed.count(), 1);
        QTest::keyClick(&control, Qt::Key_Home);
        QCOMPARE(control.currentIndex(), 0);
        QCOMPARE(control.accessibleDescription(), u"Upscale"_s);
    }

    void segmentsNeverCutAWord()
    {
        SegmentedControl control(u"What to do"_s);
        for (const auto& name :
            {u"Hochskalieren"_s, u"Entfernen"_s, u"Restaurieren"_s, u"Reparieren"_s, u"Anpassen"_s}) {
            control.addSegment(name);
        }
        control.setStretched(true);
        const QFontMetricsF metrics(fontFor(TextRole::kBodyMedium));
        for (const int width : {control.sizeHint().width(), 300, control.minimumSizeHint().width()}) {
            control.resize(width, control.heightForWidth(width));
            control.show();
            QRect all;
            for (const auto* segment : control.findChildren<QToolButton*>()) {
                QVERIFY2(segment->width() >= metrics.horizontalAdvance(segment->text()), qPrintable(segment->text()));
                QVERIFY(control.rect().contains(segment->geometry()));
                all |= segment->geometry();
            }
            QCOMPARE(all, control.rect());
        }
        QCOMPARE(control.heightForWidth(control.sizeHint().width()) * 2, control.heightForWidth(300));
        QVERIFY(control.minimumSizeHint().width() <= 276); // the narrowest panel, without its padding
    }

    void aLabelHasAShorterWayToSayIt()
    {
        TextLabel label(u"HDR (HLG) shown as SDR"_s);
        label.setShortText(u"HLG as SDR"_s);
        label.setTip(u"Brought down to the screen's white."_s);
        const int least = label.minimumSizeHint().width();
        QVERIFY(least >= QFontMetricsF(label.font()).horizontalAdvance(u"HLG as SDR"_s));
        QVERIFY(least < label.sizeHint().width());
        label.resize(label.sizeHint());
        label.show();
        QCOMPARE(label.toolTip(), u"Brought down to the screen's white."_s);
        label.resize(least, label.height());
        QCOMPARE(label.toolTip(), u"HDR (HLG) shown as SDR\nBrought down to the screen's white."_s);
    }

    void numberBoxesScrubStepAndType()
    {
        NumberField field(u"Strength"_s);
        field.setUnit(u"%"_s);
        field.setDefaultValue(50);
        field.setValue(50);
        field.resize(300, 28);
        field.show();
        QSignalSpy changed(&field, &NumberField::valueChanged);
        QSignalSpy committed(&field, &NumberField::committed);
        auto* edit = field.box()->findChild<QLineEdit*>();
        field.slider()->setFocus();
        QTest::mousePress(edit, Qt::LeftButton, {}, {10, 10});
        QTest::mouseMove(edit, {30, 10});
        QTest::mouseRelease(edit, Qt::LeftButton, {}, {30, 10});
        QCOMPARE(field.value(), 55.0); // 20 px, 4 to a step
        QCOMPARE(committed.count(), 1);
        QVERIFY(!edit->hasFocus());
        field.slider()->setFocus();
        QTest::keyClick(field.slider(), Qt::Key_Right, Qt::ShiftModifier);
        QCOMPARE(field.value(), 65.0);
        field.box()->setFocus();
        QTest::keyClick(field.box(), Qt::Key_Up, Qt::ShiftModifier);
        QCOMPARE(field.value(), 75.0);
        field.box()->selectAll();
        QTest::keyClicks(field.box(), u"33"_s);
        QTest::keyClick(field.box(), Qt::Key_Return);
        QCOMPARE(field.value(), 33.0);
        QVERIFY(field.isChanged());
        QLabel label(u"Strength"_s);
        field.setLabel(&label);
        label.show();
        QTest::mouseDClick(&label, Qt::LeftButton);
        QCOMPARE(field.value(), 50.0);
        QVERIFY(changed.count() >= 4);
    }

    void numbersAreWithinTheirRangeAndUngrouped()
    {
        NumberBox box(u"Size"_s);
        box.setRange(1, 9999);
        box.setValue(9000);
        QCOMPARE(box.text(), u"9000"_s);
        box.setValue(1e9);
        QCOMPARE(box.value(), 9999.0);
    }

    void messagesReplaceEachOther()
    {
        QWidget window;
        auto* layout = new QVBoxLayout(&window);
        auto* bar = new MessageBar;
        layout->addWidget(bar);
        window.resize(400, 300);
        window.show();
        QVERIFY(!bar->isVisible());
        bar->showMessage(MessageKind::kError, u"The engine stopped."_s, u"Nothing is lost."_s);
        int clicks = 0;
        QPushButton* again = bar->addAction(u"Start again"_s, true);
        connect(again, &QPushButton::clicked, bar, [&] {
            ++clicks;
            bar->showMessage(MessageKind::kInfo, u"Starting."_s); // from inside its own button
        });
        QVERIFY(bar->isVisible());
        again->click();
        QCOMPARE(clicks, 1);
        QCOMPARE(bar->title(), u"Starting."_s);
        QCOMPARE(bar->kind(), MessageKind::kInfo);
        QVERIFY(bar->details().isEmpty());
        QSignalSpy dismissed(bar, &MessageBar::dismissed);
        bar->dismiss();
        bar->dismiss();
        QCOMPARE(dismissed.count(), 1);
        QVERIFY(!bar->isVisible());
    }

    void messagesGrowWithTheirText()
    {
        MessageBar bar;
        bar.showMessage(MessageKind::kWarn, u"Short."_s);
        const int shortHeight = bar.heightForWidth(300);
        bar.showMessage(
            MessageKind::kWarn, u"This sentence is so long that it takes several lines in a narrow panel."_s);
        QVERIFY(bar.heightForWidth(220) > shortHeight);
    }

    void keysAreWrittenWithSpaces()
    {
        QCOMPARE(keyText(QKeySequence(Qt::CTRL | Qt::Key_R)), u"Ctrl R"_s);
        QCOMPARE(keyText(QKeySequence(Qt::CTRL | Qt::Key_Plus)), u"Ctrl +"_s);
        ActionButton button(u"Preview"_s, u"image", ButtonRole::kOutlined);
        const int without = button.sizeHint().width();
        button.setHint(QKeySequence(Qt::Key_P));
        QVERIFY(button.sizeHint().width() > without);
    }

    void linesCoverWholeDevicePixels()
    {
        for (const double ratio : {1.0, 1.5, 2.0}) {
            QImage image(QSize(60, 60), QImage::Format_RGB32);
            image.setDevicePixelRatio(ratio);
            image.fill(Qt::black);
            QPainter painter(&image);
            drawVerticalLine(painter, 7.3, 0, 20, Qt::white);
            drawHorizontalLine(painter, 13.8, 0, 20, Qt::white);
            painter.end();
            image.setDevicePixelRatio(1);
            for (int i = 0; i < 60 * 60; ++i) {
                const QRgb pixel = image.pixel(i % 60, i / 60) & 0xffffff;
                QVERIFY(pixel == 0 || pixel == 0xffffff);
            }
        }
    }

    void longTextIsElidedAndThenToldByTheTip()
    {
        TextLabel label(u"A name that is much too long for the place it has been given"_s);
        label.resize(80, 20);
        label.show();
        label.setText(u"Another name that is much too long for its place"_s);
        QCOMPARE(label.toolTip(), label.text());
        label.resize(600, 20);
        QVERIFY(label.toolTip().isEmpty());
    }
};

QTEST_MAIN(TestStyle)
#include "test_style.moc"
