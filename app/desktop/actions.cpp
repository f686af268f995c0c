#include "app/desktop/actions.h"

#include <QMenu>
#include <QMenuBar>
#include <QUndoStack>

#include <algorithm>
#include <map>
#include <utility>

#include "ui/style/buttons.h"
#include "ui/style/icons.h"

namespace reelmend::desktop {

namespace {

constexpr char kShownKeys[] = "shownKeys";
const char16_t kTab = u'\t';

} // namespace

Actions::Actions(QUndoStack& undoStack, QWidget* window)
    : QObject(window)
    , window_(window)
{
    open = add(tr("Open…"), QKeySequence::Open);
    openFolder = add(tr("Open folder…"), Qt::CTRL | Qt::SHIFT | Qt::Key_O);
    recent = new QMenu(tr("Open recent"), window);
    recent->setToolTipsVisible(true);
    closeClip = add(tr("Close clip"), Qt::CTRL | Qt::Key_W);
    quit = add(tr("Quit"), Qt::CTRL | Qt::Key_Q);
    quit->setMenuRole(QAction::QuitRole);

    undo = undoStack.createUndoAction(this, tr("Undo"));
    undo->setShortcut(QKeySequence::Undo);
    redo = undoStack.createRedoAction(this, tr("Redo"));
    redo->setShortcuts({QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z), QKeySequence(Qt::CTRL | Qt::Key_Y)});
    window->addActions({undo, redo});

    fit = add(tr("Fit"), Qt::Key_F);
    actualSize = add(tr("One pixel for one pixel"), Qt::Key_1);
    zoomIn = addShown(tr("Zoom in"), tr("+"));
    zoomOut = addShown(tr("Zoom out"), tr("−"));
    overlay = add(tr("Show the mask"), Qt::Key_M, true);
    overlay->setChecked(true);
    compare = add(tr("Compare with the newest result"), Qt::Key_C, true);
    swap = addShown(tr("Swap the sides"), tr("Shift S"));
    sourceAlone = addShown(tr("Source alone while held"), tr("S"));
    theme = addChoices({tr("Dark"), tr("Light"), tr("As the desktop")});
    surround = addChoices({tr("As the theme"), tr("Black"), tr("Dark grey"), tr("Middle grey"), tr("Checker")});
    maskColour = addChoices({tr("Red"), tr("Cyan"), tr("Yellow")});
    reduceMotion = add(tr("Reduce motion"), {}, true);
    fullScreen = add(tr("Full screen"), Qt::Key_F11, true);
    nextPanel = add(tr("Next panel"), Qt::Key_F6);
    previousPanel = add(tr("Previous panel"), Qt::SHIFT | Qt::Key_F6);

    play = addShown(tr("Play or pause"), tr("Space"));
    stepBack = addShown(tr("One frame back"), tr("←"));
    stepOn = addShown(tr("One frame on"), tr("→"));
    stepBack10 = addShown(tr("Ten frames back"), tr("Shift ←"));
    stepOn10 = addShown(tr("Ten frames on"), tr("Shift →"));
    toIn = addShown(tr("To the in point"), tr("Home"));
    toOut = addShown(tr("To the out point"), tr("End"));
    setIn = add(tr("Set in here"), Qt::Key_I);
    setOut = add(tr("Set out here"), Qt::Key_O);
    clearRange = add(tr("Clear in and out"), Qt::Key_X);
    loop = add(tr("Loop"), Qt::Key_L, true);

    tools = addChoices({tr("Select"), tr("Move the view"), tr("Brush"), tr("Eraser"), tr("Rectangle")},
        {tr("V"), tr("H"), tr("B"), tr("E"), tr("R")});
    smallerBrush = addShown(tr("Smaller brush"), tr("["));
    largerBrush = addShown(tr("Larger brush"), tr("]"));
    loadMask = add(tr("Load a mask…"), Qt::CTRL | Qt::SHIFT | Qt::Key_M);
    saveMask = add(tr("Save the mask as…"));
    invertMask = add(tr("Invert the mask"), Qt::CTRL | Qt::SHIFT | Qt::Key_I);
    clearMask = add(tr("Clear the mask"), Qt::CTRL | Qt::Key_Backspace);

    preview = add(tr("Preview this frame"), Qt::Key_P);
    enhance = add(tr("Enhance"), Qt::CTRL | Qt::Key_R);
    pause = add(tr("Pause"), Qt::CTRL | Qt::Key_P);
    cancel = add(tr("Cancel the job"), Qt::CTRL | Qt::Key_Period);
    showInFolder = add(tr("Show the newest result in its folder"), Qt::CTRL | Qt::SHIFT | Qt::Key_R);
    chooseEngine = add(tr("Choose the engine…"));
    engineAgain = add(tr("Start the engine again"));

    keys = add(tr("Keyboard shortcuts"), Qt::Key_F1);
    about = add(tr("About Reelmend"));
    about->setMenuRole(QAction::AboutRole);

    QAction* const line = nullptr;
    const auto choices = [](const QActionGroup* group) { return group->actions(); };
    menus_ = {
        {tr("&File"), {open, openFolder, recent->menuAction(), line, closeClip, line, quit}},
        {tr("&Edit"), {undo, redo}},
        {tr("&View"), QList<QAction*>{fit, actualSize, zoomIn, zoomOut, line, overlay} + choices(maskColour) +
                          QList<QAction*>{line, compare, swap, sourceAlone, line} + choices(theme) +
                          choices(surround) +
                          QList<QAction*>{reduceMotion, line, fullScreen, nextPanel, previousPanel}},
        {tr("&Clip"),
            {play, stepBack, stepOn, stepBack10, stepOn10, line, toIn, toOut, setIn, setOut, clearRange, line, loop}},
        {tr("&Mask"), choices(tools) + QList<QAction*>{line, smallerBrush, largerBrush, line, loadMask, saveMask,
                                           invertMask, clearMask}},
        {tr("E&nhance"),
            {preview, enhance, line, pause, cancel, line, showInFolder, line, chooseEngine, engineAgain}},
        {tr("&Help"), {keys, line, about}},
    };
}

QAction* Actions::add(const QString& text, const QKeySequence& shortcut, bool isCheckable)
{
    auto* action = new QAction(text, this);
    action->setShortcut(shortcut);
    action->setCheckable(isCheckable);
    window_->addAction(action);
    return action;
}

QAction* Actions::addShown(const QString& text, const QString& shown, bool isCheckable)
{
    auto* action = new QAction(shown.isEmpty() ? text : QString(text + kTab + shown), this);
    action->setProperty(kShownKeys, shown);
    action->setCheckable(isCheckable);
    return action;
}

QActionGroup* Actions::addChoices(const QStringList& texts, const QStringList& shownKeys)
{
    auto* group = new QActionGroup(this);
    for (qsizetype i = 0; i < texts.size(); ++i) {
        QAction* action = addShown(texts[i], shownKeys.value(i), true);
        action->setData(static_cast<int>(i));
        group->addAction(action);
    }
    return group;
}

void Actions::fill(QMenuBar& bar) const
{
    for (const Menu& entry : menus_) {
        QMenu* menu = bar.addMenu(entry.name);
        const std::pair<const QActionGroup*, QString> nested[] = {
            {theme, tr("Theme")}, {surround, tr("Surround of the picture")}, {maskColour, tr("Colour of the mask")}};
        std::map<const QActionGroup*, QMenu*> menus;
        for (QAction* action : entry.actions) {
            if (action == nullptr) {
                menu->addSeparator();
                continue;
            }
            const auto group =
                std::ranges::find(nested, action->actionGroup(), [](const auto& n) { return n.first; });
            if (group == std::end(nested)) {
                menu->addAction(action);
                continue;
            }
            QMenu*& choices = menus[group->first];
            choices = choices != nullptr ? choices : menu->addMenu(group->second);
            choices->addAction(action);
        }
    }
}

void Actions::update(const State& s)
{
    for (QAction* action : {closeClip, fit, actualSize, zoomIn, zoomOut, play, stepBack, stepOn, stepBack10, stepOn10,
             toIn, toOut, setIn, setOut, clearRange, loop}) {
        action->setEnabled(s.isOpen);
    }
    const bool isPainting = s.isOpen && !s.isComparing;
    for (QAction* action : {overlay, smallerBrush, largerBrush, loadMask, invertMask}) {
        action->setEnabled(isPainting);
    }
    tools->setEnabled(isPainting);
    saveMask->setEnabled(isPainting && s.hasMask);
    clearMask->setEnabled(isPainting && s.hasMask);
    compare->setEnabled(s.isOpen && (s.hasResult || s.isComparing));
    compare->setChecked(s.isComparing);
    swap->setEnabled(s.isComparing);
    sourceAlone->setEnabled(s.isComparing);
    preview->setEnabled(isPainting && s.isEngineReady);
    enhance->setEnabled(s.isOpen && s.isEngineReady && !s.isRunning);
    pause->setEnabled(s.isRunning && s.isEngineReady);
    pause->setText(s.isPaused ? tr("Resume") : tr("Pause"));
    cancel->setEnabled(s.isRunning && s.isEngineReady);
    showInFolder->setEnabled(s.isOpen && s.hasResult);
    engineAgain->setEnabled(!s.isEngineReady);
}

QList<Actions::Group> Actions::groups() const
{
    QList<Group> groups;
    for (const Menu& menu : menus_) {
        Group group{QString(menu.name).remove(u'&'), {}};
        for (const QAction* action : menu.actions) {
            if (action != nullptr && !keysOf(*action).isEmpty()) {
                group.actions.append(action);
            }
        }
        if (!group.actions.isEmpty()) {
            groups.append(group);
        }
    }
    return groups;
}

QString Actions::keysOf(const QAction& action)
{
    const QString shown = action.property(kShownKeys).toString();
    return shown.isEmpty() ? ui::style::keyText(action.shortcut()) : shown;
}

} // namespace reelmend::desktop
