#include "ui/tasks/run_panel.h"

#include <QEvent>
#include <QFileInfo>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QTimer>
#include <QVBoxLayout>

#include "ui/style/buttons.h"
#include "ui/style/icons.h"
#include "ui/style/labels.h"
#include "ui/style/message_bar.h"
#include "ui/style/tokens.h"
#include "ui/tasks/words.h"

namespace reelmend::ui::tasks {

using jobs::JobState;
using session::EngineClient;
using session::Job;

namespace {

QFrame* line()
{
    auto* frame = new QFrame;
    frame->setProperty("tone", QStringLiteral("line"));
    frame->setFixedHeight(1);
    return frame;
}

QString coloured(const QString& text, const QColor& colour)
{
    return QStringLiteral("<span style=\"color:%1\">%2</span>").arg(colour.name(), text.toHtmlEscaped());
}

} // namespace

RunPanel::RunPanel(session::Document& document, session::JobList& jobs, session::EngineClient& engine,
    const session::Settings& settings, QWidget* parent)
    : QWidget(parent)
    , document_(document)
    , jobs_(jobs)
    , engine_(engine)
    , settings_(settings)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    message_ = new style::MessageBar;
    column->addWidget(message_);
    column->addWidget(line());
    column->addWidget(makeCost());
    column->addWidget(line());
    buttons_ = makeButtons();
    progress_ = makeProgress();
    progress_->hide();
    column->addWidget(buttons_);
    column->addWidget(progress_);

    connect(&document_, &session::Document::sessionChanged, this, &RunPanel::showCost);
    connect(&document_, &session::Document::opened, this, &RunPanel::clearMessage);
    connect(&engine_, &EngineClient::stateChanged, this, &RunPanel::showCost);
    connect(&engine_, &EngineClient::stateChanged, this, &RunPanel::follow);
    connect(&jobs_, &session::JobList::listed, this, &RunPanel::follow);
    connect(&jobs_, &session::JobList::changed, this, &RunPanel::follow);
    connect(&jobs_, &session::JobList::ended, this, &RunPanel::showEnd);
    connect(&jobs_, &QAbstractItemModel::modelReset, this, &RunPanel::follow);
    connect(&jobs_, &QAbstractItemModel::rowsRemoved, this, [this] {
        if (!told_.isEmpty() && jobs_.find(told_) == nullptr) {
            clearMessage();
        }
    });
    showCost();
}

QWidget* RunPanel::makeCost()
{
    auto* card = new QWidget;
    style::setGround(card, style::Ground::kWin);
    auto* row = new QHBoxLayout(card);
    row->setContentsMargins(style::kSpace3, style::kSpace3, style::kSpace3, style::kSpace3);
    row->setSpacing(style::kSpace2);
    costIcon_ = new QLabel;
    costIcon_->setFixedSize(16, 16);
    cost_ = new QLabel;
    cost_->setFont(style::fontFor(style::TextRole::kSmall));
    cost_->setWordWrap(true);
    cost_->setTextFormat(Qt::RichText);
    row->addWidget(costIcon_, 0, Qt::AlignTop);
    row->addWidget(cost_, 1);
    return card;
}

QWidget* RunPanel::makeButtons()
{
    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(style::kSpace3, style::kSpace3, style::kSpace3, style::kSpace3);
    column->setSpacing(style::kSpace2);
    previewButton_ = new style::ActionButton(tr("Preview this frame"), u"image", style::ButtonRole::kOutlined);
    previewButton_->setHint(QKeySequence(Qt::Key_P));
    enhance_ = new style::PrimaryButton(tr("Enhance in to out"), u"bandaid");
    enhance_->setHint(QKeySequence(Qt::CTRL | Qt::Key_R));
    making_ = new QWidget;
    auto* makingColumn = new QVBoxLayout(making_);
    makingColumn->setContentsMargins(0, 0, 0, 0);
    makingColumn->setSpacing(style::kSpace1);
    auto* makingHead = new QHBoxLayout;
    makingHead->addWidget(new style::TextLabel(tr("Making the preview"), style::TextRole::kBodyMedium), 1);
    makingTime_ = new style::TextLabel({}, style::TextRole::kSmall, style::Tone::kSecondary);
    makingHead->addWidget(makingTime_);
    auto* makingBar = new QProgressBar;
    makingBar->setRange(0, 0);
    makingBar->setTextVisible(false);
    makingBar->setAccessibleName(tr("Making the preview"));
    makingColumn->addLayout(makingHead);
    makingColumn->addWidget(makingBar);
    making_->hide();
    makingTimer_ = new QTimer(this);
    makingTimer_->setInterval(1000);
    connect(makingTimer_, &QTimer::timeout, this, &RunPanel::showPreview);
    column->addWidget(making_);
    column->addWidget(previewButton_);
    column->addWidget(enhance_);
    connect(previewButton_, &QPushButton::clicked, this, &RunPanel::previewRequested);
    connect(enhance_, &QPushButton::clicked, this, &RunPanel::enhanceRequested);
    return page;
}

QWidget* RunPanel::makeProgress()
{
    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(style::kSpace3, style::kSpace3, style::kSpace3, style::kSpace3);
    column->setSpacing(style::kSpace1);
    auto* head = new QHBoxLayout;
    head->setSpacing(style::kSpace2);
    title_ = new style::TextLabel({}, style::TextRole::kBodyMedium);
    percent_ = new style::TextLabel({});
    percent_->setTabular(Words::percent(1, 1), Qt::AlignRight);
    head->addWidget(title_, 1);
    head->addWidget(percent_);
    bar_ = new QProgressBar;
    bar_->setTextVisible(false);
    bar_->setAccessibleName(tr("Progress"));
    auto* foot = new QHBoxLayout;
    foot->setSpacing(style::kSpace2);
    facts_ = new style::TextLabel({}, style::TextRole::kSmall, style::Tone::kSecondary);
    remaining_ = new style::TextLabel({}, style::TextRole::kSmall, style::Tone::kSecondary);
    foot->addWidget(facts_, 1);
    foot->addWidget(remaining_);
    auto* buttons = new QHBoxLayout;
    buttons->setContentsMargins(0, style::kSpace1, 0, 0);
    buttons->setSpacing(style::kSpace2);
    pause_ = new QPushButton(tr("Pause"));
    cancel_ = new QPushButton(tr("Cancel"));
    for (QPushButton* button : {pause_, cancel_}) {
        style::setButtonRole(button, style::ButtonRole::kRaised);
        button->setMinimumHeight(style::kMainControlHeight);
        buttons->addWidget(button, 1);
    }
    cancel_->setIcon(style::icon(u"x-lg", style::IconTint::kText));
    column->addLayout(head);
    column->addWidget(bar_);
    warnings_ = new QLabel;
    warnings_->setFont(style::fontFor(style::TextRole::kSmall));
    warnings_->setProperty("tone", QStringLiteral("secondary"));
    warnings_->setWordWrap(true);
    column->addLayout(foot);
    column->addWidget(warnings_);
    column->addLayout(buttons);
    column->addSpacing(style::kSpace1);
    column->addWidget(new style::TextLabel(
        tr("It goes on when you close the window."), style::TextRole::kSmall, style::Tone::kSecondary));

    connect(pause_, &QPushButton::clicked, this, [this] {
        const Job* job = jobs_.find(running_);
        if (job != nullptr) {
            Q_EMIT controlRequested(running_, job->state == JobState::kPaused ? "resume" : "pause");
        }
    });
    connect(cancel_, &QPushButton::clicked, this, [this] { Q_EMIT controlRequested(running_, "cancel"); });
    return page;
}

void RunPanel::showCost()
{
    const bool isOpen = document_.isOpen();
    session::TaskSettings settings = document_.settings();
    settings.model = engine_.facts().modelFor(settings.model, settings.task);
    const session::CostEstimate cost =
        isOpen ? session::estimateCost(settings, document_.info(), document_.requestFrames(), settings_)
               : session::CostEstimate();
    const style::Tokens& t = style::tokensFor(palette());
    const bool isMeasured = cost.basis != session::CostEstimate::Basis::kNothing;
    costIcon_->setPixmap(style::icon(
        isMeasured ? u"check-circle-fill" : u"clock", isMeasured ? style::IconTint::kGood : style::IconTint::kControl)
                             .pixmap(QSize(16, 16), devicePixelRatio()));
    const QString effect = coloured(Words::effect(settings, document_.info()), t.text2);
    // While a job runs, its own remaining time says it better.
    cost_->setText(jobs_.current() != nullptr
                       ? effect
                       : coloured(Words::cost(cost, engine_.facts().device), t.text) + u' ' + effect);
    const bool isWhole = isOpen && !document_.session().requestRange(document_.frameCount());
    enhance_->setText(isWhole ? tr("Enhance the clip") : tr("Enhance in to out"));
    enhance_->setEnabled(isOpen && engine_.isReady());
    previewButton_->setEnabled(isOpen && engine_.isReady());
    const QString why = engine_.isReady() ? QString() : engine_.stateWord();
    enhance_->setToolTip(why);
    previewButton_->setToolTip(why);
}

void RunPanel::setPreview(Preview preview)
{
    if (preview == Preview::kMaking && preview_ != Preview::kMaking) {
        makingClock_.start();
        makingTimer_->start();
    } else if (preview != Preview::kMaking) {
        makingTimer_->stop();
    }
    preview_ = preview;
    showPreview();
}

void RunPanel::showPreview()
{
    const bool isMaking = preview_ == Preview::kMaking;
    making_->setVisible(isMaking);
    // How long it takes is not known before the first one; that time passes can be seen.
    makingTime_->setText(isMaking && makingClock_.elapsed() >= 1000
                             ? Words::seconds(static_cast<double>(makingClock_.elapsed()) / 1000)
                             : QString());
    previewButton_->setText(isMaking                       ? tr("Cancel the preview")
                            : preview_ == Preview::kShown  ? tr("Show the source")
                            : preview_ == Preview::kHidden ? tr("Show the preview")
                                                           : tr("Preview this frame"));
}

void RunPanel::showMessage(style::MessageKind kind, const QString& title, const QString& details)
{
    told_.clear();
    message_->showMessage(kind, title, details);
    message_->setClosable(true);
}

// Qt would hand the focus to the first widget of the window.
void RunPanel::keepFocus(QWidget* from, QWidget* to)
{
    if (from->isVisible() && from->isAncestorOf(window()->focusWidget())) {
        to->setFocus(Qt::OtherFocusReason);
    }
}

void RunPanel::clearMessage()
{
    told_.clear();
    keepFocus(message_, buttons_->isVisible() ? static_cast<QWidget*>(enhance_) : pause_);
    message_->dismiss();
}

void RunPanel::follow()
{
    const Job* job = jobs_.current();
    if (job != nullptr) {
        if (running_ != job->id) {
            running_ = job->id;
            clearMessage();
            showCost();
        }
        showProgress(*job);
        progress_->show();
        keepFocus(buttons_, pause_);
        buttons_->hide();
        return;
    }
    if (!running_.isEmpty()) {
        running_.clear();
        showCost();
    }
    buttons_->show();
    keepFocus(progress_, enhance_);
    progress_->hide();
    // What went wrong while nobody watched is told once the clip is open again, as long as nothing newer was made.
    if (told_.isEmpty() && !message_->isVisibleTo(this) && jobs_.isKnown() && jobs_.rowCount() > 0 &&
        (jobs_.job(0).state == JobState::kInterrupted || jobs_.job(0).state == JobState::kFailed)) {
        showEnd(jobs_.job(0).id);
    }
}

void RunPanel::showProgress(const Job& job)
{
    const bool isPaused = job.state == JobState::kPaused;
    const bool isCounting = job.total > 0 && job.phase != u"preparing" && job.state != JobState::kWaiting;
    title_->setText(isPaused                          ? tr("Paused")
                    : job.state == JobState::kWaiting ? tr("Starting")
                    : job.phase == u"preparing"       ? tr("Reading the clip")
                    : job.phase == u"joining"         ? tr("Writing the result")
                    : job.request.range               ? tr("Enhancing in to out")
                                                      : tr("Enhancing the clip"));
    percent_->setText(isCounting ? Words::percent(job.done, job.total) : QString());
    bar_->setRange(0, isCounting ? static_cast<int>(job.total) : 0);
    bar_->setValue(static_cast<int>(job.done));
    bar_->setProperty("state", isPaused ? QStringLiteral("paused") : QString());
    bar_->update();
    QString facts;
    if (isCounting) {
        facts = tr("Frame %1 of %2").arg(job.done).arg(job.total);
        if (job.framesPerSecond > 0 && !isPaused) {
            facts = tr("%1 · %2").arg(facts, Words::rate(job.framesPerSecond));
        }
    }
    facts_->setText(facts);
    remaining_->setText(isCounting && !isPaused && job.remainingSeconds
                            ? tr("%1 left").arg(Words::seconds(*job.remainingSeconds))
                            : QString());
    warnings_->setText(Words::warnings(job));
    warnings_->setVisible(!job.warnings.empty());
    pause_->setText(isPaused ? tr("Resume") : tr("Pause"));
    pause_->setIcon(style::icon(isPaused ? u"play-fill" : u"pause-fill", style::IconTint::kText));
    for (QPushButton* button : {pause_, cancel_}) {
        button->setEnabled(engine_.isReady());
    }
}

void RunPanel::showEnd(const QString& jobId)
{
    const Job* job = jobs_.find(jobId);
    if (job == nullptr || jobs_.current() != nullptr) {
        return;
    }
    const bool isFinished = job->state == JobState::kFinished;
    const Words::Message message = isFinished ? Words::finished(*job) : Words::failure(*job);
    const auto kind = isFinished                           ? style::MessageKind::kGood
                      : job->state == JobState::kCancelled ? style::MessageKind::kInfo
                                                           : style::MessageKind::kError;
    showMessage(kind, message.title, message.details);
    told_ = jobId;
    if (isFinished) {
        connect(message_->addAction(tr("Compare")), &QPushButton::clicked, this,
            [this, jobId] { Q_EMIT compareRequested(jobId); });
        connect(message_->addAction(tr("Show in folder")), &QPushButton::clicked, this,
            [this, path = job->result] { Q_EMIT showInFolderRequested(path); });
    } else {
        connect(message_->addAction(tr("Start again")), &QPushButton::clicked, this,
            [this, jobId] { Q_EMIT startAgainRequested(jobId); });
    }
}

void RunPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
        showCost();
    }
}

} // namespace reelmend::ui::tasks
