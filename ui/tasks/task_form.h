#pragma once
#include <QWidget>

#include "core/jobs/problem.h"
#include "ui/session/document.h"
#include "ui/session/engine_client.h"

class QComboBox;
class QGridLayout;
class QLabel;
class QToolButton;

namespace reelmend::ui::style {
class NumberField;
class SegmentedControl;
class TextLabel;
} // namespace reelmend::ui::style

namespace reelmend::ui::tasks {

// What to do and how: task, model, scale, strength, detail, fields, quality, range, name of the result. Shows the
// document's settings and changes them there; a reason why a value cannot be stands below its field.
class TaskForm : public QWidget {
    Q_OBJECT

public:
    TaskForm(session::Document& document, session::EngineClient& engine, QWidget* parent = nullptr);

    void setOutputName(const QString& path); // that the next run would write
    void setProblems(const jobs::Problems& problems);

Q_SIGNALS:
    void outputChosen(); // "…" was pressed

private:
    struct Row {
        QLabel* label;
        QWidget* field;
        QLabel* problem;
    };

    Row addRow(const QString& name, QWidget* field, const QString& tip);
    void showSession();
    void showModels();
    void showTasks();
    void showRange();
    void setVisible(const Row& row, bool isVisible);

    session::Document& document_;
    session::EngineClient& engine_;
    style::SegmentedControl* task_;
    QLabel* explanation_;
    QGridLayout* grid_;
    QComboBox* model_;
    QComboBox* scale_;
    style::NumberField* strength_;
    style::NumberField* detail_;
    QComboBox* fields_;
    QComboBox* quality_;
    QComboBox* range_;
    style::TextLabel* output_;
    QToolButton* chooseOutput_;
    Row modelRow_, scaleRow_, strengthRow_, detailRow_, fieldsRow_, qualityRow_, rangeRow_, outputRow_;
    bool isShowing_ = false; // fields follow the document: their signals are not the artist's
};

} // namespace reelmend::ui::tasks
