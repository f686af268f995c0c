#include "ui/tasks/task_form.h"

#include <QComboBox>
#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <algorithm>
#include <array>

#include "ui/style/buttons.h"
#include "ui/style/labels.h"
#include "ui/style/number_field.h"
#include "ui/style/segmented_control.h"
#include "ui/tasks/core_words.h"
#include "ui/tasks/words.h"

namespace reelmend::ui::tasks {

using jobs::Quality;
using jobs::Task;
using session::RangeChoice;
using session::TaskSettings;

namespace {

constexpr std::array kTasks{Task::kUpscale, Task::kInpaint, Task::kRestore, Task::kRepair, Task::kHarmonise};
constexpr std::array kScales{2, 4};
constexpr std::array kQualities{Quality::kDraft, Quality::kGood, Quality::kBest, Quality::kLossless};
constexpr int kLabelWidth = 88;

template <class List, class Value> int indexOf(const List& list, Value value)
{
    const auto found = std::find(list.begin(), list.end(), value);
    return found != list.end() ? static_cast<int>(found - list.begin()) : -1;
}

QComboBox* combo(const QString& name)
{
    auto* box = new QComboBox;
    box->setAccessibleName(name);
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(8);
    return box;
}

} // namespace

TaskForm::TaskForm(session::Document& document, session::EngineClient& engine, QWidget* parent)
    : QWidget(parent)
    , document_(document)
    , engine_(engine)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(
        new style::TextLabel(tr("What to do"), style::TextRole::kSectionTitle, style::Tone::kSecondary));
    column->addSpacing(style::kSpace2);
    task_ = new style::SegmentedControl(tr("What to do"));
    for (const Task task : kTasks) {
        task_->addSegment(Words::shortTask(task), {}, Words::task(task));
    }
    task_->setStretched(true); // after the segments: they share what width there is
    column->addWidget(task_);
    column->addSpacing(style::kSpace2);
    explanation_ = new QLabel;
    explanation_->setProperty("tone", QStringLiteral("secondary"));
    explanation_->setFont(style::fontFor(style::TextRole::kSmall));
    explanation_->setWordWrap(true);
    column->addWidget(explanation_);
    column->addSpacing(style::kSpace4);

    grid_ = new QGridLayout;
    grid_->setContentsMargins(0, 0, 0, 0);
    grid_->setHorizontalSpacing(style::kSpace3);
    grid_->setVerticalSpacing(0);
    grid_->setColumnMinimumWidth(0, kLabelWidth);
    grid_->setColumnStretch(1, 1);
    column->addLayout(grid_);

    model_ = combo(tr("Model"));
    modelRow_ = addRow(tr("Model"), model_,
        tr("What does the work. Lite is a small neural network that comes with the program, Classical is none."));
    scale_ = combo(tr("Scale"));
    scaleRow_ = addRow(tr("Scale"), scale_, tr("How many times wider and higher the result is."));
    strength_ = new style::NumberField(tr("Strength"));
    strength_->setRange(0, 100);
    strength_->setStep(1);
    strength_->setUnit(tr("%"));
    strength_->setDefaultValue(100);
    strengthRow_ = addRow(tr("Strength"), strength_,
        tr("Strength: 0 to 100 %, normally 100. 0 returns the source, 100 is all that the model does."));
    strength_->setLabel(strengthRow_.label);
    detail_ = new style::NumberField(tr("Detail"));
    detail_->setRange(0, 100);
    detail_->setStep(1);
    detail_->setUnit(tr("%"));
    detail_->setDefaultValue(50);
    detailRow_ = addRow(tr("Detail"), detail_,
        tr("Detail: 0 to 100 %, normally 50. 0 stays closest to the source, 100 shows the most texture."));
    detail_->setLabel(detailRow_.label);
    fields_ = combo(tr("Fields"));
    fields_->addItems({tr("Keep interlaced"), tr("Deinterlace")});
    fieldsRow_ = addRow(tr("Fields"), fields_,
        tr("The clip is interlaced. Deinterlacing makes one whole picture of the two fields of each frame."));
    quality_ = combo(tr("Quality"));
    for (const Quality quality : kQualities) {
        quality_->addItem(Words::quality(quality));
    }
    qualityRow_ = addRow(tr("Quality"), quality_,
        tr("How the result is stored. Lossless keeps every sample outside the mask and makes large files."));
    range_ = combo(tr("Range"));
    rangeRow_ = addRow(tr("Range"), range_, tr("Which frames are made. Press I and O to set in and out."));
    auto* output = new QWidget;
    auto* outputLayout = new QHBoxLayout(output);
    outputLayout->setContentsMargins(0, 0, 0, 0);
    outputLayout->setSpacing(style::kSpace1);
    output_ = new style::TextLabel({});
    output_->setElideMode(Qt::ElideMiddle);
    outputLayout->addWidget(output_, 1);
    chooseOutput_ = new style::IconButton(u"three-dots", tr("Choose the result's name…"));
    outputLayout->addWidget(chooseOutput_);
    outputRow_ = addRow(tr("Result"), output, tr("Where the result is written. An existing file is never replaced."));

    const auto change = [this](auto edit, const QString& what, session::Document::Step step) {
        if (!isShowing_ && document_.isOpen()) {
            TaskSettings settings = document_.settings();
            edit(settings);
            document_.changeSettings(settings, what, step);
        }
    };
    using Step = session::Document::Step;
    connect(task_, &style::SegmentedControl::currentChanged, this, [change](int index) {
        change([&](TaskSettings& s) { s.task = kTasks[static_cast<std::size_t>(index)]; }, tr("Change task"),
            Step::kOwn);
    });
    connect(model_, &QComboBox::activated, this, [this, change](int index) {
        change(
            [&](TaskSettings& s) { s.model = model_->itemData(index).toString(); }, tr("Change model"), Step::kOwn);
    });
    connect(scale_, &QComboBox::activated, this, [change](int index) {
        change([&](TaskSettings& s) { s.scale = kScales[static_cast<std::size_t>(index)]; }, tr("Change scale"),
            Step::kOwn);
    });
    connect(strength_, &style::NumberField::valueChanged, this, [change](double value) {
        change([&](TaskSettings& s) { s.strengthPercent = static_cast<int>(value); }, tr("Change strength"),
            Step::kMerges);
    });
    connect(detail_, &style::NumberField::valueChanged, this, [change](double value) {
        change(
            [&](TaskSettings& s) { s.detailPercent = static_cast<int>(value); }, tr("Change detail"), Step::kMerges);
    });
    connect(fields_, &QComboBox::activated, this, [change](int index) {
        change([&](TaskSettings& s) { s.deinterlace = index == 1; }, tr("Change fields"), Step::kOwn);
    });
    connect(quality_, &QComboBox::activated, this, [change](int index) {
        change([&](TaskSettings& s) { s.quality = kQualities[static_cast<std::size_t>(index)]; },
            tr("Change quality"), Step::kOwn);
    });
    connect(range_, &QComboBox::activated, this, [change](int index) {
        change([&](TaskSettings& s) { s.range = index == 0 ? RangeChoice::kInToOut : RangeChoice::kWholeClip; },
            tr("Change range"), Step::kOwn);
    });
    connect(chooseOutput_, &QToolButton::clicked, this, &TaskForm::outputChosen);
    connect(&document_, &session::Document::sessionChanged, this, &TaskForm::showSession);
    connect(&engine_, &session::EngineClient::stateChanged, this, &TaskForm::showSession);
    showSession();
}

TaskForm::Row TaskForm::addRow(const QString& name, QWidget* field, const QString& tip)
{
    Row row{new QLabel(name), field, new QLabel};
    row.label->setProperty("tone", QStringLiteral("secondary"));
    row.label->setMinimumHeight(style::kControlHeight);
    row.label->setToolTip(tip);
    row.label->setBuddy(field);
    if (field->focusPolicy() == Qt::NoFocus) {
        row.label->setBuddy(nullptr);
    }
    row.problem->setProperty("tone", QStringLiteral("error"));
    row.problem->setFont(style::fontFor(style::TextRole::kCaption));
    row.problem->setWordWrap(true);
    row.problem->hide();
    field->setToolTip(tip);
    const int at = grid_->rowCount();
    if (at > 1) {
        grid_->setRowMinimumHeight(at, 0);
    }
    grid_->addWidget(row.label, at, 0, Qt::AlignTop);
    auto* cell = new QVBoxLayout;
    cell->setContentsMargins(0, 0, 0, style::kSpace2);
    cell->setSpacing(2);
    cell->addWidget(field);
    cell->addWidget(row.problem);
    grid_->addLayout(cell, at, 1);
    return row;
}

void TaskForm::setVisible(const Row& row, bool isVisible)
{
    row.label->setVisible(isVisible);
    row.field->setVisible(isVisible);
    // The cell's bottom margin would stay: an empty layout item has a size of its own.
    const int at = grid_->indexOf(row.label);
    int line = 0, column = 0, lines = 0, columns = 0;
    grid_->getItemPosition(at, &line, &column, &lines, &columns);
    if (auto* cell = grid_->itemAtPosition(line, 1)) {
        cell->layout()->setContentsMargins(0, 0, 0, isVisible ? style::kSpace2 : 0);
    }
}

void TaskForm::showSession()
{
    isShowing_ = true;
    const TaskSettings& settings = document_.settings();
    setEnabled(document_.isOpen());
    showTasks();
    showModels();
    explanation_->setText(Words::explanation(settings.task));
    if (scale_->count() == 0) {
        scale_->addItems({QString(), QString()});
    }
    for (std::size_t i = 0; i < kScales.size(); ++i) {
        scale_->setItemText(static_cast<int>(i), tr("%1×, %2 × %3")
                                                     .arg(kScales[i])
                                                     .arg(document_.info().displayWidth() * kScales[i])
                                                     .arg(document_.info().displayHeight() * kScales[i]));
    }
    scale_->setCurrentIndex(indexOf(kScales, settings.scale));
    setVisible(scaleRow_, settings.task == Task::kUpscale);
    const QString model = engine_.facts().modelFor(settings.model, settings.task);
    setVisible(strengthRow_, settings.task != Task::kUpscale);
    detail_->setValue(settings.detailPercent);
    setVisible(detailRow_, engine_.facts().withDetail.contains(model));
    strength_->setValue(settings.strengthPercent);
    fields_->setCurrentIndex(settings.deinterlace ? 1 : 0);
    setVisible(fieldsRow_, document_.info().isInterlaced());
    quality_->setCurrentIndex(indexOf(kQualities, settings.quality));
    showRange();
    isShowing_ = false;
}

void TaskForm::showTasks()
{
    const QStringList& known = engine_.facts().tasks;
    for (std::size_t i = 0; i < kTasks.size(); ++i) {
        const std::string_view name = jobs::taskName(kTasks[i]);
        task_->setSegmentEnabled(static_cast<int>(i),
            known.isEmpty() || known.contains(QLatin1String(name.data(), static_cast<qsizetype>(name.size()))));
    }
    task_->setCurrentIndex(indexOf(kTasks, document_.settings().task));
}

void TaskForm::showModels()
{
    const TaskSettings& settings = document_.settings();
    QStringList models;
    for (const QString& model : engine_.facts().models) {
        if (engine_.facts().canDo(model, settings.task)) {
            models.append(model);
        }
    }
    const QString chosen = engine_.facts().modelFor(settings.model, settings.task);
    if (!models.contains(chosen)) {
        models.append(chosen); // before the engine is there, or one that was removed: said when it is asked to run
    }
    QStringList shown;
    for (int i = 0; i < model_->count(); ++i) {
        shown.append(model_->itemData(i).toString());
    }
    if (shown != models) {
        model_->clear();
        for (const QString& model : models) {
            model_->addItem(Words::model(model), model);
        }
    }
    model_->setCurrentIndex(static_cast<int>(models.indexOf(chosen)));
}

void TaskForm::showRange()
{
    const QString whole = tr("Whole clip, %1").arg(Words::frames(document_.frameCount()));
    range_->clear();
    if (document_.range().size() < document_.frameCount()) {
        range_->addItems({tr("In to out, %1").arg(Words::frames(document_.range().size())), whole});
    } else {
        range_->addItem(whole); // in to out is just that
    }
    const bool isWhole = document_.settings().range == RangeChoice::kWholeClip;
    range_->setCurrentIndex(isWhole ? range_->count() - 1 : 0);
}

void TaskForm::setOutputName(const QString& path)
{
    output_->setText(QFileInfo(path).fileName());
}

void TaskForm::setProblems(const jobs::Problems& problems)
{
    const std::pair<const char*, Row*> rows[] = {{"task", &modelRow_}, {"model", &modelRow_}, {"device", &modelRow_},
        {"scale", &scaleRow_}, {"strength", &strengthRow_}, {"detail", &detailRow_}, {"deinterlace", &fieldsRow_},
        {"quality", &qualityRow_}, {"range", &rangeRow_}, {"output", &outputRow_}};
    for (const auto& [field, row] : rows) {
        row->problem->clear();
    }
    for (const jobs::Problem& problem : problems) {
        for (const auto& [field, row] : rows) {
            if (problem.field == field) {
                row->problem->setText(coreWords(problem.reason));
            }
        }
    }
    for (const auto& [field, row] : rows) {
        row->problem->setVisible(!row->problem->text().isEmpty());
        style::setInvalid(row->field, !row->problem->text().isEmpty());
    }
}

} // namespace reelmend::ui::tasks
