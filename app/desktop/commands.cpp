#include "app/desktop/commands.h"

#include <QApplication>
#include <QDesktopServices>
#include <QDir>
#include <QFileInfo>
#include <QMenu>
#include <QUrl>

#include <algorithm>

#include "app/desktop/actions.h"
#include "app/desktop/editor_page.h"
#include "app/desktop/enhance_controller.h"
#include "app/desktop/file_dialogs.h"
#include "app/desktop/main_window.h"
#include "app/desktop/mask_files.h"
#include "app/desktop/shortcuts_sheet.h"
#include "app/desktop/workbench.h"
#include "ui/compare/split_view.h"
#include "ui/session/output_name.h"
#include "ui/style/message_bar.h"
#include "ui/style/style.h"
#include "ui/tasks/task_panel.h"
#include "ui/tasks/words.h"

namespace reelmend::desktop {

namespace style = ui::style;
using ui::session::Job;
using ui::session::MaskKind;
using ui::tasks::TaskPanel;
using ui::tasks::Words;

namespace {

template <class Fits> const Job* newestFinished(const ui::session::JobList& jobs, Fits fits)
{
    for (int row = 0; row < jobs.rowCount(); ++row) {
        const Job& job = jobs.job(row);
        if (job.state == jobs::JobState::kFinished && fits(job)) {
            return &job;
        }
    }
    return nullptr;
}

// Without a look at the disk: asked at every step of a job.
const Job* newestFinished(const ui::session::JobList& jobs)
{
    return newestFinished(jobs, [](const Job&) { return true; });
}

// The newest whose file is still there; else the newest.
const Job* newestResult(const ui::session::JobList& jobs)
{
    const Job* there = newestFinished(jobs, [](const Job& job) { return QFileInfo::exists(job.result); });
    return there != nullptr ? there : newestFinished(jobs);
}

} // namespace

Commands::Commands(
    Workbench& workbench, Actions& actions, EditorPage& editor, EnhanceController& enhance, MainWindow& window)
    : QObject(&window)
    , workbench_(workbench)
    , actions_(actions)
    , editor_(editor)
    , enhance_(enhance)
    , window_(window)
    , maskFiles_(new MaskFiles(workbench, editor.mask(), this))
{
    connectFile();
    connectView();
    connectClip();
    connectMask();
    connectPanel();
    connectEnhance();
    for (auto signal :
        {&ui::session::Document::opened, &ui::session::Document::closed, &ui::session::Document::sessionChanged}) {
        connect(&workbench_.document(), signal, this, &Commands::refresh);
    }
    connect(&workbench_.engine(), &ui::session::EngineClient::stateChanged, this, &Commands::refresh);
    connect(&workbench_.jobs(), &ui::session::JobList::changed, this, &Commands::refresh);
    connect(&workbench_.jobs(), &ui::session::JobList::listed, this, &Commands::refresh);
    connect(&editor_, &EditorPage::comparisonChanged, this, &Commands::refresh);
    connect(&editor_, &EditorPage::maskChanged, this, &Commands::refresh);
    refresh();
}

void Commands::refresh()
{
    const Job* running = workbench_.jobs().current();
    actions_.update({.isOpen = workbench_.document().isOpen(),
        .isComparing = editor_.isComparing(),
        .hasMask = workbench_.document().session().maskKind != MaskKind::kNone,
        .isEngineReady = workbench_.engine().isReady(),
        .isRunning = running != nullptr,
        .isPaused = running != nullptr && running->state == jobs::JobState::kPaused,
        .hasResult = newestFinished(workbench_.jobs()) != nullptr});
}

void Commands::connectFile()
{
    connect(actions_.open, &QAction::triggered, this, &Commands::openClip);
    connect(actions_.openFolder, &QAction::triggered, this, &Commands::openFolder);
    connect(actions_.closeClip, &QAction::triggered, &workbench_, &Workbench::close);
    connect(actions_.quit, &QAction::triggered, &window_, &QWidget::close);
    connect(&editor_, &EditorPage::openRequested, this, &Commands::openClip);
    connect(actions_.recent, &QMenu::aboutToShow, this, &Commands::fillRecent);
    connect(actions_.keys, &QAction::triggered, this, [this] { showShortcuts(actions_, &window_); });
    connect(actions_.about, &QAction::triggered, this, [this] { showAbout(&window_); });
}

void Commands::openClip()
{
    chooseClip(&window_, workbench_.settings().folder(), [this](const QString& path) { workbench_.open(path); });
}

void Commands::openFolder()
{
    chooseFolder(&window_, workbench_.settings().folder(), [this](const QString& path) { workbench_.open(path); });
}

void Commands::fillRecent()
{
    actions_.recent->clear();
    for (const ui::session::RecentFile& file : workbench_.recent().files()) {
        QAction* action =
            actions_.recent->addAction(ui::session::clipName(file.path).replace(u'&', QStringLiteral("&&")));
        action->setToolTip(file.path);
        connect(action, &QAction::triggered, this, [this, path = file.path] { workbench_.open(path); });
    }
    if (actions_.recent->isEmpty()) {
        actions_.recent->addAction(tr("No clips yet"))->setEnabled(false);
    }
}

void Commands::findClip(const QString& lost)
{
    chooseClip(&window_, QFileInfo(lost).absolutePath(), [this, lost](const QString& path) {
        workbench_.recent().replace(lost, path);
        workbench_.open(path);
    });
}

void Commands::connectView()
{
    connect(actions_.fit, &QAction::triggered, this, [this] { editor_.canvas().fit(); });
    connect(actions_.actualSize, &QAction::triggered, this, [this] { editor_.canvas().actualSize(); });
    connect(actions_.zoomIn, &QAction::triggered, this, [this] { editor_.canvas().zoomIn(); });
    connect(actions_.zoomOut, &QAction::triggered, this, [this] { editor_.canvas().zoomOut(); });
    connect(actions_.overlay, &QAction::toggled, &editor_, &EditorPage::setOverlayShown);
    connect(&editor_, &EditorPage::overlayChanged, actions_.overlay, &QAction::setChecked);
    connect(actions_.compare, &QAction::triggered, this, &Commands::compareNewest);
    connect(actions_.swap, &QAction::triggered, this,
        [this] { editor_.splitView().setSwapped(!editor_.splitView().isSwapped()); });
    connect(actions_.fullScreen, &QAction::toggled, &window_,
        [this](bool isFull) { window_.setWindowState(window_.windowState().setFlag(Qt::WindowFullScreen, isFull)); });
    connect(actions_.nextPanel, &QAction::triggered, this, [this] { window_.jumpToPanel(+1); });
    connect(actions_.previousPanel, &QAction::triggered, this, [this] { window_.jumpToPanel(-1); });

    auto& settings = workbench_.settings();
    actions_.theme->actions().at(static_cast<int>(settings.theme()))->setChecked(true);
    actions_.surround->actions().at(static_cast<int>(settings.surround()))->setChecked(true);
    actions_.reduceMotion->setChecked(settings.reduceMotion());
    editor_.setSurround(static_cast<ui::viewer::Surround>(settings.surround()));
    connect(actions_.theme, &QActionGroup::triggered, this, [this](const QAction* action) {
        workbench_.settings().setTheme(static_cast<ui::session::ThemeChoice>(action->data().toInt()));
        applyTheme();
    });
    connect(actions_.surround, &QActionGroup::triggered, this, [this](const QAction* action) {
        workbench_.settings().setSurround(static_cast<ui::session::SurroundChoice>(action->data().toInt()));
        editor_.setSurround(static_cast<ui::viewer::Surround>(action->data().toInt()));
    });
    actions_.maskColour->actions().at(static_cast<int>(settings.maskColour()))->setChecked(true);
    editor_.setMaskTint(static_cast<ui::masks::OverlayTint>(settings.maskColour()));
    connect(actions_.maskColour, &QActionGroup::triggered, this, [this](const QAction* action) {
        workbench_.settings().setMaskColour(static_cast<ui::session::MaskColour>(action->data().toInt()));
        editor_.setMaskTint(static_cast<ui::masks::OverlayTint>(action->data().toInt()));
    });
    connect(actions_.reduceMotion, &QAction::toggled, this, [this](bool isReduced) {
        workbench_.settings().setReduceMotion(isReduced);
        qApp->setProperty("reduceMotion", isReduced);
    });
}

void Commands::applyTheme()
{
    style::applyTheme(*qApp, static_cast<style::Theme>(workbench_.settings().theme()));
}

void Commands::connectClip()
{
    auto& player = editor_.player();
    using ui::viewer::Player;
    connect(actions_.play, &QAction::triggered, &player, &Player::toggle);
    connect(actions_.stepBack, &QAction::triggered, &player, [&player] { player.step(-1); });
    connect(actions_.stepOn, &QAction::triggered, &player, [&player] { player.step(1); });
    connect(actions_.stepBack10, &QAction::triggered, &player, [&player] { player.step(-10); });
    connect(actions_.stepOn10, &QAction::triggered, &player, [&player] { player.step(10); });
    connect(actions_.toIn, &QAction::triggered, &player, &Player::goToIn);
    connect(actions_.toOut, &QAction::triggered, &player, &Player::goToOut);
    connect(actions_.setIn, &QAction::triggered, &player, &Player::setIn);
    connect(actions_.setOut, &QAction::triggered, &player, &Player::setOut);
    connect(actions_.clearRange, &QAction::triggered, &player, &Player::clearRange);
    connect(actions_.loop, &QAction::toggled, &player, &Player::setLooping);
    connect(&player, &Player::loopingChanged, actions_.loop, &QAction::setChecked);
    actions_.loop->setChecked(player.isLooping());
}

void Commands::connectMask()
{
    auto& tools = editor_.tools();
    using ui::masks::MaskTools;
    connect(actions_.tools, &QActionGroup::triggered, &tools,
        [&tools](const QAction* action) { tools.setKind(static_cast<ui::masks::ToolKind>(action->data().toInt())); });
    const auto showKind = [this](ui::masks::ToolKind kind) {
        actions_.tools->actions().at(static_cast<int>(kind))->setChecked(true);
    };
    connect(&tools, &MaskTools::kindChanged, this, showKind);
    showKind(tools.kind());
    connect(actions_.smallerBrush, &QAction::triggered, &tools, [&tools] { tools.growBrush(-1); });
    connect(actions_.largerBrush, &QAction::triggered, &tools, [&tools] { tools.growBrush(1); });
    connect(actions_.invertMask, &QAction::triggered, &editor_.mask(), &ui::masks::MaskDocument::invert);
    connect(actions_.clearMask, &QAction::triggered, maskFiles_, &MaskFiles::clear);
    const auto load = [this] {
        chooseMask(&window_, QFileInfo(workbench_.document().session().path).absolutePath(),
            [this](const QString& path) { maskFiles_->load(path); });
    };
    connect(actions_.loadMask, &QAction::triggered, this, load);
    connect(&editor_.panel(), &TaskPanel::loadMaskRequested, this, load);
    connect(&editor_.panel(), &TaskPanel::clearMaskRequested, maskFiles_, &MaskFiles::clear);
    connect(actions_.saveMask, &QAction::triggered, this, [this] {
        const QString clip = workbench_.document().session().path;
        const QString name = ui::session::clipStem(clip) + u"_mask.png";
        chooseNewFile(&window_, tr("Save the mask"), QFileInfo(clip).dir().filePath(name), tr("PNG pictures (*.png)"),
            [this](const QString& path) { maskFiles_->save(path); });
    });
    connect(maskFiles_, &MaskFiles::loaded, this, [this] { editor_.panel().showMaskProblem({}, {}); });
    connect(maskFiles_, &MaskFiles::failed, this, [this](const base::Error& error) {
        const Words::Message message = Words::error(error);
        editor_.panel().showMaskProblem(message.title, message.details);
    });
}

void Commands::connectPanel()
{
    auto& panel = editor_.panel();
    connect(&panel, &TaskPanel::previewRequested, this, &Commands::previewOrToggle);
    connect(&panel, &TaskPanel::enhanceRequested, &enhance_, &EnhanceController::enhance);
    connect(&panel, &TaskPanel::outputChosen, this, &Commands::chooseOutput);
    connect(&panel, &TaskPanel::compareRequested, this, &Commands::compareJob);
    connect(&panel, &TaskPanel::showInFolderRequested, this, &Commands::showInFolder);
    connect(&panel, &TaskPanel::startAgainRequested, &enhance_, &EnhanceController::startAgain);
    connect(&panel, &TaskPanel::controlRequested, &enhance_, &EnhanceController::control);
    connect(&panel, &TaskPanel::removeRequested, &enhance_, &EnhanceController::remove);
}

void Commands::connectEnhance()
{
    auto& panel = editor_.panel();
    connect(actions_.preview, &QAction::triggered, this, &Commands::previewOrToggle);
    connect(actions_.enhance, &QAction::triggered, &enhance_, &EnhanceController::enhance);
    connect(actions_.pause, &QAction::triggered, this, [this] {
        if (const Job* job = workbench_.jobs().current()) {
            enhance_.control(job->id, job->state == jobs::JobState::kPaused ? "resume" : "pause");
        }
    });
    connect(actions_.cancel, &QAction::triggered, this, [this] {
        if (const Job* job = workbench_.jobs().current()) {
            enhance_.control(job->id, "cancel");
        }
    });
    connect(actions_.showInFolder, &QAction::triggered, this, [this] {
        if (const Job* job = newestResult(workbench_.jobs())) {
            showInFolder(job->result);
        }
    });
    connect(actions_.chooseEngine, &QAction::triggered, this, [this] {
        chooseProgram(&window_, tr("Choose reelmend-cli"), [this](const QString& path) {
            workbench_.settings().setEnginePath(path);
            workbench_.engine().tryAgain();
        });
    });
    connect(actions_.engineAgain, &QAction::triggered, &workbench_.engine(), &ui::session::EngineClient::tryAgain);

    connect(&enhance_, &EnhanceController::outputNameChanged, &panel, &TaskPanel::setOutputName);
    connect(&enhance_, &EnhanceController::problemsFound, &panel, &TaskPanel::showProblems);
    connect(&enhance_, &EnhanceController::refused, this, &Commands::tellRefusal);
    connect(&enhance_, &EnhanceController::failed, this, [&panel](const base::Error& error) {
        const Words::Message message = Words::error(error);
        panel.showMessage(style::MessageKind::kError, message.title, message.details);
    });
    connect(&enhance_, &EnhanceController::started, &panel, &TaskPanel::clearMessages);
    connect(&enhance_, &EnhanceController::measured, &panel, &TaskPanel::refreshCost);
    connect(&enhance_, &EnhanceController::previewReady, &editor_, &EditorPage::showPreview);
    connect(&enhance_, &EnhanceController::previewDropped, &editor_, &EditorPage::hidePreview);
    connect(&enhance_, &EnhanceController::previewingChanged, this, &Commands::showPreviewState);
    connect(&enhance_, &EnhanceController::previewReady, this, &Commands::showPreviewState);
    connect(&enhance_, &EnhanceController::previewDropped, this, &Commands::showPreviewState);
    connect(&editor_.player(), &ui::viewer::Player::frameChanged, this, &Commands::showPreviewState);
    connect(&enhance_, &EnhanceController::previewFailed, this, [&panel](const Job& job) {
        const Words::Message message = Words::failure(job);
        panel.showMessage(style::MessageKind::kError, message.title, message.details);
    });
    connect(&enhance_, &EnhanceController::resultReady, this, &Commands::compareJob);
    connect(&editor_, &EditorPage::maskChanged, &enhance_, &EnhanceController::dropPreview);
    connect(&editor_, &EditorPage::maskChanged, this, [&panel] { panel.showMaskProblem({}, {}); });
}

// P makes a preview of the frame on screen, and again gives it up; when there is one, it goes back and forth between
// it and the source.
void Commands::previewOrToggle()
{
    const qint64 frame = editor_.player().frame();
    editor_.player().pause();
    editor_.leaveComparison();
    if (enhance_.isPreviewing()) {
        enhance_.cancelPreview();
    } else if (editor_.isShowingPreview()) {
        editor_.hidePreview();
    } else if (enhance_.hasPreview(frame)) {
        editor_.showPreview(frame, enhance_.previewPicture());
    } else {
        enhance_.preview(frame);
    }
    showPreviewState();
}

void Commands::showPreviewState()
{
    using Preview = ui::tasks::RunPanel::Preview;
    editor_.panel().setPreview(enhance_.isPreviewing()                         ? Preview::kMaking
                               : editor_.isShowingPreview()                    ? Preview::kShown
                               : enhance_.hasPreview(editor_.player().frame()) ? Preview::kHidden
                                                                               : Preview::kNone);
}

void Commands::compareJob(const QString& jobId)
{
    const Job* job = workbench_.jobs().find(jobId);
    if (job != nullptr && job->state == jobs::JobState::kFinished) {
        editor_.compare(*job);
    }
}

void Commands::compareNewest()
{
    if (editor_.isComparing()) {
        editor_.leaveComparison();
    } else if (const Job* job = newestResult(workbench_.jobs())) {
        editor_.compare(*job);
    }
    refresh();
}

void Commands::chooseOutput()
{
    chooseNewFile(&window_, tr("Name of the result"), enhance_.outputName(), tr("Clips (*.mp4 *.mkv *.mov)"),
        [this](const QString& path) { enhance_.chooseOutput(path); });
}

void Commands::showInFolder(const QString& path)
{
    QDesktopServices::openUrl(QUrl::fromLocalFile(QFileInfo(path).absolutePath()));
}

void Commands::tellRefusal(const ui::session::EngineError& error)
{
    editor_.panel().showProblems(error.problems);
    const bool isAllBesideFields =
        !error.problems.empty() &&
        std::all_of(error.problems.begin(), error.problems.end(), [](const jobs::Problem& problem) {
            return problem.field != "input" && problem.field != "seed" && problem.field != "overwrite";
        });
    if (!isAllBesideFields) {
        const Words::Message message = Words::refusal(error);
        editor_.panel().showMessage(style::MessageKind::kError, message.title, message.details);
    }
}

} // namespace reelmend::desktop
