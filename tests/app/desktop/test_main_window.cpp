#include "app/desktop/main_window.h"

#include <QAbstractButton>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QTest>

#include "tests/app/desktop/program.h"
#include "ui/style/style.h"

using namespace reelmend;
using namespace reelmend::ui;
using test::Program;

class TestMainWindow : public test::ProgramTest {
    Q_OBJECT

private Q_SLOTS:
    void waitsOnTheStartPage();
    void paintingIsKeptAndTakenBack();
    void everythingHasAName();
    void themesChangeWhileOpen();
};

void TestMainWindow::waitsOnTheStartPage()
{
    Program program(*own_);
    QVERIFY(program.startEngine());
    QVERIFY(program.button(QStringLiteral("Open…")) != nullptr);
    QVERIFY(program.button(QStringLiteral("Open the sample")) != nullptr);
    QCOMPARE(program.message(), QString());
    QCOMPARE(program.window().windowTitle(), QStringLiteral("Reelmend"));
}

void TestMainWindow::paintingIsKeptAndTakenBack()
{
    Program program(*own_);
    QVERIFY(program.open(clip_));
    program.paintStroke();
    QVERIFY(!program.editor().mask().isEmpty());
    QCOMPARE(program.workbench().document().session().maskKind, session::MaskKind::kPainted);
    QTest::keyClick(&program.window(), Qt::Key_Z, Qt::ControlModifier);
    QVERIFY(program.editor().mask().isEmpty());
    QCOMPARE(program.workbench().document().session().maskKind, session::MaskKind::kNone);
    QTest::keyClick(&program.window(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(program.workbench().document().session().maskKind, session::MaskKind::kPainted);
}

void TestMainWindow::everythingHasAName()
{
    Program program(*own_);
    const auto check = [&program] {
        for (QWidget* widget : program.window().findChildren<QWidget*>()) {
            if (!widget->isVisible() || !(widget->focusPolicy() & Qt::TabFocus) ||
                qobject_cast<QAbstractSpinBox*>(widget->parentWidget()) != nullptr) {
                continue;
            }
            const auto* button = qobject_cast<QAbstractButton*>(widget);
            const bool isNamed =
                !widget->accessibleName().isEmpty() || (button != nullptr && !button->text().isEmpty());
            QVERIFY2(isNamed, qPrintable(QString::fromLatin1(widget->metaObject()->className()) + u" in " +
                                         QString::fromLatin1(widget->parentWidget()->metaObject()->className())));
        }
    };
    check();
    QVERIFY(program.open(clip_));
    check();
}

void TestMainWindow::themesChangeWhileOpen()
{
    Program program(*own_);
    QVERIFY(program.open(clip_));
    const QColor dark = program.window().grab().toImage().pixelColor(200, 50);
    style::applyTheme(*qApp, style::Theme::kLight);
    QApplication::processEvents();
    const QColor light = program.window().grab().toImage().pixelColor(200, 50);
    style::applyTheme(*qApp, style::Theme::kDark);
    QVERIFY(light.lightness() > dark.lightness() + 100);
}

QTEST_MAIN(TestMainWindow)
#include "test_main_window.moc"
