#pragma once
#include <QList>

#include "ui/session/job_list.h"
#include "ui/style/message_bar.h"

namespace reelmend::desktop {

// A job that goes on, or was cut off, while its clip was closed: said once, with the ways on.
class JobNotice : public ui::style::MessageBar {
    Q_OBJECT

public:
    explicit JobNotice(ui::session::JobList& jobs, QWidget* parent = nullptr);

Q_SIGNALS:
    void openRequested(const QString& path);
    void refused(const QString& title, const QString& details);

private:
    void follow();
    void tell(const ui::session::Job& job, const QString& key, const QString& title);
    void addActions(const ui::session::Job& job);
    void control(const QString& id, const char* command);
    ui::session::EngineClient::Refusal refusal();

    ui::session::JobList& jobs_;
    QString key_, told_; // the job and what it does; the sentence
    QString closed_;     // what a person sent away: silent until it does something else
    QList<QPushButton*> buttons_;
};

} // namespace reelmend::desktop
