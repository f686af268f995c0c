#pragma once
#include <QAction>
#include <QActionGroup>
#include <QList>
#include <QObject>

class QMenu;
class QMenuBar;
class QUndoStack;

namespace reelmend::desktop {

// Every command of the window with its name and keys, and the menus that hold them. Who does what a command says is
// connected by the window. Commands whose keys belong to whatever has the focus (arrows, Space, tools) only show
// them: MainWindow and the widgets take those keys themselves.
class Actions : public QObject {
    Q_OBJECT

public:
    Actions(QUndoStack& undoStack, QWidget* window);

    void fill(QMenuBar& bar) const;
    // Which commands make sense now.
    struct State {
        bool isOpen = false;
        bool isComparing = false;
        bool hasMask = false;
        bool isEngineReady = false;
        bool isRunning = false;
        bool isPaused = false;
        bool hasResult = false;
    };
    void update(const State& state);

    // For the sheet of keys: a menu's name and its commands, separators left out.
    struct Group {
        QString name;
        QList<const QAction*> actions;
    };
    QList<Group> groups() const;
    static QString keysOf(const QAction& action); // registered or only shown; may be empty

    QAction *open, *openFolder, *closeClip, *quit;
    QMenu* recent; // filled when it is about to be shown
    QAction *undo, *redo;
    QAction *fit, *actualSize, *zoomIn, *zoomOut, *overlay, *compare, *swap, *sourceAlone, *fullScreen, *nextPanel,
        *previousPanel;
    QActionGroup *theme, *surround, *maskColour;
    QAction* reduceMotion;
    QAction *play, *stepBack, *stepOn, *stepBack10, *stepOn10, *toIn, *toOut, *setIn, *setOut, *clearRange, *loop;
    QActionGroup* tools;
    QAction *smallerBrush, *largerBrush, *loadMask, *saveMask, *invertMask, *clearMask;
    QAction *preview, *enhance, *pause, *cancel, *showInFolder, *engineAgain, *chooseEngine;
    QAction *keys, *about;

private:
    struct Menu {
        QString name;
        QList<QAction*> actions; // null: a separator
    };
    QAction* add(const QString& text, const QKeySequence& shortcut = {}, bool isCheckable = false);
    // The key is only shown: it belongs to widgets.
    QAction* addShown(const QString& text, const QString& shown, bool isCheckable = false);
    QActionGroup* addChoices(const QStringList& texts, const QStringList& shownKeys = {});

    QWidget* window_;
    QList<Menu> menus_;
};

} // namespace reelmend::desktop
