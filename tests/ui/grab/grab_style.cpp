#include "tests/ui/grab/grab.h"

#include "ui/style/buttons.h"
#include "ui/style/labels.h"
#include "ui/style/message_bar.h"
#include "ui/style/number_field.h"
#include "ui/style/segmented_control.h"
#include "ui/style/style.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QGridLayout>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QProgressBar>
#include <QRadioButton>
#include <QScrollArea>
#include <QTabBar>
#include <QTest>
#include <QToolTip>

namespace reelmend::grab {

using namespace ui::style;
using namespace Qt::StringLiterals;

namespace {

QHBoxLayout* row(QVBoxLayout* column, const QString& title)
{
    column->addSpacing(8);
    column->addWidget(new TextLabel(title, TextRole::kSectionTitle, Tone::kSecondary));
    auto* layout = new QHBoxLayout;
    layout->setSpacing(10);
    column->addLayout(layout);
    return layout;
}

QPushButton* button(QHBoxLayout* layout, const QString& text, ButtonRole role)
{
    auto* made = new QPushButton(text);
    setButtonRole(made, role);
    layout->addWidget(made);
    return made;
}

NumberField* slider(QVBoxLayout* column, const QString& label, double value, const QString& unit)
{
    auto* layout = new QHBoxLayout;
    auto* name = new QLabel(label);
    name->setFixedWidth(80);
    auto* field = new NumberField(label);
    field->setUnit(unit);
    field->setValue(value);
    layout->addWidget(name);
    layout->addWidget(field);
    column->addLayout(layout);
    return field;
}

void fillLeft(QVBoxLayout* column)
{
    QHBoxLayout* buttons = row(column, u"Buttons: normal, outlined, flat, main, off"_s);
    button(buttons, u"Add clips"_s, ButtonRole::kRaised);
    button(buttons, u"Change…"_s, ButtonRole::kOutlined);
    button(buttons, u"Cancel"_s, ButtonRole::kFlat);
    button(buttons, u"Enhance"_s, ButtonRole::kMain);
    button(buttons, u"Track"_s, ButtonRole::kRaised)->setEnabled(false);
    buttons->addStretch(1);

    QHBoxLayout* tools = row(column, u"Tools"_s);
    for (int i = 0; i < 4; ++i) {
        auto* tool = new IconButton(u"brush", u"Brush"_s);
        tool->setCheckable(true);
        tool->setChecked(i == 1);
        tool->setRaised(i == 2);
        tool->setEnabled(i != 3);
        tools->addWidget(tool);
    }
    tools->addWidget(new KeyCap(u"Ctrl R"_s));
    tools->addWidget(new KeyCap(u"S"_s));
    tools->addStretch(1);

    QHBoxLayout* fields = row(column, u"Fields"_s);
    for (int i = 0; i < 3; ++i) {
        auto* box = new NumberBox(u"Size"_s);
        box->setRange(0, 9999);
        box->setUnit(u"px"_s);
        box->setValue(i == 1 ? 9000 : 42);
        setInvalid(box, i == 1);
        box->setEnabled(i != 2);
        fields->addWidget(box);
    }
    auto* text = new QLineEdit(u"canal_swan_v2.mkv"_s);
    fields->addWidget(text);
    auto* combo = new QComboBox;
    combo->addItems({u"Classical"_s, u"Lite 1.0"_s});
    fields->addWidget(combo);
    auto* off = new QComboBox;
    off->addItem(u"Good, H.264"_s);
    off->setEnabled(false);
    fields->addWidget(off);

    row(column, u"Sliders"_s);
    slider(column, u"Strength"_s, 50, u"%"_s);
    slider(column, u"Feather"_s, 100, u"px"_s);
    slider(column, u"Scale"_s, 20, u"%"_s)->setEnabled(false);

    QHBoxLayout* choices = row(column, u"Choices"_s);
    for (int i = 0; i < 4; ++i) {
        auto* check = new QCheckBox(u"Keep sound"_s);
        check->setChecked(i % 2);
        check->setEnabled(i < 2);
        choices->addWidget(check);
    }
    auto* radio = new QRadioButton(u"Whole clip"_s);
    radio->setChecked(true);
    choices->addWidget(radio);
    auto* other = new QRadioButton(u"In to out"_s);
    choices->addWidget(other);

    QHBoxLayout* segments = row(column, u"Segments"_s);
    auto* tasks = new SegmentedControl(u"What to do"_s);
    tasks->addSegment(u"Upscale"_s);
    tasks->addSegment(u"Remove"_s);
    tasks->addSegment(u"Restore"_s);
    tasks->setCurrentIndex(1);
    segments->addWidget(tasks);
    auto* views = new SegmentedControl(u"View"_s);
    views->addSegment(u"Split"_s, u"layout-split");
    views->addSegment(u"Side by side"_s);
    views->setSegmentEnabled(1, false);
    segments->addWidget(views);
    segments->addStretch(1);

    QHBoxLayout* tabs = row(column, u"Tabs"_s);
    auto* bar = new QTabBar;
    bar->addTab(u"Task"_s);
    bar->addTab(u"Mask"_s);
    bar->addTab(u"Clip"_s);
    tabs->addWidget(bar);
    tabs->addStretch(1);

    row(column, u"Progress: known, unknown, paused, done"_s);
    for (const auto& state : {u""_s, u"busy"_s, u"paused"_s, u"done"_s}) {
        auto* progress = new QProgressBar;
        progress->setRange(0, state == u"busy" ? 0 : 100);
        progress->setValue(state == u"done" ? 100 : 62);
        progress->setProperty("state", state);
        column->addWidget(progress);
    }
    column->addStretch(1);
}

void fillRight(QVBoxLayout* column)
{
    row(column, u"Messages"_s);
    auto* info = new MessageBar;
    column->addWidget(info);
    info->showMessage(MessageKind::kInfo, u"Strength 0 % returns the source, sample for sample."_s);
    auto* good = new MessageBar;
    column->addWidget(good);
    good->showMessage(
        MessageKind::kGood, u"Finished: 93 frames in 1 min 6 s. 0 of 35,835,206 pixels changed outside the mask."_s);
    auto* warn = new MessageBar;
    column->addWidget(warn);
    warn->showMessage(MessageKind::kWarn, u"The frame rate of this clip varies. Every time stamp is kept."_s);
    warn->setClosable(true);
    auto* error = new MessageBar;
    column->addWidget(error);
    error->showMessage(MessageKind::kError, u"The engine stopped at frame 67."_s,
        u"The graphics driver reported an error. Your masks, settings and the 24 finished frames are safe."_s);
    error->addAction(u"Resume from frame 64"_s, true);
    error->addAction(u"Details"_s);
    error->setClosable(true);

    row(column, u"Panel buttons"_s);
    auto* preview = new ActionButton(u"Preview this frame"_s, u"image", ButtonRole::kOutlined);
    preview->setHint(QKeySequence(Qt::Key_P));
    column->addWidget(preview);
    auto* enhance = new PrimaryButton(u"Enhance in to out"_s, u"bandaid");
    enhance->setHint(QKeySequence(Qt::CTRL | Qt::Key_R));
    column->addWidget(enhance);
    auto* off = new PrimaryButton(u"Enhance in to out"_s, u"bandaid");
    off->setHint(QKeySequence(Qt::CTRL | Qt::Key_R));
    off->setEnabled(false);
    column->addWidget(off);

    row(column, u"Type"_s);
    column->addWidget(new TextLabel(u"Open a clip to begin 24"_s, TextRole::kStartTitle));
    column->addWidget(new TextLabel(u"How much memory may learning use? 20"_s, TextRole::kPageTitle));
    column->addWidget(new TextLabel(u"Enhance street_reel_v03, frames 40 to 132"_s, TextRole::kSheetTitle));
    auto* code = new TextLabel(u"00:00:11:17"_s, TextRole::kTimecode);
    code->setTabular(u"00:00:00:00"_s);
    column->addWidget(code);
    column->addWidget(new TextLabel(u"Body text 13"_s));
    column->addWidget(new TextLabel(u"854 × 480 · 24 fps · 132 frames"_s, TextRole::kSmall, Tone::kSecondary));
    column->addWidget(new TextLabel(u"Caption 11"_s, TextRole::kCaption, Tone::kSecondary));

    row(column, u"List"_s);
    auto* list = new QListWidget;
    for (int i = 0; i < 12; ++i) {
        list->addItem(u"Version %1"_s.arg(i));
    }
    list->setCurrentRow(1);
    list->setFixedHeight(120);
    column->addWidget(list);
    column->addStretch(1);
}

} // namespace

void grabStyle(Camera& camera)
{
    if (camera.wants(u"style"_s)) {
        QWidget gallery;
        gallery.resize(1180, 900);
        auto* columns = new QHBoxLayout(&gallery);
        columns->setContentsMargins(24, 12, 24, 24);
        columns->setSpacing(40);
        auto* left = new QVBoxLayout;
        auto* right = new QVBoxLayout;
        columns->addLayout(left, 5);
        columns->addLayout(right, 4);
        fillLeft(left);
        fillRight(right);
        camera.take(gallery, u"style"_s);
        // Keyboard focus, as the ring shows it.
        int shot = 0;
        for (QWidget* widget : gallery.findChildren<QWidget*>()) {
            if (widget->focusPolicy() & Qt::TabFocus && widget->isEnabled() && widget->isVisible() &&
                (qobject_cast<QPushButton*>(widget) || qobject_cast<SegmentedControl*>(widget) ||
                    qobject_cast<QSlider*>(widget) || qobject_cast<NumberBox*>(widget)) &&
                shot < 6) {
                gallery.activateWindow();
                (void)QTest::qWaitForWindowActive(&gallery);
                widget->setFocus(Qt::TabFocusReason);
                if (shot == 0 || shot == 3 || shot == 5) {
                    camera.take(gallery, u"style-focus%1"_s.arg(shot));
                }
                ++shot;
            }
        }
    }
    if (camera.wants(u"menu"_s)) {
        QMenu menu;
        auto* first = menu.addAction(u"Track forward"_s);
        first->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_T));
        auto* second = menu.addAction(u"Loop"_s);
        second->setCheckable(true);
        second->setChecked(true);
        menu.addAction(u"Lock this frame"_s)->setEnabled(false);
        menu.addSeparator();
        menu.addMenu(u"Open recent"_s)->addAction(u"x"_s);
        auto* last = menu.addAction(u"Clear mask…"_s);
        last->setShortcut(QKeySequence(Qt::Key_Delete));
        menu.popup({10, 10});
        menu.setActiveAction(first);
        camera.take(menu, u"menu"_s);
        menu.close();
        QMenuBar bar;
        for (const auto& name : {u"&File"_s, u"&Edit"_s, u"&View"_s, u"&Clip"_s}) {
            bar.addMenu(name);
        }
        camera.take(bar, u"menubar"_s);
        QWidget window;
        auto* combo = new QComboBox(&window);
        combo->addItems({u"Draft, H.264"_s, u"Good, H.264"_s, u"Best, H.265"_s, u"Lossless, FFV1"_s});
        combo->setCurrentIndex(1);
        combo->setFixedWidth(200);
        window.resize(240, 200);
        window.show();
        combo->showPopup();
        settle(200);
        camera.take(*combo->view()->window(), u"combo"_s);
        combo->hidePopup();
        QToolTip::showText(window.mapToGlobal(QPoint(10, 10)), u"Strength, 0 to 100 %, normally 100"_s, &window);
        settle(200);
        for (QWidget* top : QApplication::topLevelWidgets()) {
            if (top->inherits("QTipLabel")) {
                camera.take(*top, u"tip"_s);
            }
        }
    }
}

} // namespace reelmend::grab
