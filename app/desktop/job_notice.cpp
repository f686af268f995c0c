#include "app/desktop/job_notice.h"

#include <QPushButton>

#include "ui/session/output_name.h"
#include "ui/tasks/words.h"

namespace reelmend::desktop {

namespace style = ui::style;
using jobs::JobState;
using ui::session::Job;
using ui::session::JobList;

namespace {

const Job* worthTelling(const JobList& jobs)
{
    if (const Job* running = jobs.current()) {
        return running;
    }
    const bool wasCutOff = jobs.rowCount() > 0 && jobs.job(0).state == JobState::kInterrupted;
    return wasCutOff ? &jobs.job(0) : nullptr;
}

QString titleOf(const Job& job)
{
    const QString sentence = !job.isAlive() ? JobNotice::tr("%1: interrupted at frame %2 of %3.")
                             : job.state == JobState::kPaused
                                 ? JobNotice::tr("%1: paused at frame %2 of %3.")
                                 : JobNotice::tr("%1 is being enhanced: %2 of %3 frames.");
    return sentence.arg(ui::session::clipName(job.input()), QString::number(job.done), QString::number(job.total));
}

} // namespace

JobNotice::JobNotice(JobList& jobs, QWidget* parent)
    : MessageBar(parent)
    , jobs_(jobs)
{
    connect(&jobs_, &JobList::listed, this, &JobNotice::follow);
    connect(&jobs_, &JobList::changed, this, &JobNotice::follow);
    connect(this, &MessageBar::dismissed, this, [this] { closed_ = key_; });
}

void JobNotice::follow()
{
    const Job* job = worthTelling(jobs_);
    if (job == nullptr) {
        key_.clear();
        told_.clear();
        dismiss();
        return;
    }
    const QString kind = !job->isAlive()                   ? QStringLiteral("interrupted")
                         : job->state == JobState::kPaused ? QStringLiteral("paused")
                                                           : QStringLiteral("running");
    const QString key = job->id + u' ' + kind;
    const QString title = titleOf(*job);
    if (key != closed_ && (key != key_ || title != told_)) {
        tell(*job, key, title);
    }
}

// The bar makes its buttons anew with every sentence: not while one is held down, and the focus stays.
void JobNotice::tell(const Job& job, const QString& key, const QString& title)
{
    qsizetype focused = -1;
    for (qsizetype i = 0; i < buttons_.size(); ++i) {
        if (buttons_[i]->isDown() && key == key_) {
            return;
        }
        focused = buttons_[i]->hasFocus() ? i : focused;
    }
    const qsizetype before = buttons_.size();
    key_ = key;
    told_ = title;
    closed_.clear();
    showMessage(job.isAlive() ? style::MessageKind::kInfo : style::MessageKind::kWarn, title);
    addActions(job);
    setClosable(true);
    if (focused >= 0) {
        buttons_[before == buttons_.size() ? focused : 0]->setFocus(Qt::OtherFocusReason);
    }
}

void JobNotice::addActions(const Job& job)
{
    buttons_ = {addAction(tr("Open the clip"))};
    connect(buttons_.last(), &QPushButton::clicked, this, [this, path = job.input()] { Q_EMIT openRequested(path); });
    const QString id = job.id;
    if (!job.isAlive()) {
        QPushButton* again = addAction(tr("Start again"));
        buttons_.append(again);
        connect(again, &QPushButton::clicked, this, [this, again, id] {
            again->setEnabled(false); // once is enough
            jobs_.startAgain(id, this, refusal());
        });
        return;
    }
    const bool isPaused = job.state == JobState::kPaused;
    buttons_.append(addAction(isPaused ? tr("Resume") : tr("Pause")));
    connect(buttons_.last(), &QPushButton::clicked, this,
        [this, id, isPaused] { control(id, isPaused ? "resume" : "pause"); });
    buttons_.append(addAction(tr("Cancel")));
    buttons_.last()->setAccessibleName(tr("Cancel the job"));
    connect(buttons_.last(), &QPushButton::clicked, this, [this, id] { control(id, "cancel"); });
}

void JobNotice::control(const QString& id, const char* command)
{
    jobs_.control(id, command, this, refusal());
}

ui::session::EngineClient::Refusal JobNotice::refusal()
{
    return [this](const ui::session::EngineError& error) {
        const auto message = ui::tasks::Words::refusal(error);
        Q_EMIT refused(message.title, message.details);
        told_.clear(); // the buttons work again
        follow();
    };
}

} // namespace reelmend::desktop
