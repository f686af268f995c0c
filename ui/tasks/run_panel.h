#pragma once
#include <QElapsedTimer>
#include <QWidget>

#include "ui/session/cost.h"
#include "ui/session/document.h"
#include "ui/session/job_list.h"

class QLabel;
class QProgressBar;
class QPushButton;
class QTimer;

namespace reelmend::ui::style {
class ActionButton;
class MessageBar;
enum class MessageKind;
class PrimaryButton;
class TextLabel;
} // namespace reelmend::ui::style

namespace reelmend::ui::session {
class Settings;
}

namespace reelmend::ui::tasks {

// The foot of the task panel: what a run will cost, the buttons that start one, and in their place the job that runs.
// What a job came to is said here as well, with the way on.
class RunPanel : public QWidget {
    Q_OBJECT

public:
    RunPanel(session::Document& document, session::JobList& jobs, session::EngineClient& engine,
        const session::Settings& settings, QWidget* parent = nullptr);

    void showCost(); // again: the settings learnt something
    // Of the frame on screen: none, one being made, one shown, or one that P would show again.
    enum class Preview { kNone, kMaking, kShown, kHidden };
    void setPreview(Preview preview);
    void showMessage(style::MessageKind kind, const QString& title, const QString& details);
    void clearMessage();

Q_SIGNALS:
    void previewRequested();
    void enhanceRequested();
    void compareRequested(const QString& jobId);
    void showInFolderRequested(const QString& path);
    void startAgainRequested(const QString& jobId);
    void controlRequested(const QString& jobId, const char* command);

protected:
    void changeEvent(QEvent* event) override;

private:
    QWidget* makeCost();
    QWidget* makeButtons();
    QWidget* makeProgress();
    void follow(); // the job that runs, or none
    void showProgress(const session::Job& job);
    void showEnd(const QString& jobId);
    void keepFocus(QWidget* from, QWidget* to); // when what had it goes
    void showPreview();

    session::Document& document_;
    session::JobList& jobs_;
    session::EngineClient& engine_;
    const session::Settings& settings_;
    QString running_; // job id
    QString told_;    // job whose end the message tells

    style::MessageBar* message_;
    QLabel* costIcon_;
    QLabel* cost_;
    QWidget* buttons_;
    QWidget* progress_;
    style::ActionButton* previewButton_;
    QWidget* making_; // the preview's bar and time
    style::TextLabel* makingTime_;
    QElapsedTimer makingClock_;
    QTimer* makingTimer_;
    Preview preview_ = Preview::kNone;
    style::PrimaryButton* enhance_;
    style::TextLabel* title_;
    style::TextLabel* percent_;
    QProgressBar* bar_;
    style::TextLabel* facts_;
    style::TextLabel* remaining_;
    QLabel* warnings_;
    QPushButton* pause_;
    QPushButton* cancel_;
};

} // namespace reelmend::ui::tasks
