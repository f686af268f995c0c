#include <QAction>
#include <QApplication>
#include <QFile>
#include <QHash>
#include <QSet>
#include <QShortcut>
#include <QTest>

#include "app/desktop/actions.h"
#include "tests/app/desktop/program.h"
#include "ui/masks/mask_tools.h"
#include "ui/style/number_field.h"
#include "ui/tasks/task_panel.h"
#include "ui/viewer/viewer.h"

using namespace reelmend;
using namespace reelmend::ui;
using test::Program;

class TestKeyboard : public test::ProgramTest {
    Q_OBJECT

private Q_SLOTS:
    void lettersStayInTextFields();
    void panelsAreReachedByF6();
    void noTwoCommandsShareKeys();
    void everyKeyIsDocumented();
};

void TestKeyboard::lettersStayInTextFields()
{
    Program program(*own_);
    QVERIFY(program.startEngine());
    QVERIFY(program.open(clip_));
    program.paintStroke();
    auto* box = program.editor().panel().findChild<style::NumberBox*>();
    QVERIFY(box != nullptr);
    box->setFocus();
    program.editor().tools().setKind(masks::ToolKind::kBrush);
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_E);
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_P);
    QCOMPARE(program.editor().tools().kind(), masks::ToolKind::kBrush);
    QVERIFY(fake_->lastCall("job.start").empty());
    program.editor().viewer().setFocus();
    QTest::keyClick(&program.editor().viewer(), Qt::Key_E);
    QCOMPARE(program.editor().tools().kind(), masks::ToolKind::kEraser);
}

void TestKeyboard::panelsAreReachedByF6()
{
    Program program(*own_);
    QVERIFY(program.open(clip_));
    program.window().activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&program.window()));
    const QList<QWidget*> panels = program.editor().panels();
    QSet<QWidget*> reached;
    for (qsizetype i = 0; i < panels.size() + 1; ++i) {
        QTest::keyClick(&program.window(), Qt::Key_F6);
        for (QWidget* panel : panels) {
            if (panel == QApplication::focusWidget() || panel->isAncestorOf(QApplication::focusWidget())) {
                reached.insert(panel);
            }
        }
    }
    QCOMPARE(reached.size(), panels.size());
}

void TestKeyboard::noTwoCommandsShareKeys()
{
    Program program(*own_);
    QHash<QString, QString> taken;
    const auto take = [&taken](const QKeySequence& keys, const QString& name) {
        if (!keys.isEmpty()) {
            const QString text = keys.toString(QKeySequence::PortableText);
            QVERIFY2(!taken.contains(text), qPrintable(text + u": " + name + u" and " + taken.value(text)));
            taken.insert(text, name);
        }
    };
    for (const QAction* action : program.window().actions()) {
        for (const QKeySequence& keys : action->shortcuts()) {
            take(keys, action->text());
        }
    }
    for (const QShortcut* shortcut : program.window().findChildren<QShortcut*>()) {
        take(shortcut->key(), QString::fromLatin1(shortcut->parent()->metaObject()->className()));
    }
    QVERIFY(taken.size() > 20);
}

void TestKeyboard::everyKeyIsDocumented()
{
    QFile file(QStringLiteral(REELMEND_SOURCE_DIR "/docs/keyboard.md"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QString page = QString::fromUtf8(file.readAll());
    Program program(*own_);
    const auto* actions = program.window().findChild<desktop::Actions*>();
    QVERIFY(actions != nullptr);
    int count = 0;
    for (const desktop::Actions::Group& group : actions->groups()) {
        QVERIFY2(page.contains(QStringLiteral("| %1 | |").arg(group.name)), qPrintable(group.name));
        for (const QAction* action : group.actions) {
            const QString row = QStringLiteral("| %1 | %2")
                                    .arg(action->text().section(u'\t', 0, 0), desktop::Actions::keysOf(*action));
            QVERIFY2(page.contains(row), qPrintable(row));
            ++count;
        }
    }
    QVERIFY(count > 30);
}

QTEST_MAIN(TestKeyboard)
#include "test_keyboard.moc"
