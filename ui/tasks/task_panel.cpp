#include "ui/tasks/task_panel.h"

#include <QFrame>
#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>
#include <QVBoxLayout>

#include <algorithm>

#include "ui/style/labels.h"
#include "ui/style/message_bar.h"
#include "ui/style/style.h"
#include "ui/tasks/core_words.h"
#include "ui/tasks/mask_card.h"
#include "ui/tasks/result_list.h"
#include "ui/tasks/run_panel.h"
#include "ui/tasks/task_form.h"

namespace reelmend::ui::tasks {

namespace {

QFrame* separator()
{
    auto* frame = new QFrame;
    frame->setProperty("tone", QStringLiteral("separator"));
    frame->setFixedHeight(1);
    return frame;
}

QVBoxLayout* tightColumn(QWidget* widget)
{
    auto* column = new QVBoxLayout(widget);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    return column;
}

} // namespace

TaskPanel::TaskPanel(const Parts& parts, QWidget* parent)
    : QWidget(parent)
    , document_(parts.document)
    , jobs_(parts.jobs)
{
    style::setGround(this, style::Ground::kPanel);
    setAccessibleName(tr("Task"));
    auto* column = tightColumn(this);
    scroll_ = new QScrollArea;
    scroll_->setProperty("tone", QStringLiteral("plain"));
    scroll_->setFrameShape(QFrame::NoFrame);
    scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll_->setWidgetResizable(true);
    scroll_->setFocusPolicy(Qt::NoFocus);
    scroll_->setWidget(makeContent(parts));
    scroll_->viewport()->setAutoFillBackground(false);
    scroll_->widget()->setAutoFillBackground(false);
    // The bar takes its width out of the padding: fields keep their edges when it comes and goes.
    connect(scroll_->verticalScrollBar(), &QScrollBar::rangeChanged, this, [this](int, int maximum) {
        const int bar = maximum > 0 ? scroll_->verticalScrollBar()->sizeHint().width() : 0;
        scroll_->widget()->layout()->setContentsMargins(
            style::kSpace3, style::kSpace3, std::max(style::kSpace3 - bar, 0), style::kSpace3);
    });
    column->addWidget(scroll_, 1);
    run_ = new RunPanel(parts.document, parts.jobs, parts.engine, parts.settings);
    column->addWidget(run_);

    connect(form_, &TaskForm::outputChosen, this, &TaskPanel::outputChosen);
    connect(mask_, &MaskCard::loadRequested, this, &TaskPanel::loadMaskRequested);
    connect(mask_, &MaskCard::clearRequested, this, &TaskPanel::clearMaskRequested);
    connect(results_, &ResultList::compareRequested, this, &TaskPanel::compareRequested);
    connect(results_, &ResultList::startAgainRequested, this, &TaskPanel::startAgainRequested);
    connect(results_, &ResultList::showInFolderRequested, this, &TaskPanel::showInFolderRequested);
    connect(results_, &ResultList::removeRequested, this, &TaskPanel::removeRequested);
    connect(run_, &RunPanel::previewRequested, this, &TaskPanel::previewRequested);
    connect(run_, &RunPanel::enhanceRequested, this, &TaskPanel::enhanceRequested);
    connect(run_, &RunPanel::compareRequested, this, &TaskPanel::compareRequested);
    connect(run_, &RunPanel::showInFolderRequested, this, &TaskPanel::showInFolderRequested);
    connect(run_, &RunPanel::startAgainRequested, this, &TaskPanel::startAgainRequested);
    connect(run_, &RunPanel::controlRequested, this, &TaskPanel::controlRequested);
    connect(&document_, &session::Document::sessionChanged, this, &TaskPanel::showSections);
    connect(&jobs_, &QAbstractItemModel::rowsInserted, this, &TaskPanel::showSections);
    connect(&jobs_, &QAbstractItemModel::rowsRemoved, this, &TaskPanel::showSections);
    connect(&jobs_, &QAbstractItemModel::modelReset, this, &TaskPanel::showSections);
    showSections();
}

QWidget* TaskPanel::makeContent(const Parts& parts)
{
    auto* content = new QWidget;
    auto* column = tightColumn(content);
    column->setContentsMargins(style::kSpace3, style::kSpace3, style::kSpace3, style::kSpace3);
    form_ = new TaskForm(parts.document, parts.engine);
    column->addWidget(form_);

    maskSection_ = new QWidget;
    auto* maskColumn = tightColumn(maskSection_);
    maskColumn->addSpacing(style::kSpace2);
    maskColumn->addWidget(separator());
    maskColumn->addSpacing(style::kSpace1);
    mask_ = new MaskCard(parts.document);
    maskColumn->addWidget(mask_);
    column->addWidget(maskSection_);

    column->addSpacing(style::kSpace2);
    column->addWidget(separator());
    column->addSpacing(style::kSpace3);
    column->addWidget(
        new style::TextLabel(tr("Earlier results"), style::TextRole::kSectionTitle, style::Tone::kSecondary));
    column->addSpacing(style::kSpace2);
    auto* note = new QLabel(tr("Enhance this clip, and every version is listed here."));
    note->setFont(style::fontFor(style::TextRole::kSmall));
    note->setProperty("tone", QStringLiteral("secondary"));
    note->setWordWrap(true);
    emptyNote_ = note;
    column->addWidget(note);
    results_ = new ResultList(parts.jobs, parts.thumbnails);
    column->addWidget(results_);
    column->addStretch(1);
    return content;
}

void TaskPanel::showSections()
{
    maskSection_->setVisible(session::usesMask(document_.settings().task));
    const bool isEmpty = jobs_.rowCount() == 0;
    emptyNote_->setVisible(isEmpty);
    results_->setVisible(!isEmpty);
}

void TaskPanel::setMaskCoverage(double fraction)
{
    mask_->setCoverage(fraction);
}

void TaskPanel::setOutputName(const QString& path)
{
    form_->setOutputName(path);
}

void TaskPanel::setCompared(const QString& jobId)
{
    results_->setCompared(jobId);
}

void TaskPanel::setPreview(RunPanel::Preview preview)
{
    run_->setPreview(preview);
}

void TaskPanel::refreshCost()
{
    run_->showCost();
}

void TaskPanel::showProblems(const jobs::Problems& problems)
{
    form_->setProblems(problems);
    for (const jobs::Problem& problem : problems) {
        if (problem.field == "mask" && maskSection_->isVisibleTo(this)) {
            mask_->setProblem(coreWords(problem.reason));
            scroll_->ensureWidgetVisible(mask_);
        }
    }
}

void TaskPanel::showMaskProblem(const QString& title, const QString& details)
{
    mask_->setProblem(title, details);
    if (!title.isEmpty()) { // painting, which ends a problem, leaves the panel where it is
        scroll_->ensureWidgetVisible(mask_);
    }
}

void TaskPanel::showMessage(style::MessageKind kind, const QString& title, const QString& details)
{
    run_->showMessage(kind, title, details);
}

void TaskPanel::clearMessages()
{
    form_->setProblems({});
    mask_->setProblem({});
    run_->clearMessage();
}

} // namespace reelmend::ui::tasks
