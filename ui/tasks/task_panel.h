#pragma once
#include <QWidget>

#include "core/jobs/problem.h"
#include "ui/session/document.h"
#include "ui/session/job_list.h"
#include "ui/session/thumbnails.h"
#include "ui/tasks/run_panel.h"

class QScrollArea;

namespace reelmend::ui::tasks {

class MaskCard;
class ResultList;
class TaskForm;

// The panel at the right: what to do, the mask, earlier results, and at its foot what a run costs and the run itself.
// It changes the document's settings; everything else it asks for by signals.
class TaskPanel : public QWidget {
    Q_OBJECT

public:
    struct Parts {
        session::Document& document;
        session::JobList& jobs;
        session::EngineClient& engine;
        session::Thumbnails& thumbnails;
        const session::Settings& settings;
    };

    explicit TaskPanel(const Parts& parts, QWidget* parent = nullptr);

    void setMaskCoverage(double fraction);
    void setOutputName(const QString& path);
    void setCompared(const QString& jobId);
    void setPreview(RunPanel::Preview preview);
    void refreshCost();
    // Reasons why a request cannot run: each beside its field; what has no field goes above the buttons.
    void showProblems(const jobs::Problems& problems);
    void showMaskProblem(const QString& title, const QString& details);
    void showMessage(style::MessageKind kind, const QString& title, const QString& details = {});
    void clearMessages();

Q_SIGNALS:
    void previewRequested();
    void enhanceRequested();
    void loadMaskRequested();
    void clearMaskRequested();
    void outputChosen();
    void compareRequested(const QString& jobId);
    void showInFolderRequested(const QString& path);
    void startAgainRequested(const QString& jobId);
    void controlRequested(const QString& jobId, const char* command);
    void removeRequested(const QString& jobId);

private:
    QWidget* makeContent(const Parts& parts);
    void showSections();

    session::Document& document_;
    session::JobList& jobs_;
    QScrollArea* scroll_;
    TaskForm* form_;
    QWidget* maskSection_;
    MaskCard* mask_;
    QWidget* emptyNote_;
    ResultList* results_;
    RunPanel* run_;
};

} // namespace reelmend::ui::tasks
