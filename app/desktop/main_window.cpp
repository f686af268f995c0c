#include "app/desktop/main_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QMenuBar>
#include <QMimeData>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QUrl>
#include <QVBoxLayout>

#include <algorithm>
#include <cstdio>

#include "app/desktop/actions.h"
#include "app/desktop/commands.h"
#include "app/desktop/editor_page.h"
#include "app/desktop/enhance_controller.h"
#include "app/desktop/sample_maker.h"
#include "app/desktop/start_page.h"
#include "app/desktop/status_line.h"
#include "app/desktop/top_row.h"
#include "app/desktop/workbench.h"
#include "ui/compare/split_view.h"
#include "ui/style/message_bar.h"
#include "ui/style/style.h"
#include "ui/tasks/core_words.h"
#include "ui/tasks/words.h"

namespace reelmend::desktop {

namespace style = ui::style;
using ui::session::EngineClient;

MainWindow::MainWindow(Workbench& workbench)
    : workbench_(workbench)
    , actions_(new Actions(workbench.document().undoStack(), this))
    , enhance_(new EnhanceController(workbench, this))
    , sample_(new SampleMaker(
          [&workbench] { return ui::session::findEngineProgram(workbench.settings().enginePath()); }, this))
{
    setMinimumSize(1024, 640);
    setAcceptDrops(true);
    auto* top = new TopRow(*actions_);
    setMenuWidget(top);
    auto* middle = new QWidget;
    auto* column = new QVBoxLayout(middle);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    pages_ = new QStackedWidget;
    start_ = new StartPage(workbench, *sample_);
    editor_ = new EditorPage(workbench);
    pages_->addWidget(start_);
    pages_->addWidget(editor_);
    status_ = new StatusLine(workbench);
    column->addWidget(pages_, 1);
    column->addWidget(status_);
    setCentralWidget(middle);
    commands_ = new Commands(workbench, *actions_, *editor_, *enhance_, *this);
    connectPages();

    const QByteArray geometry = workbench_.settings().windowGeometry();
    if (geometry.isEmpty() || !restoreGeometry(geometry)) {
        resize(1600, 1000);
    }
    editor_->splitter().restoreState(workbench_.settings().splitterState());
    showPage();
}

MainWindow::~MainWindow() = default;

void MainWindow::connectPages()
{
    connect(start_, &StartPage::openRequested, commands_, &Commands::openClip);
    connect(start_, &StartPage::openFolderRequested, commands_, &Commands::openFolder);
    connect(start_, &StartPage::findRequested, commands_, &Commands::findClip);
    connect(start_, &StartPage::pathChosen, &workbench_, &Workbench::open);
    connect(start_, &StartPage::filesDropped, this, &MainWindow::openDropped);
    connect(start_, &StartPage::keyboardRequested, actions_->keys, &QAction::trigger);
    connect(start_, &StartPage::chooseEngineRequested, actions_->chooseEngine, &QAction::trigger);
    connect(editor_, &EditorPage::filesDropped, this, &MainWindow::openDropped);
    connect(editor_, &EditorPage::cachedChanged, status_, &StatusLine::setCached);
    connect(editor_, &EditorPage::pictureFailed, this, [this](const base::Error& error) {
        const auto message = ui::tasks::Words::error(error);
        tellOpenFailed(message.title, message.details);
    });
    connect(&workbench_.document(), &ui::session::Document::opened, this, &MainWindow::showPage);
    connect(&workbench_.document(), &ui::session::Document::closed, this, &MainWindow::showPage);
    connect(&workbench_, &Workbench::opening, start_, &StartPage::clearProblem);
    connect(&workbench_, &Workbench::openFailed, this, [this](const QString&, const base::Error& error) {
        const auto message = ui::tasks::Words::error(error);
        tellOpenFailed(message.title, message.details);
    });
    connect(&workbench_.engine(), &EngineClient::stateChanged, this, &MainWindow::showEngine);
    connect(&workbench_.store(), &ui::session::ClipStore::saveFailed, this, [this](const base::Error& error) {
        const auto message = ui::tasks::Words::error(error);
        editor_->message().showMessage(style::MessageKind::kWarn, message.title, message.details);
        editor_->message().setClosable(true);
    });
}

void MainWindow::showPage()
{
    const bool isOpen = workbench_.document().isOpen();
    pages_->setCurrentWidget(isOpen ? static_cast<QWidget*>(editor_) : start_);
    setWindowTitle(isOpen ? tr("%1 – Reelmend").arg(workbench_.document().name()) : tr("Reelmend"));
    setWindowFilePath(isOpen ? workbench_.document().session().path : QString());
    isEngineTold_ = false;
    showEngine();
    if (isOpen && workbench_.document().info().scan) {
        showRemarks(workbench_.document().info().scan->remarks);
    }
}

// What will be awkward about this clip: the first in full size, the rest below it.
void MainWindow::showRemarks(const std::vector<std::string>& remarks)
{
    if (remarks.empty()) {
        return;
    }
    QStringList others;
    for (std::size_t i = 1; i < remarks.size(); ++i) {
        others.append(ui::tasks::coreWords(remarks[i]));
    }
    const bool isAllRight = std::all_of(remarks.begin(), remarks.end(), ui::tasks::isOnlyANote);
    editor_->message().showMessage(isAllRight ? style::MessageKind::kInfo : style::MessageKind::kWarn,
        ui::tasks::coreWords(remarks.front()), others.join(u' '));
    editor_->message().setClosable(true);
}

void MainWindow::showEngine()
{
    const EngineClient& engine = workbench_.engine();
    const QString sentence = engine.stateSentence();
    const bool isBad =
        engine.state() == EngineClient::State::kMissing || engine.state() == EngineClient::State::kDied;
    if (!isBad) {
        if (std::exchange(isEngineTold_, false)) {
            editor_->engineMessage().dismiss();
            start_->clearProblem();
        }
        return;
    }
    isEngineTold_ = true;
    style::MessageBar& bar = editor_->engineMessage();
    bar.showMessage(style::MessageKind::kError, sentence, engine.stateDetail());
    connect(
        bar.addAction(tr("Try again"), true), &QPushButton::clicked, &workbench_.engine(), &EngineClient::tryAgain);
    connect(
        bar.addAction(tr("Choose the engine…")), &QPushButton::clicked, actions_->chooseEngine, &QAction::trigger);
    start_->showEngineProblem(sentence, engine.stateDetail());
}

void MainWindow::tellOpenFailed(const QString& title, const QString& details)
{
    if (!workbench_.document().isOpen()) {
        start_->showProblem(title, details);
        return;
    }
    editor_->message().showMessage(style::MessageKind::kError, title, details);
    editor_->message().setClosable(true);
}

void MainWindow::openDropped(const QList<QUrl>& files)
{
    for (const QUrl& file : files) {
        if (file.isLocalFile()) {
            workbench_.open(file.toLocalFile());
            return; // one clip is open at a time
        }
    }
    tellOpenFailed(
        tr("That cannot be opened."), tr("It is not a file on this machine. Save it first, then drop it."));
}

void MainWindow::jumpToPanel(int direction)
{
    QList<QWidget*> panels{menuWidget()};
    if (workbench_.document().isOpen()) {
        panels += editor_->panels();
    } else {
        panels.append(start_);
    }
    qsizetype now = 0;
    for (qsizetype i = 0; i < panels.size(); ++i) {
        if (panels[i] == focusWidget() || panels[i]->isAncestorOf(focusWidget())) {
            now = i;
        }
    }
    for (qsizetype tried = 1; tried <= panels.size(); ++tried) {
        QWidget* panel = panels[(now + direction * tried + panels.size() * 2) % panels.size()];
        QWidget* stop = panel->focusPolicy() & Qt::TabFocus ? panel : nullptr;
        for (QWidget* next = panel->nextInFocusChain(); stop == nullptr && next != panel && panel->isAncestorOf(next);
             next = next->nextInFocusChain()) {
            if (next->focusPolicy() & Qt::TabFocus && next->isVisible() && next->isEnabled()) {
                stop = next;
            }
        }
        if (stop != nullptr && stop->isEnabled() && stop->isVisible()) {
            stop->setFocus(Qt::ShortcutFocusReason);
            return;
        }
    }
}

// Keys that no widget in focus wanted: playing and stepping work from everywhere but text and lists.
void MainWindow::keyPressEvent(QKeyEvent* event)
{
    const bool isShifted = event->modifiers() == Qt::ShiftModifier;
    if (!workbench_.document().isOpen() || (event->modifiers() != Qt::NoModifier && !isShifted)) {
        QMainWindow::keyPressEvent(event);
        return;
    }
    ui::viewer::Player& player = editor_->player();
    switch (event->key()) {
    case Qt::Key_Space:
        player.toggle();
        return;
    case Qt::Key_Left:
        player.step(isShifted ? -10 : -1);
        return;
    case Qt::Key_Right:
        player.step(isShifted ? 10 : 1);
        return;
    case Qt::Key_Home:
        player.goToIn();
        return;
    case Qt::Key_End:
        player.goToOut();
        return;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        editor_->canvas().zoomIn();
        return;
    case Qt::Key_Minus:
        editor_->canvas().zoomOut();
        return;
    case Qt::Key_S:
        if (editor_->isComparing() && !event->isAutoRepeat()) {
            isShifted ? editor_->splitView().setSwapped(!editor_->splitView().isSwapped())
                      : editor_->splitView().setSourceAlone(true);
        }
        return;
    case Qt::Key_Escape:
        editor_->leaveComparison();
        return;
    default:
        QMainWindow::keyPressEvent(event);
    }
}

void MainWindow::keyReleaseEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_S && !event->isAutoRepeat()) {
        editor_->splitView().setSourceAlone(false);
    }
    QMainWindow::keyReleaseEvent(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls()) {
        event->acceptProposedAction();
    }
}

void MainWindow::dropEvent(QDropEvent* event)
{
    event->acceptProposedAction();
    openDropped(event->mimeData()->urls());
}

// Jobs are processes of their own: the window may go, the work goes on and is found again.
void MainWindow::closeEvent(QCloseEvent* event)
{
    if (const ui::session::Job* job = workbench_.jobs().current()) {
        std::fprintf(stderr, "%s\n",
            qUtf8Printable(tr("The job goes on: %1 of %2 frames. It is found again at the next start.")
                               .arg(job->done)
                               .arg(job->total)));
    }
    workbench_.settings().setWindowGeometry(saveGeometry());
    workbench_.settings().setSplitterState(editor_->splitter().saveState());
    workbench_.save();
    event->accept();
}

} // namespace reelmend::desktop
